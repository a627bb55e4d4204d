"""What a logo says follows from where it stands."""

from __future__ import annotations

from dataclasses import replace

import pytest

from casebook.verdicts.logo_relations import LogoRelations, Place, SaidOnPage
from ledger.vocabulary import Noise, PageKind, Relation, SectionKind

PLACE = Place(
    section_kind=SectionKind.NONE, section_reasons=(), page_kind=PageKind.OTHER, page_reasons=("heading has “x”",),
    zone="main", link_url=None, headings=(), beside=(), badge=None, noise=None, noise_reason=None, is_in_wall=False,
    is_hidden=False, said_on_page=None, brand_domains=("acme.example",), page_host="www.vendor.example",
)  # fmt: skip
SAID = SaidOnPage(relation=Relation.RESELLER, sentence="We resell Acme.", is_sure=True)
RELATIONS = LogoRelations()


@pytest.mark.parametrize(
    ("change", "relation"),
    [
        ({"page_host": "shop.acme.example", "section_kind": SectionKind.PARTNERS}, Relation.OWN),
        ({"section_kind": SectionKind.SOCIAL, "badge": Relation.PARTNER}, Relation.SOCIAL),
        ({"section_kind": SectionKind.PAYMENT}, Relation.PAYMENT),
        ({"section_kind": SectionKind.APP_STORE}, Relation.APP_STORE),
        ({"noise": Noise.PAYMENT, "noise_reason": "called “visa”"}, Relation.PAYMENT),
        ({"noise": Noise.SOCIAL, "section_kind": SectionKind.PARTNERS}, Relation.PARTNER),
        ({"noise": Noise.ICON, "page_kind": PageKind.PARTNERS}, Relation.PARTNER),
        ({"beside": ("Sign in with Acme",)}, Relation.SIGN_IN),
        ({"beside": ("Mit Acme weiter", "Anmelden mit Acme")}, Relation.SIGN_IN),
        ({"beside": ("Sign in with Acme",), "section_kind": SectionKind.PARTNERS}, Relation.PARTNER),
        ({"link_url": "https://www.trustpilot.com/review/vendor.example"}, Relation.REVIEW_WIDGET),
        ({"link_url": "https://trustpilot.com.vendor.example/"}, Relation.INCIDENTAL),
        ({"beside": ("Powered by Acme",), "zone": "footer"}, Relation.SOFTWARE_USED),
        ({"beside": ("Powered by Acme",), "zone": "main"}, Relation.INCIDENTAL),
        ({"zone": "footer", "link_url": "https://www.acme.example/vendor"}, Relation.SOCIAL),
        ({"zone": "footer", "link_url": "https://www.acme.example/"}, Relation.INCIDENTAL),
        ({"zone": "footer", "link_url": "https://notacme.example/vendor"}, Relation.INCIDENTAL),
        ({"badge": Relation.PARTNER}, Relation.PARTNER),
        ({"section_kind": SectionKind.PARTNERS, "page_kind": PageKind.CLIENTS}, Relation.PARTNER),
        ({"section_kind": SectionKind.CLIENTS, "page_kind": PageKind.PARTNERS}, Relation.CUSTOMER),
        ({"section_kind": SectionKind.TECHNOLOGY}, Relation.TECHNOLOGY),
        ({"section_kind": SectionKind.RESELLERS, "section_reasons": ("heading “Our distributors”",)}, Relation.DISTRIBUTOR),
        ({"section_kind": SectionKind.RESELLERS, "section_reasons": ("heading “总代理”",)}, Relation.DISTRIBUTOR),
        ({"section_kind": SectionKind.RESELLERS, "section_reasons": ("heading “Dealers”",)}, Relation.RESELLER),
        ({"section_kind": SectionKind.SPONSORS, "section_reasons": ("heading “Our investors”",)}, Relation.INVESTOR),
        ({"section_kind": SectionKind.SPONSORS, "section_reasons": ("heading “Sponsors”",)}, Relation.SPONSOR),
        ({"page_kind": PageKind.PARTNERS}, Relation.PARTNER),
        ({"page_kind": PageKind.PARTNERS, "zone": "nav"}, Relation.INCIDENTAL),
        ({"page_kind": PageKind.PARTNERS, "page_reasons": ("title has “partner”",)}, Relation.INCIDENTAL),
        ({"page_kind": PageKind.PARTNERS, "page_reasons": ("title has “partner”", "heading has “partner”")}, Relation.PARTNER),
        ({"page_kind": PageKind.NEWS}, Relation.INCIDENTAL),
        ({"page_kind": PageKind.HOME}, Relation.INCIDENTAL),
        ({"page_kind": PageKind.HOME, "is_in_wall": True}, Relation.UNSTATED),
        ({"page_kind": PageKind.HOME, "is_in_wall": True, "zone": "footer"}, Relation.UNSTATED),
        ({"page_kind": PageKind.HOME, "is_in_wall": True, "zone": "nav"}, Relation.INCIDENTAL),
        ({"page_kind": PageKind.NEWS, "is_in_wall": True}, Relation.INCIDENTAL),
        ({"page_kind": PageKind.PARTNERS, "is_in_wall": True}, Relation.PARTNER),
        ({"said_on_page": SAID}, Relation.RESELLER),
        ({"said_on_page": SAID, "headings": ("Jo Quay, founder", "Work experience")}, Relation.INCIDENTAL),
        ({"headings": ("工作经历",), "page_kind": PageKind.PARTNERS}, Relation.INCIDENTAL),
        ({"headings": ("Our team",), "section_kind": SectionKind.PARTNERS}, Relation.PARTNER),
        ({"said_on_page": SAID, "page_kind": PageKind.TECHNOLOGY}, Relation.RESELLER),
        ({"said_on_page": SAID, "page_kind": PageKind.CLIENTS}, Relation.CUSTOMER),
        ({"said_on_page": SAID, "section_kind": SectionKind.TECHNOLOGY}, Relation.TECHNOLOGY),
        (
            {"section_kind": SectionKind.PARTNERS, "section_reasons": ("class “partner-logo” of <div>",), "page_kind": PageKind.TECHNOLOGY},
            Relation.TECHNOLOGY,
        ),
        (
            {"section_kind": SectionKind.PARTNERS, "section_reasons": ("class “partner-logo” of <div>",), "page_kind": PageKind.HOME},
            Relation.PARTNER,
        ),
    ],
)  # fmt: skip
def test_the_first_rule_that_fits_gives_the_relation(change, relation):
    related = RELATIONS.relate(replace(PLACE, **change))
    assert related.relation is relation
    assert related.reasons or "section_kind" in change
