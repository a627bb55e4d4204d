"""What the rules need to know of a claim, gathered from the ledger for many claims at once.

Reads: claims with evidence, seeds, brands, walls, looks. Writes nothing.
"""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Callable, Hashable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import groupby
from operator import attrgetter
from typing import TypeVar

from casebook.verdicts.logo_relations import DOUBTFUL_WORDS, HIDDEN, IN_BIOGRAPHY
from casebook.verdicts.tiers import NO_TIERS, TierList
from casebook.verdicts.vendor_names import NEVER, VendorNames, read_vendor_names
from casebook.verdicts.weighing import (
    NAMED_WITH_MORE,
    ONE_NAME_ONLY,
    OTHERWISE_NAMED,
    OTHERWISE_READ,
    OTHERWISE_RECOGNISED,
)
from ledger.database import Ledger
from ledger.dates import end_of_day
from ledger.records import Seed
from ledger.typed_texts import ClaimId, FinalUrl, Instant, IsoDate, PageId, SeedId
from ledger.vocabulary import AssertedBy, Certainty, Evidence, LogoVariant, PageKind, Relation
from matcher.words.levelled import level_word

T = TypeVar("T")
K = TypeVar("K", bound=Hashable)
# A page that was not found for so long, while others of the vendor were, counts as gone. By reason, not by data: crawls come
# back every month or quarter, and a visit of one page (`check`) must not make the rest of a site look gone
STALE_DAYS = 180


@dataclass(frozen=True, slots=True, kw_only=True)
class Denial:
    """A sentence in which the vendor denies a relation. names_brand: False when it speaks of every brand."""

    sentence: str
    is_on_same_page: bool
    names_brand: bool
    is_of_the_time: bool = True  # said while the claim was shown; a denial of years after contradicts nothing


@dataclass(frozen=True, slots=True, kw_only=True)
class ClaimFacts:
    """What a verdict needs to know of a claim. Dates are ISO dates; all that was seen until a given day only."""

    relation: Relation
    # every tier that logos and words claim, as far as it is still shown; so are the next ones
    tiers: tuple[str, ...] = ()
    programmes: tuple[str, ...] = ()
    tier_list: TierList = NO_TIERS  # of the brand
    has_logo: bool = False
    has_text: bool = False
    is_in_main_part: bool = False
    is_in_news: bool = False
    is_in_biography: bool = False
    official_logos: tuple[str, ...] = ()  # files of the official logos that are still shown
    variants: tuple[LogoVariant, ...] = ()
    retired_logos: tuple[str, ...] = ()  # "file (until DATE)" of those that were no longer valid when they were seen
    is_recognised: bool = (
        True  # of a logo the picture, or the words in it; False: what stands beside it names the brand
    )
    is_corroborated: bool = False  # something else than the picture names the brand
    fewest_strangers: int | None = None  # of the surest logo match; None: no logo, or never counted
    was_hardly_seen: bool = False  # every page that shows it needs a browser to be seen whole
    template_vendors: int = 0  # unrelated vendors whose walls are like the one it stands in; 0: it stands elsewhere too
    denials: tuple[Denial, ...] = ()
    past_sentences: tuple[str, ...] = ()  # in which the vendor says that the relation is over
    asserted_by_others: tuple[AssertedBy, ...] = ()  # when the vendor itself says nothing
    doubts: tuple[str, ...] = ()  # what leaves a doubt in each sentence, when no sentence and no logo is sure
    vendor_domain: str
    country: str | None = None
    brand_domains: tuple[str, ...]
    first_seen: str
    began_after: str | None = None  # its page was read without it on this day, before it was first seen
    gone_by: str | None = None  # its pages were read without it on this day, after it was last seen

    def as_json(self) -> dict[str, object]:
        """The facts for the ledger: what is not as by default, without what belongs to the brand or the register."""
        stored: dict[str, object] = {}
        for name in _STORED:
            value = getattr(self, name)
            if value not in ((), None, False, 0):
                stored[name] = value
        if self.denials:
            stored["denials"] = [denial.sentence for denial in self.denials]
        return stored


_STORED = (
    "relation", "tiers", "programmes", "has_logo", "has_text", "is_corroborated", "is_in_main_part", "is_in_news", "is_in_biography", "official_logos",
    "retired_logos", "fewest_strangers", "was_hardly_seen", "template_vendors", "past_sentences", "asserted_by_others", "doubts",
    "country", "first_seen", "began_after", "gone_by",
)  # fmt: skip
# facts that follow from how a page could be read, not from what it says
PAGE_FACTS = frozenset({"was_hardly_seen", "first_seen", "began_after", "gone_by"})


@dataclass(frozen=True, slots=True, kw_only=True)
class ClaimToJudge:
    """A claim with its facts and whom to ask the register for."""

    claim_id: ClaimId
    brand: str
    seed: Seed
    as_of: IsoDate
    facts: ClaimFacts
    names: VendorNames


def read_claims(
    ledger: Ledger, claim_ids: Sequence[ClaimId], *, as_of: IsoDate | None = None, known_at: Instant | None = None
) -> Iterator[ClaimToJudge]:
    """Yield claims that anything shows, by claim_id; each as of the day when it was last seen, or of a given day.

    known_at: only what had been seen by that instant counts. A claim that nothing showed by then is left out.
    """
    until = min(known_at or NEVER, end_of_day(as_of) if as_of else NEVER)
    keys = {"claims": json.dumps(list(claim_ids)), "until": until}
    denials = _group(ledger.select_each(_Denied, _DENIALS, keys), attrgetter("seed_id", "brand"))
    past = _group(ledger.select_each(_Past, _PAST, keys), attrgetter("claim_id"))
    borders = {border.claim_id: border for border in _read_borders(ledger, claim_ids, until)}
    seeds = ledger.values(
        "SELECT DISTINCT seed_id FROM claims WHERE claim_id IN (SELECT value FROM json_each(?))", [keys["claims"]]
    )
    names = read_vendor_names(ledger, seeds, until=until)
    templates = {use.template_id: use.vendors for use in ledger.select_each(_TemplateUse, _TEMPLATES, keys)}
    for claim_id, group in groupby(ledger.select_each(_Shown, _EVIDENCE, keys), key=attrgetter("claim_id")):
        evidence = list(group)
        first = evidence[0]
        day = as_of or IsoDate(max(row.seen_at for row in evidence)[:10])
        is_denial = first.relation is Relation.DENIED
        facts = _facts(
            evidence,
            templates,
            borders[claim_id],
            () if is_denial else denials.get((first.seed_id, first.brand), ()),
            () if is_denial else past.get(claim_id, ()),
        )
        yield ClaimToJudge(
            claim_id=claim_id,
            brand=first.brand,
            seed=_seed(first),
            as_of=day,
            facts=facts,
            names=names[first.seed_id],
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class _Denied:
    """A row of _DENIALS: a sentence in which a vendor denies a relation to a brand."""

    seed_id: SeedId
    brand: str
    page_id: PageId
    names_brand: bool
    sentence: str
    seen_at: Instant


@dataclass(frozen=True, slots=True, kw_only=True)
class _Past:
    """A row of _PAST: a sentence that says that a claim is over."""

    claim_id: ClaimId
    sentence: str


@dataclass(frozen=True, slots=True, kw_only=True)
class _Borders:
    """A row of _BORDERS: when a claim's pages were read without it. read_without: addresses of pages read without it since."""

    claim_id: ClaimId
    began_after: Instant | None
    gone_by: Instant | None
    read_without: tuple[FinalUrl, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class _TemplateUse:
    """A row of _TEMPLATES: how many unrelated vendors show a template's wall."""

    template_id: str
    vendors: int


@dataclass(frozen=True, slots=True, kw_only=True)
class _Shown:
    """A row of _EVIDENCE. Texts that many rows share stay JSON here and are read once."""

    claim_id: ClaimId
    seed_id: SeedId
    vendor: str
    vendor_domain: str
    start_urls: str
    parent: str | None
    country: str | None
    identifiers: str
    aliases: str
    brand: str
    domains: str
    tiers: str
    relation: Relation
    evidence: Evidence
    tier: str | None
    programme: str | None
    seen_at: Instant
    page_id: PageId
    reasons: str
    url: FinalUrl
    page_kind: PageKind
    health_reason: str | None
    zone: str | None
    file: str | None  # of logos only, as all to strangers
    variant: LogoVariant | None
    valid_until: IsoDate | None
    strangers: int | None
    asserted_by: AssertedBy | None  # of texts only, as the next ones
    certainty: Certainty | None
    doubt: str | None
    sentence: str | None
    template_id: str | None


def _facts(
    evidence: Sequence[_Shown],
    templates: Mapping[str, int],
    borders: _Borders,
    denials: Sequence[_Denied],
    past: Sequence[_Past],
) -> ClaimFacts:
    first = evidence[0]
    shown = _still_shown(evidence, borders.read_without)
    logos_shown = [row for row in shown if row.evidence is Evidence.PICTURE]
    logos = [row for row in evidence if row.evidence is not Evidence.TEXT]
    texts = [row for row in evidence if row.evidence is Evidence.TEXT]
    strangers = [row.strangers for row in logos if row.strangers is not None]
    retired = {
        f"{row.file} (until {row.valid_until})": None
        for row in logos_shown
        if row.valid_until and row.valid_until <= row.seen_at[:10]
    }
    asserted_by = {row.asserted_by for row in texts if row.asserted_by}
    return ClaimFacts(
        relation=first.relation,
        tiers=_tiers(row.tier for row in shown if row.tier),
        programmes=tuple(sorted({row.programme for row in shown if row.programme})),
        tier_list=_tier_list(first.tiers),
        has_logo=bool(logos),
        has_text=bool(texts),
        is_recognised=not logos or any(row.evidence is not Evidence.NAME for row in logos),
        is_corroborated=any(row.evidence in (Evidence.WORDS, Evidence.NAME) for row in logos),
        is_in_main_part=any(row.zone in ("main", "aside") for row in logos),
        is_in_news=all(row.page_kind is PageKind.NEWS for row in evidence),
        is_in_biography=all(IN_BIOGRAPHY in row.reasons for row in evidence),
        official_logos=tuple(dict.fromkeys(row.file for row in logos_shown if row.file)),
        variants=tuple(sorted({row.variant for row in logos if row.variant})),
        retired_logos=tuple(retired),
        fewest_strangers=min(strangers, default=None),
        was_hardly_seen=all((row.health_reason or "").startswith("needs a browser") for row in evidence),
        denials=_denials(denials, evidence) if denials else (),
        past_sentences=tuple(dict.fromkeys(_squeezed(row.sentence) for row in past)),
        began_after=_day(borders.began_after),
        gone_by=_day(borders.gone_by),
        template_vendors=min((templates.get(row.template_id or "", 0) for row in logos), default=0),
        doubts=_doubts(evidence),
        asserted_by_others=() if logos or AssertedBy.VENDOR in asserted_by else tuple(sorted(asserted_by)),
        vendor_domain=first.vendor_domain,
        country=first.country,
        brand_domains=_texts(first.domains),
        first_seen=min(row.seen_at for row in evidence)[:10],
    )


# the beginning of a reason that leaves a doubt → what is said of it; None: the reason itself
_DOUBTFUL = {
    DOUBTFUL_WORDS: "the sentence that says what the logo stands for",
    HIDDEN: "the logo stands in a part of the page that it hides",
    ONE_NAME_ONLY: None,
    NAMED_WITH_MORE: None,
    OTHERWISE_NAMED: None,
    OTHERWISE_READ: None,
    OTHERWISE_RECOGNISED: None,
}


def _doubts(evidence: Sequence[_Shown]) -> tuple[str, ...]:
    """Return what leaves a doubt of a claim; nothing when a piece of evidence is sure."""
    told = [list(_doubts_of(row)) for row in evidence]
    if not all(told):
        return ()
    return tuple(dict.fromkeys(doubt for each in told for doubt in each))


def _doubts_of(row: _Shown) -> Iterator[str]:
    if row.certainty is Certainty.LIKELY:
        yield (
            f"{row.doubt}, in “{_squeezed(row.sentence)}”"
            if row.doubt and row.sentence
            else "a sentence that is not sure"
        )
    for reason in _texts(row.reasons):
        for mark, words in _DOUBTFUL.items():
            if reason.startswith(mark):
                yield words or reason


def _tiers(written: Iterable[str]) -> tuple[str, ...]:
    """Each tier once, as a sentence writes it rather than a badge: Gold and GOLD are one."""
    by_word: dict[str, str] = {}
    for tier in sorted(written, key=lambda tier: (tier.isupper(), tier)):
        by_word.setdefault(level_word(tier), tier)
    return tuple(sorted(by_word.values()))


def _read_borders(ledger: Ledger, claim_ids: Sequence[ClaimId], until: str) -> Iterator[_Borders]:
    # a list of values, not a subquery: SQLite carries only that into the view, which else reads all claims
    names = {f"claim_{number}": claim_id for number, claim_id in enumerate(claim_ids)}
    sql = _BORDERS.format(claims=", ".join(f":{name}" for name in names))
    return ledger.select_each(_Borders, sql, {**names, "until": until})


def _seed(shown: _Shown) -> Seed:
    return Seed(
        seed_id=shown.seed_id,
        vendor=shown.vendor,
        vendor_domain=shown.vendor_domain,
        start_urls=_texts(shown.start_urls),
        country=shown.country,
        parent=shown.parent,
        identifiers=_texts(shown.identifiers),
        aliases=_texts(shown.aliases),
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class ClaimDates:
    """When a claim was there, as v_claim_dates has it, for one claim: SQLite would look through all of them in the view."""

    not_yet_seen: Instant | None
    first_seen: Instant
    last_seen: Instant
    gone_by: Instant | None
    since_by_its_words: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class _Seen:
    """When a claim's evidence was first and last seen, and since when its own sentences say it."""

    first: Instant
    last: Instant
    since: str | None


def read_claim_dates(ledger: Ledger, claim_id: ClaimId) -> ClaimDates:
    """Return the dates of a claim that has evidence."""
    seen = ledger.select_first(
        _Seen,
        "SELECT min(e.seen_at) AS first, max(e.seen_at) AS last, min(t.since) AS since FROM claim_evidence e"
        " LEFT JOIN text_matches t ON t.text_match_id = e.text_match_id WHERE e.claim_id = ?",
        [claim_id],
    )
    borders = next(_read_borders(ledger, [claim_id], NEVER), None)
    assert seen is not None and borders is not None  # noqa: S101, PT018  # an aggregate always has a row, and evidence a page
    return ClaimDates(
        not_yet_seen=borders.began_after,
        first_seen=seen.first,
        last_seen=seen.last,
        gone_by=borders.gone_by,
        since_by_its_words=seen.since,
    )


def _still_shown(evidence: Sequence[_Shown], read_without: Sequence[FinalUrl]) -> Sequence[_Shown]:
    """Return the evidence that may still be there: a tier of years ago is not held against what the vendor says today.

    Of each page that is what it showed when it was last seen to show the claim; not of pages that were read without it since
    (read_without: their addresses), unless all were, nor of those that nobody has seen for STALE_DAYS.
    """
    last: dict[FinalUrl, str] = {}
    for row in evidence:
        last[row.url] = max(row.seen_at, last.get(row.url, ""))
    newest = max(last.values())
    if all(row.seen_at == newest for row in evidence):
        return evidence
    oldest = (dt.date.fromisoformat(newest[:10]) - dt.timedelta(days=STALE_DAYS)).isoformat()
    recent = {url for url, at in last.items() if at >= oldest}
    kept = recent - set(read_without) or recent
    return [row for row in evidence if row.url in kept and row.seen_at == last[row.url]]


def _denials(denied: Sequence[_Denied], evidence: Sequence[_Shown]) -> tuple[Denial, ...]:
    denials: dict[str, Denial] = {}
    shown_on = {row.page_id for row in evidence}
    first, last = min(row.seen_at for row in evidence)[:10], max(row.seen_at for row in evidence)[:10]
    for row in denied:
        sentence = _squeezed(row.sentence)
        known = denials.get(sentence)
        denials[sentence] = Denial(
            sentence=sentence,
            is_on_same_page=row.page_id in shown_on or bool(known and known.is_on_same_page),
            names_brand=row.names_brand,
            is_of_the_time=first <= row.seen_at[:10] <= last or bool(known and known.is_of_the_time),
        )
    return tuple(sorted(denials.values(), key=_weight_of))


def _weight_of(denial: Denial) -> tuple[bool, bool, str]:
    return not denial.is_of_the_time, not denial.is_on_same_page, denial.sentence


def _group(rows: Iterable[T], key: Callable[[T], K]) -> dict[K, list[T]]:
    groups: dict[K, list[T]] = {}
    for row in rows:
        groups.setdefault(key(row), []).append(row)
    return groups


def _squeezed(text: str) -> str:
    return " ".join(text.split())[:300]


def _day(instant: str | None) -> str | None:
    return instant[:10] if instant else None


@lru_cache(maxsize=10_000)
def _texts(stored: str) -> tuple[str, ...]:
    return tuple(json.loads(stored))


@lru_cache(maxsize=10_000)
def _tier_list(stored: str) -> TierList:
    return TierList.from_rows(json.loads(stored))


_EVIDENCE = """
    SELECT e.claim_id, s.seed_id, s.vendor, s.vendor_domain, s.start_urls, s.parent, s.country, s.identifiers, s.aliases,
           b.brand, b.domains, b.tiers, c.relation,
           e.evidence, e.tier, e.programme, e.seen_at, e.page_id, e.reasons, p.url, p.kind AS page_kind, p.health_reason,
           g.zone, o.file, o.variant, o.valid_until, m.strangers, t.asserted_by, t.certainty, t.doubt,
           t.sentence, w.template_id
    FROM claims c
    JOIN claim_evidence e ON e.claim_id = c.claim_id AND e.seen_at <= :until
    JOIN seeds s ON s.seed_id = c.seed_id
    JOIN brands b ON b.brand = c.brand
    JOIN pages p ON p.page_id = e.page_id
    LEFT JOIN sightings g ON g.sighting_id = e.sighting_id
    LEFT JOIN logo_matches m ON m.match_id = e.match_id
    LEFT JOIN official_logos o ON o.official_logo_id = m.official_logo_id
    LEFT JOIN sentences t ON t.text_match_id = e.text_match_id
    LEFT JOIN wall_images i ON i.sighting_id = e.sighting_id
    LEFT JOIN walls w ON w.wall_id = i.wall_id
    WHERE c.claim_id IN (SELECT value FROM json_each(:claims))
    ORDER BY c.claim_id, e.evidence_id
"""
_DENIALS = """
    SELECT DISTINCT d.seed_id, d.brand, e.page_id, t.brand IS NOT NULL AS names_brand, t.sentence, e.seen_at
    FROM claims c
    JOIN claims d ON d.seed_id = c.seed_id AND d.brand = c.brand AND d.relation = 'denied'
    JOIN claim_evidence e ON e.claim_id = d.claim_id AND e.seen_at <= :until
    JOIN sentences t ON t.text_match_id = e.text_match_id
    WHERE c.claim_id IN (SELECT value FROM json_each(:claims)) AND t.relation IS NOT NULL -- a notice of trademarks denies none
"""
# on the claim's own pages only: what a page of ten years ago says is over began again since
_PAST = """
    SELECT e.claim_id, t.sentence
    FROM claim_evidence e
    JOIN claims c ON c.claim_id = e.claim_id
    JOIN sentences t ON t.page_id = e.page_id AND t.brand = c.brand AND t.kind = 'past'
    WHERE e.claim_id IN (SELECT value FROM json_each(:claims)) AND e.seen_at <= :until
    GROUP BY e.claim_id, t.sentence
    ORDER BY e.claim_id, min(date(e.seen_at)), t.sentence
"""
# when the claim's pages were read, healthy and whole, without it: last before it was first seen, first after it was last seen
_BORDERS = """
    SELECT claim_id, max(iif(first_shown = first, before, NULL)) AS began_after,
           iif(count(*) = count(after), max(after), NULL) AS gone_by, -- gone when the last of its pages was without it
           json_group_array(url) FILTER (WHERE after IS NOT NULL) AS read_without
    FROM (
        SELECT claim_id, url, first_shown, min(first_shown) OVER (PARTITION BY claim_id) AS first,
               max(looked_at) FILTER (WHERE is_whole AND looked_at < first_shown) AS before,
               min(looked_at) FILTER (WHERE is_whole AND looked_at > first_shown
                                        AND (shown_again IS NULL OR shown_again > :until)) AS after
        FROM page_readings
        WHERE claim_id IN ({claims}) AND looked_at <= :until AND first_shown <= :until
        GROUP BY claim_id, url
    )
    GROUP BY claim_id
"""
_TEMPLATES = """
    SELECT w.template_id, count(DISTINCT coalesce(s.parent, s.vendor_domain)) AS vendors
    FROM walls w
    JOIN seeds s ON s.seed_id = w.seed_id
    JOIN pages p ON p.page_id = w.page_id
    JOIN looks k ON k.look_id = p.look_id AND k.looked_at <= :until
    WHERE w.template_id IN (
        SELECT z.template_id FROM claim_evidence e JOIN wall_images i ON i.sighting_id = e.sighting_id
        JOIN walls z ON z.wall_id = i.wall_id
        WHERE e.claim_id IN (SELECT value FROM json_each(:claims)) AND z.template_id IS NOT NULL)
    GROUP BY w.template_id
"""
