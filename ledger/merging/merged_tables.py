"""Which tables of a shard come home, and how; every table that is sealed is either here or among those that do not.

Rows of the shard's own visits have ids that follow from the visit: the same row is there twice only when the same shard is merged again,
and then it is equal. What several shards may both have (a vendor's name, an image that two vendors show) stays as whoever came first had it.
"""

from __future__ import annotations

from dataclasses import dataclass

# rows that only home makes: they look across vendors, come from registers, or from people
NOT_MERGED = (
    "page_continuity",
    "claims",
    "claim_evidence",
    "absences",
    "walls",
    "wall_images",
    "mark_findings",
    "register_snapshots",
    "snapshot_undos",
    "grants",
    "group_snapshots",
    "companies",
    "relationships",
    "judgings",
    "searches",
    "near_miss_checks",
    "verdicts",
    "pictures",
    "rejections",
    "deletions",
    "row_deletions",
    "holds",
    "cases",
    "case_events",
    "letters",
    "letter_texts",
    "replies",
    "removal_checks",
    "proposed_grants",
    "accounts",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class MergedTable:
    """How a table's rows come home.

    key: what a row is known by. of: SQL that joins the row r to its visit v; empty: the row is no visit's alone.
    local: columns that mean something in one file only. varying: columns in which two rows of one key may differ, of which the first holds.
    """

    name: str
    key: tuple[str, ...]
    of: str = ""
    local: tuple[str, ...] = ()
    varying: tuple[str, ...] = ()

    @property
    def is_own(self) -> bool:
        """Whether its rows are of one visit, so that an unequal one contradicts what is here."""
        return bool(self.of)


_VISIT = "JOIN shard.visits v ON v.visit_id = r.visit_id"
_PAGE = "JOIN shard.pages p ON p.page_id = {}.page_id JOIN shard.visits v ON v.visit_id = p.visit_id"
_OF_PAGE = _PAGE.format("r")
_OF_SIGHTING = f"JOIN shard.sightings a ON a.sighting_id = r.sighting_id {_PAGE.format('a')}"
_OF_PASSAGE = f"JOIN shard.passages a ON a.passage_id = r.passage_id {_PAGE.format('a')}"

# visits, hashed_images and image_hashes have rules of their own, see shard_rows.py
MERGED = (
    MergedTable(name="brands", key=("brand",), varying=("recorded_at",)),
    MergedTable(name="official_logos", key=("official_logo_id",), varying=("recorded_at", "is_current")),
    MergedTable(name="seeds", key=("seed_id",)),
    MergedTable(name="certificates", key=("certificate_sha256",), varying=("warc_file", "warc_offset", "stored_at")),
    MergedTable(name="connections", key=("connection_id",), of=_VISIT),
    MergedTable(name="captures", key=("capture_id",), of=_VISIT),
    MergedTable(
        name="looks", key=("look_id",), of=_VISIT, varying=("unchanged_since",)
    ),  # home knows the vendor's visits before
    MergedTable(name="renders", key=("render_id",), of=_VISIT),
    MergedTable(name="pages", key=("page_id",), of=_VISIT),
    MergedTable(name="inline_images", key=("image_sha256",)),
    MergedTable(name="sightings", key=("sighting_id",), of=_OF_PAGE),
    MergedTable(name="passages", key=("passage_id",), of=_OF_PAGE, local=("passage_no",)),
    MergedTable(name="image_readings", key=("image_sha256",), local=("reading_no",), varying=("read_at",)),
    # of an image that was read here before, the lines are here
    MergedTable(name="image_words", key=("image_sha256", "line_no")),
    MergedTable(
        name="logo_matches", key=("match_id",), varying=("rejection_id", "relation", "tier", "programme")
    ),  # what the words in the picture add, home finds again
    MergedTable(name="recognitions", key=("image_sha256", "logo_set_id"), varying=("recognised_at",)),
    MergedTable(name="name_matches", key=("name_match_id",), of=_OF_SIGHTING),
    MergedTable(name="text_matches", key=("text_match_id",), of=_OF_PASSAGE),
)
OWN_RULES = ("crawls", "visits", "warc_files", "hashed_images", "image_hashes")
