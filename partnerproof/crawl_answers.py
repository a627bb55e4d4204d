"""What the terminal tells of what is stored: counts, changes, and what one crawl saw and could not see.

Reads: the public views, and counts of tables. Writes nothing.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Sequence
from dataclasses import dataclass

from casebook.dossier.coverage import NOT_WHOLE, VendorOutcomes
from ledger.database import Ledger
from ledger.typed_texts import ClaimId, CrawlId, Instant, JudgingId, VisitId
from matcher.decoding.lettering_worker import lettering_engine
from matcher.image_words import count_unread
from matcher.rejections import SET_CHANGED


@dataclass(frozen=True, slots=True, kw_only=True)
class Count:
    """How often something is there. name: of a state, a reason, a verdict, …"""

    name: str
    number: int


@dataclass(frozen=True, slots=True, kw_only=True)
class ClaimChange:
    """A row of v_claim_changes."""

    vendor: str
    vendor_domain: str
    brand: str
    relation: str
    state: str
    first_seen: Instant
    last_seen: Instant
    last_known: Instant | None
    why: str | None  # what the latest reading without it tells; None: none since it was last shown
    claim_id: ClaimId


@dataclass(frozen=True, slots=True, kw_only=True)
class UnseenPages:
    """Pages of a crawl that could not be looked at, for one reason."""

    reason: str
    pages: int


@dataclass(frozen=True, slots=True, kw_only=True)
class LookedPage:
    """The one page of a `check`: what came of the look at it."""

    requested_url: str | None
    page_url: str | None
    page_kind: str | None
    outcome: str
    reason: str | None
    detail: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class SeenLogo:
    """An official logo that a crawl saw, or perhaps saw, or a brand's name in a picture."""

    official_logo: str | None
    words: str | None
    brand: str
    score: float
    heading: str | None
    relation: str | None
    image_url: str | None

    @property
    def what(self) -> str:
        """What was seen, in words."""
        return self.official_logo or f"the words “{self.words}”"


@dataclass(frozen=True, slots=True, kw_only=True)
class SeenWords:
    """A sentence of a crawl that says something of a brand."""

    kind: str
    sentence: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadVisits:
    """How much was read of an archive."""

    visits: int
    pages: int
    vendors: int


def read_claim_changes(ledger: Ledger, state: str | None) -> list[ClaimChange]:
    """Return what became of claims, the last seen first. state: None = any."""
    sql = "SELECT * FROM v_claim_changes WHERE state = coalesce(?, state) ORDER BY last_seen DESC, vendor, brand"
    return ledger.select(ClaimChange, sql, [state])


def count_image_changes(ledger: Ledger) -> list[Count]:
    """Return how many images are in each state of v_changes, the most first."""
    sql = "SELECT state AS name, count(*) AS number FROM v_changes GROUP BY state ORDER BY 2 DESC"
    return ledger.select(Count, sql)


def read_looked_pages(ledger: Ledger, crawl_id: CrawlId) -> list[LookedPage]:
    """Return the pages of a crawl, those first that could not be looked at."""
    sql = (
        "SELECT requested_url, page_url, page_kind, outcome, reason, detail FROM v_coverage WHERE crawl_id = ?"
        " ORDER BY outcome <> 'could-not-look'"
    )
    return ledger.select(LookedPage, sql, [crawl_id])


def count_seen_images(ledger: Ledger, crawl_id: CrawlId) -> int:
    """Return how many different images a crawl saw."""
    return int(ledger.value("SELECT count(DISTINCT image_sha256) FROM v_sightings WHERE crawl_id = ?", [crawl_id]))


def read_seen_logos(ledger: Ledger, crawl_id: CrawlId) -> list[SeenLogo]:
    """Return the official logos that a crawl saw, the surest first."""
    sql = (
        "SELECT official_logo, words, brand, score, heading, relation, image_url FROM v_logo_matches WHERE crawl_id = ?"
        " ORDER BY score DESC"
    )
    return ledger.select(SeenLogo, sql, [crawl_id])


def read_doubtful_logos(ledger: Ledger, crawl_id: CrawlId) -> list[SeenLogo]:
    """Return what a person has to look at, the most alike first."""
    sql = (
        "SELECT official_logo, words, brand, score, heading, NULL AS relation, image_url FROM v_perhaps WHERE crawl_id = ?"
        " ORDER BY score DESC"
    )
    return ledger.select(SeenLogo, sql, [crawl_id])


def read_seen_words(ledger: Ledger, crawl_id: CrawlId) -> list[SeenWords]:
    """Return the sentences of a crawl that say something of a brand."""
    return ledger.select(SeenWords, "SELECT kind, sentence FROM v_text_claims WHERE crawl_id = ?", [crawl_id])


def count_unseen_images(ledger: Ledger, crawl_id: CrawlId) -> list[Count]:
    """Return how many images of a crawl could not be looked at, by reason."""
    sql = (
        "SELECT reason AS name, count(*) AS number FROM v_refusals WHERE crawl_id = ? AND image_sha256 IS NULL"
        " GROUP BY reason"
    )
    return ledger.select(Count, sql, [crawl_id])


def count_vendor_outcomes(ledger: Ledger, crawl_id: CrawlId) -> list[VendorOutcomes]:
    """Return how many vendors of a crawl had which outcome for which reason; every vendor is counted once."""
    sql = (
        "SELECT outcome, iif(outcome IN ('looked', 'pending', 'running'), NULL, reason) AS reason, count(*) AS vendors"
        " FROM v_vendor_coverage WHERE crawl_id = ? GROUP BY 1, 2 ORDER BY 3 DESC, 2"
    )
    return ledger.select(VendorOutcomes, sql, [crawl_id])


def count_unseen_pages(ledger: Ledger, crawl_id: CrawlId, *, left_out: Collection[str]) -> list[UnseenPages]:
    """Return how many pages of a crawl could not be looked at, by reason. left_out: reasons that are no failure."""
    sql = (
        "SELECT reason, count(*) AS pages FROM v_coverage"
        " WHERE crawl_id = ? AND (outcome = 'could-not-look' OR reason IN (SELECT value FROM json_each(?)))"
        " AND reason NOT IN (SELECT value FROM json_each(?)) GROUP BY reason ORDER BY pages DESC"
    )
    return ledger.select(UnseenPages, sql, [crawl_id, json.dumps(sorted(NOT_WHOLE)), json.dumps(sorted(left_out))])


def count_unread_images(ledger: Ledger, crawl_id: CrawlId | None) -> int:
    """Return how many images would be read for words, had this machine the extra "ocr": of a crawl, or of all."""
    if lettering_engine() is not None:
        return 0
    visits = ledger.values("SELECT visit_id FROM visits WHERE crawl_id = coalesce(?, crawl_id)", [crawl_id])
    return count_unread(ledger, visits)


def count_doubtful_images(ledger: Ledger, *, crawl_id: CrawlId | None, brand: str | None) -> int:
    """Return how many images a person has to look at."""
    sql = (
        "SELECT count(DISTINCT image_sha256) FROM v_perhaps"
        " WHERE (:crawl IS NULL OR crawl_id = :crawl) AND (:brand IS NULL OR brand = :brand)"
    )
    return int(ledger.value(sql, {"crawl": crawl_id, "brand": brand}))


def count_read_visits(ledger: Ledger, crawl_id: CrawlId) -> ReadVisits:
    """Return how much an ingest read."""
    sql = (
        "SELECT count(*) AS visits, coalesce(sum(pages), 0) AS pages, count(DISTINCT seed_id) AS vendors"
        " FROM visits WHERE crawl_id = ?"
    )
    return ledger.select(ReadVisits, sql, [crawl_id])[0]


def visits_to_judge(ledger: Ledger, crawl_id: CrawlId) -> list[VisitId]:
    """Return the visits of a crawl that are not judged, in their order."""
    return ledger.values(
        "SELECT visit_id FROM visits WHERE crawl_id = ? AND judged_at IS NULL ORDER BY ordinal", [crawl_id]
    )


def count_captures(ledger: Ledger, crawl_id: CrawlId) -> int:
    """Return how many exchanges a crawl stored."""
    return int(
        ledger.value("SELECT count(*) FROM captures JOIN visits USING (visit_id) WHERE crawl_id = ?", [crawl_id])
    )


def describe_crawls(ledger: Ledger) -> str:
    """Return how many crawls there are and of when, in words."""
    found = ledger.select(
        _Crawls, "SELECT count(*) AS number, min(started_at) AS first, max(started_at) AS last FROM crawls"
    )[0]
    return f"{found.number}, begun from {found.first} to {found.last}" if found.number else "none"


@dataclass(frozen=True, slots=True, kw_only=True)
class _Crawls:
    number: int
    first: Instant | None
    last: Instant | None


def count_visits(ledger: Ledger, crawl_id: CrawlId) -> int:
    """Return how many visits of a crawl are here."""
    return int(ledger.value("SELECT count(*) FROM visits WHERE crawl_id = ?", [crawl_id]))


def brands_of_crawl(ledger: Ledger, crawl_id: CrawlId) -> list[str]:
    """Return the brands that a crawl looks for: those that it was told, or all that are here."""
    told: list[str] = ledger.values(
        "SELECT b.value FROM crawls c, json_each(c.settings, '$.PARTNERPROOF_BRANDS') b WHERE c.crawl_id = ?",
        [crawl_id],
    )
    return told or ledger.values("SELECT brand FROM brands ORDER BY brand")


def count_done_visits(ledger: Ledger, seeds_file: str) -> int:
    """Return how many visits of an unfinished crawl of a list are done."""
    sql = (
        "SELECT count(*) FROM visits WHERE state IN ('done', 'failed') AND crawl_id = (SELECT max(crawl_id) FROM crawls"
        " WHERE seeds_file = ? AND ended_at IS NULL)"
    )
    return int(ledger.value(sql, [seeds_file]))


def brands_without_register(ledger: Ledger, brands: Sequence[str]) -> list[str]:
    """Return those of some brands that no register was ever imported for."""
    known = set(ledger.values("SELECT DISTINCT brand FROM register_snapshots"))
    return [brand for brand in brands if brand not in known]


def count_rows(ledger: Ledger, table: str) -> int:
    """Return how many rows a table of ours has."""
    return int(ledger.value(f"SELECT count(*) FROM {table}"))


def count_logo_matches(ledger: Ledger) -> dict[str, int]:
    """Return how many logo matches count (match), need a person (perhaps), and were rejected; an image and brand count once."""
    return {count.name: count.number for count in ledger.select(Count, _MATCHES)}


_MATCHES = """
    SELECT CASE WHEN counts THEN 'match' WHEN doubts THEN 'perhaps' ELSE 'rejected' END AS name, count(*) AS number
    FROM (SELECT max(strength = 'match' AND rejection_id IS NULL) AS counts, max(rejection_id IS NULL) AS doubts
          FROM logo_matches GROUP BY image_sha256, brand)
    GROUP BY 1
"""


def count_claims_with_evidence(ledger: Ledger) -> int:
    """Return how many claims rest on anything."""
    return int(ledger.value("SELECT count(DISTINCT claim_id) FROM claim_evidence"))


def count_lapsed_rejections(ledger: Ledger, brands: Sequence[str]) -> int:
    """Return how many rejections hold no more because official logos have changed."""
    sql = "SELECT count(*) FROM v_rejections WHERE state = ? AND brand IN (SELECT value FROM json_each(?))"
    return int(ledger.value(sql, [SET_CHANGED, json.dumps(list(brands))]))


def count_verdicts(ledger: Ledger, judging_id: JudgingId | None = None) -> list[Count]:
    """Return how many verdicts of each kind there are, the most first: those that hold, or those of one judging."""
    if judging_id is None:
        sql = "SELECT coalesce(verdict, 'not judged') AS name, count(*) AS number FROM v_findings GROUP BY verdict ORDER BY 2 DESC"
        return ledger.select(Count, sql)
    sql = "SELECT verdict AS name, count(*) AS number FROM v_verdicts WHERE judging_id = ? GROUP BY verdict ORDER BY 2 DESC"
    return ledger.select(Count, sql, [judging_id])


def brands_with_rejections(ledger: Ledger) -> list[str]:
    """Return the brands for which an image was ever rejected."""
    return ledger.values("SELECT DISTINCT brand FROM rejections ORDER BY brand")
