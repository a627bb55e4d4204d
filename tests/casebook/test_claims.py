"""What a logo says follows from where it stands."""

from __future__ import annotations

from dataclasses import replace

import pytest

from casebook.claims import Place, relate_logo
from ledger.vocabulary import LogoVariant, PageKind, Relation, SectionKind

PLACE = Place(
    section_kind=SectionKind.NONE, section_reasons=(), page_kind=PageKind.OTHER, zone="main", link_url=None,
    variant=LogoVariant.COLOUR, brand_domains=("acme.example",), page_host="www.vendor.example",
)  # fmt: skip


@pytest.mark.parametrize(
    ("change", "relation"),
    [
        ({"page_host": "shop.acme.example", "section_kind": SectionKind.PARTNERS}, Relation.OWN),
        ({"section_kind": SectionKind.SOCIAL, "variant": LogoVariant.BADGE}, Relation.SOCIAL),
        ({"section_kind": SectionKind.PAYMENT}, Relation.PAYMENT),
        ({"section_kind": SectionKind.APP_STORE}, Relation.APP_STORE),
        ({"zone": "footer", "link_url": "https://www.acme.example/vendor"}, Relation.SOCIAL),
        ({"zone": "footer", "link_url": "https://www.acme.example/"}, Relation.INCIDENTAL),
        ({"zone": "footer", "link_url": "https://notacme.example/vendor"}, Relation.INCIDENTAL),
        ({"variant": LogoVariant.BADGE}, Relation.PARTNER),
        ({"section_kind": SectionKind.PARTNERS, "page_kind": PageKind.CLIENTS}, Relation.PARTNER),
        ({"section_kind": SectionKind.CLIENTS, "page_kind": PageKind.PARTNERS}, Relation.CUSTOMER),
        ({"section_kind": SectionKind.TECHNOLOGY}, Relation.TECHNOLOGY),
        ({"page_kind": PageKind.PARTNERS}, Relation.PARTNER),
        ({"page_kind": PageKind.PARTNERS, "zone": "nav"}, Relation.INCIDENTAL),
        ({"page_kind": PageKind.NEWS}, Relation.PRESS),
        ({"page_kind": PageKind.HOME}, Relation.INCIDENTAL),
    ],
)
def test_the_first_rule_that_fits_gives_the_relation(change, relation):
    related = relate_logo(replace(PLACE, **change))
    assert related.relation is relation
    assert related.reasons or "section_kind" in change
