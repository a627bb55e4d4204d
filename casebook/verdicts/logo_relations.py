"""What a logo says by where it stands: its relation, with the reasons for it.

Reads: a place (section, page kind, zone, link, what stands beside it), data/relations.toml. Gives: a relation.
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cache
from urllib.parse import urlsplit

from ledger.domains import belongs_to
from ledger.lexicon import WordLists
from ledger.shipped import shipped_data
from ledger.vocabulary import Noise, PageKind, Relation, SectionKind

_BY_SECTION = {
    SectionKind.PARTNERS: Relation.PARTNER,
    SectionKind.RESELLERS: Relation.RESELLER,
    SectionKind.CLIENTS: Relation.CUSTOMER,
    SectionKind.SUPPLIERS: Relation.SUPPLIER,
    SectionKind.TECHNOLOGY: Relation.TECHNOLOGY,
    SectionKind.CERTIFICATIONS: Relation.CERTIFICATION,
    SectionKind.MEMBERS: Relation.MEMBER,
    SectionKind.SPONSORS: Relation.SPONSOR,
    SectionKind.SOCIAL: Relation.SOCIAL,
    SectionKind.PAYMENT: Relation.PAYMENT,
    SectionKind.APP_STORE: Relation.APP_STORE,
    SectionKind.NEWS: Relation.PRESS,
}
_BY_PAGE = {
    PageKind.PARTNERS: Relation.PARTNER,
    PageKind.RESELLERS: Relation.RESELLER,
    PageKind.CLIENTS: Relation.CUSTOMER,
    PageKind.SUPPLIERS: Relation.SUPPLIER,
    PageKind.TECHNOLOGY: Relation.TECHNOLOGY,
    PageKind.CERTIFICATIONS: Relation.CERTIFICATION,
    PageKind.MEMBERS: Relation.MEMBER,
    PageKind.SPONSORS: Relation.SPONSOR,
}
_BY_NOISE = {Noise.SOCIAL: Relation.SOCIAL, Noise.PAYMENT: Relation.PAYMENT, Noise.APP_BADGE: Relation.APP_STORE}
# which section a word of [words] makes more exact
_NARROWED = {Relation.RESELLER: Relation.DISTRIBUTOR, Relation.SPONSOR: Relation.INVESTOR}
DOUBTFUL_WORDS = "the same page says, but not for sure,"  # so begins the reason; the rules ask for it
HIDDEN = "stands in a part of the page that it hides"  # likewise
NOT_NOW = "stands where nothing is claimed now"
IN_BIOGRAPHY = "stands in a biography"  # so begins the reason; the rules ask for it
_FURNITURE = frozenset({"header", "nav", "footer"})
_WEAK = frozenset({Relation.TECHNOLOGY, Relation.INCIDENTAL, Relation.UNSTATED})


@dataclass(frozen=True, slots=True, kw_only=True)
class SaidOnPage:
    """What a sentence claims of a brand on the page where its logo stands."""

    relation: Relation
    sentence: str
    is_sure: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """Where an official logo stands."""

    section_kind: SectionKind
    section_reasons: tuple[str, ...]
    page_kind: PageKind
    page_reasons: tuple[str, ...]
    zone: str
    link_url: str | None
    headings: tuple[str, ...]  # above it, outermost first
    beside: tuple[str, ...]  # alternative text, label, caption, nearby words
    badge: Relation | None  # what it says by itself that the vendor is; None: it is no badge
    noise: Noise | None
    noise_reason: str | None
    is_in_wall: bool
    is_hidden: bool
    said_on_page: SaidOnPage | None  # what words on the same page claim of the brand
    brand_domains: tuple[str, ...]
    page_host: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Relating:
    """A relation with the reasons for it."""

    relation: Relation
    reasons: tuple[str, ...]


@dataclass(frozen=True)
class RelationWords:
    """data/relations.toml, compiled."""

    heading: WordLists
    beside: WordLists
    hosts: Mapping[str, tuple[str, ...]]


@cache
def shipped_relation_words() -> RelationWords:
    """Return the words shipped with the program."""
    data = tomllib.loads(shipped_data("relations.toml").read_text(encoding="utf-8"))
    hosts = {kind: tuple(listed) for kind, listed in data["hosts"].items()}
    return RelationWords(WordLists(data["words"]), WordLists(data["beside"]), hosts)


class LogoRelations:
    """Relates logos to their vendors."""

    def __init__(self) -> None:
        self._words = shipped_relation_words()

    def relate(self, place: Place) -> Relating:
        """Return what a logo says by where it stands, as _by_place does; a logo that the page hides leaves a doubt."""
        related = self._by_place(place)
        return replace(related, reasons=(*related.reasons, HIDDEN)) if place.is_hidden else related

    def _by_place(self, place: Place) -> Relating:
        """Return what a logo says by where it stands; the first rule that fits decides.

        1. On the brand's own site it is the brand's own.
        2. In a row of social icons, payment marks or app-store badges it is that, and so is a single one of them.
        3. On a sign-in button, in a review widget, after "powered by" in the page's frame it is that.
        4. In the page's frame, with a link to a profile at the brand's site, it is a social icon.
        5. A partner badge says partner, or what its words say, wherever it stands.
        6. Under a heading that says it is over ("Former partners"), or is yet to come ("Become a partner"), nothing is claimed now: incidental.
           In a person's biography it is an earlier employer's: incidental.
        7. The section around it says what it is; its heading may say it more exactly (distributor, investor).
           A section that is told by a class name alone says less than a page of another kind.
        8. Words on the same page, if neither the section nor the kind of page says more than "technology".
        9. The kind of page, for what stands in its main part, unless the page has that kind from its title alone.
        10. In a wall of logos, it is one of those whose relation nothing states; else nothing says it: incidental.
        """
        if belongs_to(place.page_host, place.brand_domains):
            return Relating(relation=Relation.OWN, reasons=("the page stands at a domain of the brand",))
        section = _BY_SECTION.get(place.section_kind)
        if section in (Relation.SOCIAL, Relation.PAYMENT, Relation.APP_STORE):
            return Relating(relation=section, reasons=place.section_reasons)
        if incidental := self._incidental(place, section):
            return incidental
        if place.badge is not None:
            return Relating(relation=place.badge, reasons=("it is a partner badge", *place.section_reasons))
        if over := self._not_now(place):
            return Relating(relation=Relation.INCIDENTAL, reasons=(f"{NOT_NOW}, under “{over}”",))
        if section is None and (heading := self._biography(place)):
            return Relating(relation=Relation.INCIDENTAL, reasons=(f"{IN_BIOGRAPHY}, under “{heading}”",))
        if section is not None and not _is_by_class_against_page(place, section):
            return self._narrowed(section, place.section_reasons)
        by_page = _by_page(place)
        if place.said_on_page and (by_page is None or by_page.relation in _WEAK) and section is None:
            words = "the same page says" if place.said_on_page.is_sure else DOUBTFUL_WORDS
            return Relating(relation=place.said_on_page.relation, reasons=(f"{words} “{place.said_on_page.sentence}”",))
        if by_page is not None:
            return by_page
        if place.is_in_wall and place.zone != "nav" and place.page_kind is not PageKind.NEWS:
            return Relating(
                relation=Relation.UNSTATED, reasons=("stands in a wall of logos; nothing around it says why",)
            )
        where = "a news article" if place.page_kind is PageKind.NEWS else f"the page's {place.zone}"
        return Relating(relation=Relation.INCIDENTAL, reasons=(f"stands in {where}; nothing around it says why",))

    def _incidental(self, place: Place, section: Relation | None) -> Relating | None:
        if section is None and place.noise in _BY_NOISE:
            return Relating(relation=_BY_NOISE[place.noise], reasons=(place.noise_reason or str(place.noise),))
        for kind, hosts in self._words.hosts.items():
            if host := next((host for host in hosts if _leads_to(place.link_url, host)), None):
                return Relating(relation=Relation(kind), reasons=(f"links to {host}",))
        for text in place.beside if section is None else ():
            for hit in self._words.beside.hits(text):
                if hit.kind == Relation.SOFTWARE_USED and place.zone != "footer":
                    continue  # "Powered by Acme" in the main part may well be a claim
                return Relating(relation=Relation(hit.kind), reasons=(f"beside it stands “{hit.word}”",))
        if place.zone in _FURNITURE and section is None and _leads_to_profile(place):
            return Relating(
                relation=Relation.SOCIAL,
                reasons=(f"in the page's {place.zone}, links to a profile at {place.link_url}",),
            )
        return None

    def _not_now(self, place: Place) -> str | None:
        heading = place.headings[-1] if place.headings else None
        return (
            heading if heading and any(self._words.heading.hit(kind, heading) for kind in ("over", "wished")) else None
        )

    def _biography(self, place: Place) -> str | None:
        return next((heading for heading in place.headings if self._words.heading.hit("person", heading)), None)

    def _narrowed(self, section: Relation, reasons: tuple[str, ...]) -> Relating:
        exact = _NARROWED.get(section)
        if exact and any(self._words.heading.hit(exact, reason) for reason in reasons):
            return Relating(relation=exact, reasons=reasons)
        return Relating(relation=section, reasons=reasons)


def _by_page(place: Place) -> Relating | None:
    relation = _BY_PAGE.get(place.page_kind)
    if relation is None or place.zone in _FURNITURE:
        return None
    if place.page_reasons and all(
        reason.startswith(("title ", "section ", "anchor ")) for reason in place.page_reasons
    ):
        return None  # "Acme partner in Lyon" in the title of every page of a site
    return Relating(relation=relation, reasons=(f"the page is of the kind {place.page_kind}",))


def _is_by_class_against_page(place: Place, section: Relation) -> bool:
    told_by_class = all(reason.startswith(("class ", "id ")) for reason in place.section_reasons)
    page = _by_page(place)
    return bool(place.section_reasons) and told_by_class and page is not None and page.relation is not section


def _leads_to(link_url: str | None, host: str) -> bool:
    parts = urlsplit(link_url or "")
    domain, _, path = host.partition("/")
    return belongs_to(parts.hostname, (domain,)) and parts.path.startswith(f"/{path}" if path else "")


def _leads_to_profile(place: Place) -> bool:
    parts = urlsplit(place.link_url or "")
    return belongs_to(parts.hostname, place.brand_domains) and bool(parts.path.strip("/") or parts.query)
