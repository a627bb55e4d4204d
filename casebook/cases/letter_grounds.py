"""Reads what a letter tells of a case: its pages, what the register says, what was written before.

Reads: claim_evidence with pages, looks, sentences, seen_images, official_logos, mark_findings, logo_matches, image_words, name_matches;
verdicts, searches, grants; cases, letters, letter_texts, row_deletions, replies, removal_checks. Writes nothing.

Which letters a case may have follows from the verdict:
1. Where nothing is to be held against the vendor, by the verdict as it is now, there is none.
2. Who has a grant and shows more than it allows gets a correction, and nothing else: it is a partner.
3. When the claim was gone on the last look, nothing is left to remove: an enquiry or a demand speaks of what was there.
4. All others: whatever a person chooses, but no correction.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import groupby, pairwise
from operator import attrgetter

from casebook.cases.letter_facts import (
    EarlierLetter,
    Grounds,
    LetterFacts,
    RegisterAnswer,
    RegisterStanding,
    Sender,
    ShownPage,
    ShownThing,
    ThingKind,
)
from casebook.register.search_terms import EQUAL_CORE, Hit
from casebook.verdicts.facts import read_claims
from casebook.verdicts.grant_limits import Gap, find_gaps
from ledger.database import Ledger, columns_of
from ledger.dates import day_of
from ledger.records import Case, Grant, Search, Verdict
from ledger.typed_texts import CaseId, ClaimId, FinalUrl, Instant, IsoDate, Sha256
from ledger.vocabulary import Evidence, FollowUp, RemovalOutcome, ReplyKind, Tone, VerdictKind

# by these nothing is to be held against the vendor; `disclaimed` is what the vendor itself says
NOTHING_TO_WRITE = frozenset(
    {
        VerdictKind.AUTHORISED,
        VerdictKind.OWN_PROPERTY,
        VerdictKind.DISCLAIMED,
        VerdictKind.NOT_A_PARTNERSHIP_CLAIM,
    }
)
_OWN = frozenset({"identifier", "domain"})  # by these a grant is the company's own
_GONE = (FollowUp.REMOVED, FollowUp.VERIFIED_REMOVED)


@dataclass(frozen=True, slots=True, kw_only=True)
class _ShownRow:
    """A row of _SHOWN: one piece of evidence on one page, with what belongs to its kind."""

    url: FinalUrl
    seen_at: Instant
    evidence: Evidence
    page_sha256: Sha256 | None
    heading: str | None
    image_sha256: Sha256 | None
    valid_until: IsoDate | None
    is_altered: bool
    is_carried: bool  # the image says it by more than this
    sentence: str | None
    image_words: str | None
    image_name: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class _SentLetter:
    """A row of _SENT."""

    tone: Tone
    recipient: str
    sent_on: IsoDate


@dataclass(frozen=True, slots=True, kw_only=True)
class _ReplyRow:
    """A row of _REPLIES."""

    kind: ReplyKind
    received_on: IsoDate


def read_facts(
    ledger: Ledger, case: Case, *, sender: Sender, answer_by: dt.date, with_undertaking: bool = False
) -> LetterFacts:
    """Gather what a letter tells of a case: all its pages, the latest ones first."""
    return LetterFacts(
        brand=read_brand_name(ledger, case),
        vendor=case.vendor,
        domain=case.vendor_domain,
        relation=case.relation,
        tier=case.tier,
        pages=read_shown_pages(ledger, case.claim_id),
        grounds=read_grounds(ledger, case),
        earlier=read_earlier(ledger, case.case_id),
        gone_on=read_gone_on(ledger, case),
        answer_by=answer_by,
        reference=reference_of(case),
        sender=sender,
        with_undertaking=with_undertaking,
    )


def read_brand_name(ledger: Ledger, case: Case) -> str:
    """Return the name of a case's brand; its slug where the brand is not there any more."""
    return ledger.value("SELECT name FROM brands WHERE brand = ?", [case.brand]) or case.brand


def reference_of(case: Case) -> str:
    """Return a case's reference in letters: the last ten characters of its id."""
    return case.case_id[-10:]


def allowed_tones(grounds: Grounds, *, is_gone: bool) -> tuple[Tone, ...]:
    """Return the letters that a case may have, the mildest first; none where nothing is to be held against the vendor."""
    if grounds.verdict in NOTHING_TO_WRITE:
        return ()
    if grounds.standing.answer is RegisterAnswer.EXCEEDS:
        return () if is_gone else (Tone.CORRECTION,)
    if is_gone:
        return (Tone.ENQUIRY, Tone.DEMAND)
    return tuple(tone for tone in Tone if tone is not Tone.CORRECTION)


def read_grounds(ledger: Ledger, case: Case) -> Grounds:
    """Return what the verdict that holds now, and the search that it rests on, say of a case."""
    verdict = _latest_verdict(ledger, case)
    if verdict is None:  # never: a case is opened for a verdict
        return Grounds(verdict=case.verdict, standing=RegisterStanding(answer=RegisterAnswer.NOT_ASKED))
    search = ledger.find(Search, search_id=verdict.search_id) if verdict.search_id else None
    others = verdict.facts.get("template_vendors", 1) - 1  # it counts this vendor, too
    copied = max(0, others) if verdict.verdict is VerdictKind.TEMPLATE else 0
    return Grounds(verdict=verdict.verdict, standing=_standing(ledger, verdict, search), copied_by=copied)


def _standing(ledger: Ledger, verdict: Verdict, search: Search | None) -> RegisterStanding:
    if search is None or search.snapshot_id is None:
        return RegisterStanding(answer=RegisterAnswer.NOT_ASKED)
    day = search.as_of
    hits = _read_hits(ledger, search)
    valid = [hit for hit in hits if hit.is_valid_on(day)]
    exceeded = _exceeded(verdict, valid)
    if exceeded is not None:
        return _rest_on(RegisterAnswer.EXCEEDS, exceeded.grant, day, _gaps(ledger, verdict, exceeded.grant))
    for basis, answer in (("group", RegisterAnswer.GROUP), ("name", RegisterAnswer.NAME_ONLY)):
        for hit in valid:
            if hit.basis == basis:
                return _rest_on(answer, hit.grant, day)
    for miss in search.near_misses:
        grant = ledger.find(Grant, grant_id=miss["grant_id"]) if miss.get("grade") == EQUAL_CORE else None
        if grant is not None:
            return _rest_on(RegisterAnswer.NAME_ONLY, grant, day)
    own = [hit.grant for hit in hits if hit.basis in _OWN]
    ended = [grant for grant in own if grant.valid_until is not None and grant.valid_until <= day]
    if ended:
        return _rest_on(RegisterAnswer.LAPSED, max(ended, key=attrgetter("valid_until")), day)
    coming = [grant for grant in own if grant.valid_from > day]
    if coming:
        return _rest_on(RegisterAnswer.NOT_YET, min(coming, key=attrgetter("valid_from")), day)
    return RegisterStanding(answer=RegisterAnswer.NONE, as_of=day)


def _read_hits(ledger: Ledger, search: Search) -> list[Hit]:
    return [
        Hit(grant=grant, basis=hit["by"], via=hit["via"], register=hit["register"])
        for hit in search.hits
        if (grant := ledger.find(Grant, grant_id=hit["grant_id"]))
    ]


def _exceeded(verdict: Verdict, valid: Sequence[Hit]) -> Hit | None:
    """Return the company's own grant that a claim goes beyond. valid: the hits that hold on the day."""
    if verdict.verdict is VerdictKind.GROUP_MEMBER:
        return None
    return next((hit for hit in valid if hit.basis in _OWN), None)


def read_exceeded_grant(ledger: Ledger, case: Case) -> Hit | None:
    """Return the grant of a partner that shows more than it allows, as it was found; None: the vendor is no such partner."""
    verdict = _latest_verdict(ledger, case)
    search = ledger.find(Search, search_id=verdict.search_id) if verdict is not None and verdict.search_id else None
    if verdict is None or search is None or verdict.verdict in NOTHING_TO_WRITE:
        return None
    return _exceeded(verdict, [hit for hit in _read_hits(ledger, search) if hit.is_valid_on(search.as_of)])


def _latest_verdict(ledger: Ledger, case: Case) -> Verdict | None:
    return ledger.select_first(
        Verdict,
        f"SELECT {columns_of(Verdict)} FROM verdicts WHERE claim_id = ? AND is_replay = 0 ORDER BY sequence DESC LIMIT 1",
        [case.claim_id],
    )


def _gaps(ledger: Ledger, verdict: Verdict, grant: Grant) -> tuple[Gap, ...]:
    claims = read_claims(ledger, [verdict.claim_id], as_of=verdict.as_of)
    return tuple(gap for claim in claims for gap in find_gaps(claim.facts, grant))


def _rest_on(answer: RegisterAnswer, grant: Grant, as_of: IsoDate, gaps: tuple[Gap, ...] = ()) -> RegisterStanding:
    return RegisterStanding(
        answer=answer,
        as_of=as_of,
        company=grant.company,
        relation=grant.relation,
        tier=grant.tier,
        valid_from=grant.valid_from,
        last_day=_day_before(grant.valid_until) if grant.valid_until else None,
        gaps=gaps,
    )


def _day_before(day: IsoDate) -> IsoDate:
    return IsoDate((day_of(day) - dt.timedelta(days=1)).isoformat())


def read_gone_on(ledger: Ledger, case: Case) -> IsoDate | None:
    """Return the day of the last look that found a case's claim gone, where no later look showed it."""
    if case.followup not in _GONE:
        return None
    looked_at = ledger.value(
        "SELECT max(looked_at) FROM removal_checks WHERE case_id = ? AND outcome = ?",
        [case.case_id, RemovalOutcome.GONE],
    )
    return IsoDate(looked_at[:10]) if looked_at else None


def read_earlier(ledger: Ledger, case_id: CaseId) -> tuple[EarlierLetter, ...]:
    """Return the letters of a case that were sent, oldest first, each with the last reply before the next one."""
    sent = ledger.select(_SentLetter, _SENT, [case_id])
    replies = ledger.select(_ReplyRow, _REPLIES, [case_id])
    letters = []
    for letter, following in pairwise([*sent, None]):
        assert letter is not None  # noqa: S101  # only the one behind the last is None
        until = following.sent_on if following else IsoDate("9999-12-31")
        between = [reply for reply in replies if letter.sent_on <= reply.received_on < until]
        letters.append(
            EarlierLetter(
                tone=letter.tone,
                recipient=letter.recipient,
                sent_on=letter.sent_on,
                reply=between[-1].kind if between else None,
                replied_on=between[-1].received_on if between else None,
            )
        )
    return tuple(letters)


def read_shown_pages(ledger: Ledger, claim_id: ClaimId) -> tuple[ShownPage, ...]:
    """Return every page that ever showed a claim, the latest ones first, each with all that shows it."""
    rows = ledger.select(_ShownRow, _SHOWN, [claim_id])
    pages = [_shown_page(url, list(group)) for url, group in groupby(rows, key=attrgetter("url"))]
    return tuple(sorted(pages, key=attrgetter("last_seen"), reverse=True))


def _shown_page(url: FinalUrl, rows: Sequence[_ShownRow]) -> ShownPage:
    """rows: of one page, the oldest first."""
    has_words = (ThingKind.SENTENCE, ThingKind.IMAGE_WORDS, ThingKind.IMAGE_NAME)
    things = {
        (thing.kind, thing.text, thing.heading): thing
        for thing in _things(rows)
        if thing.text or thing.kind not in has_words
    }
    return ShownPage(
        url=url,
        first_seen=IsoDate(rows[0].seen_at[:10]),
        last_seen=IsoDate(rows[-1].seen_at[:10]),
        things=tuple(sorted(things.values(), key=lambda thing: list(ThingKind).index(thing.kind))),
        sha256=rows[-1].page_sha256,
    )


def _things(rows: Iterable[_ShownRow]) -> Iterable[ShownThing]:
    for row in rows:
        if row.evidence is Evidence.PICTURE:
            is_retired = row.valid_until is not None and row.valid_until <= row.seen_at[:10]
            kind = (
                ThingKind.RETIRED_LOGO if is_retired else ThingKind.ALTERED_LOGO if row.is_altered else ThingKind.LOGO
            )
            yield ShownThing(
                kind=kind,
                heading=row.heading,
                retired_on=row.valid_until if is_retired else None,
                image_sha256=row.image_sha256,
            )
        elif row.evidence is Evidence.TEXT:
            yield ShownThing(kind=ThingKind.SENTENCE, text=(row.sentence or "").strip(), heading=row.heading)
        elif not row.is_carried:
            is_read = row.evidence is Evidence.WORDS
            yield ShownThing(
                kind=ThingKind.IMAGE_WORDS if is_read else ThingKind.IMAGE_NAME,
                text=(row.image_words if is_read else row.image_name) or "",
                heading=row.heading,
                image_sha256=row.image_sha256,
            )


_SENT = """
    SELECT l.tone, l.sent_on, -- of a letter whose words were deleted, the vendor stands for whom it went to
           iif(EXISTS (SELECT 1 FROM row_deletions d WHERE d.row_id = l.text_id), k.vendor, t.recipient) AS recipient
    FROM letters l JOIN letter_texts t ON t.text_id = l.text_id JOIN cases k ON k.case_id = l.case_id
    WHERE l.case_id = ? AND l.sent_on IS NOT NULL ORDER BY l.sent_on, l.letter_id
"""
_REPLIES = "SELECT kind, received_on FROM replies WHERE case_id = ? ORDER BY received_on, reply_id"
_SHOWN = """
    SELECT p.url, e.seen_at, e.evidence, k.payload_sha256 AS page_sha256, coalesce(t.heading, g.heading) AS heading, g.image_sha256,
           o.valid_until, t.sentence,
           EXISTS (SELECT 1 FROM mark_findings f WHERE f.claim_id = e.claim_id AND f.evidence_id = e.evidence_id
                   AND f.kind IN ('stretched', 'turned', 'cropped', 'recoloured')) AS is_altered,
           EXISTS (SELECT 1 FROM claim_evidence n WHERE n.claim_id = e.claim_id AND n.sighting_id = e.sighting_id
                   AND (n.evidence = 'picture' OR (n.evidence = 'words' AND e.evidence = 'name'))) AS is_carried,
           (SELECT group_concat(w.text, ' / ') FROM image_words w WHERE w.image_sha256 = m.image_sha256) AS image_words,
           (SELECT n.text FROM name_matches n WHERE n.sighting_id = e.sighting_id AND n.brand = c.brand
            ORDER BY n.source LIMIT 1) AS image_name
    FROM claim_evidence e
    JOIN claims c ON c.claim_id = e.claim_id
    JOIN pages p ON p.page_id = e.page_id
    JOIN looks l ON l.look_id = p.look_id
    LEFT JOIN captures k ON k.capture_id = l.capture_id
    LEFT JOIN seen_images g ON g.sighting_id = e.sighting_id
    LEFT JOIN logo_matches m ON m.match_id = e.match_id
    LEFT JOIN official_logos o ON o.official_logo_id = m.official_logo_id
    LEFT JOIN sentences t ON t.text_match_id = e.text_match_id
    WHERE e.claim_id = ? ORDER BY p.url, e.seen_at, e.evidence_id
"""
