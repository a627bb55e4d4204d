"""Names that are alike, found without looking at every name.

Two names are alike when they share trigrams (three letters in a row, `^` before and `$` after each word) and
rapidfuzz scores them high. Trigrams choose the candidates, so only a few names are scored:

1. A candidate shares at least two fifths of the trigrams of the shorter of both names. An edit of one letter takes
   at most three trigrams away, so a name with n trigrams and at most n/5 letters edited is always a candidate.
2. Of more than MAX_CANDIDATES those with the largest Dice coefficient are scored; equal ones in the order of the names.
3. Scored at least NEAR_MISS_SCORE it is alike.

`nearest_by_hand` in tests/casebook/register/test_name_likeness.py is the slow and obvious form of the same.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import groupby
from operator import attrgetter

import numpy as np
from numpy.typing import NDArray
from rapidfuzz import fuzz
from rapidfuzz.distance import LCSseq
from rapidfuzz.process import cdist, extract

from ledger.database import Ledger, columns_of
from ledger.records import LikenessGram
from ledger.typed_texts import SnapshotId

# The best of rapidfuzz's ratio, token_set_ratio and partial_ratio, 0..100. Below 80 the names that people call
# "alike" are different words; tried 70–95 on the demo register and on pairs such as SenseGrid/SensorGrid (84).
NEAR_MISS_SCORE = 80.0
# A name that is nearly a part of another, spaces aside: SenseGrid in Sense Grid Analytics. At 80 half of what it adds
# are parts of long words (gelgi in nanvesseligirstelsul); tried 80–95 on 20,000 invented names.
PARTIAL_SCORE = 90.0
# Of names that are not equal: an equal part is not an equal name, nor are equal words in another order, and
# token_set_ratio gives 100 where one name's words are all in the other (merrow in merrow tate).
MAX_UNEQUAL_SCORE = 99.0
MIN_PARTIAL_CHARS = 5  # shorter names stand in half of all others
MAX_CANDIDATES = 200  # scored of one question and register; how many are lost stands in bench/README.md
SEGMENT_NAMES = 250_000  # bounds the memory of building and of asking
MAX_GRAMS = 255  # counted of one name; a byte holds the number
Scorer = Callable[..., float]
Numbers = NDArray[np.int32]


@lru_cache(maxsize=65_536)
def grams_of(core: str) -> tuple[str, ...]:
    """Return the distinct trigrams of a name in Latin letters, in their order: `ab cd` → ^ab, ab$, ^cd, cd$."""
    grams: dict[str, None] = {}
    for word in core.split():
        padded = f"^{word}$"
        for at in range(len(padded) - 2):
            grams[padded[at : at + 3]] = None
    return tuple(grams)[:MAX_GRAMS]


def likeness(name: str, wanted: str) -> float:
    """Return 0..100: how alike two names are, whole or, when the shorter one has 5 characters, in part; 100: they are equal."""
    if name == wanted:
        return 100.0
    score = max(fuzz.ratio(name, wanted), fuzz.token_set_ratio(name, wanted))
    name, wanted = name.replace(" ", ""), wanted.replace(" ", "")
    if min(len(name), len(wanted)) >= MIN_PARTIAL_CHARS:
        score = max(score, fuzz.partial_ratio(name, wanted, score_cutoff=PARTIAL_SCORE))
    return min(score, MAX_UNEQUAL_SCORE)


def likenesses(names: Sequence[str], wanted: str) -> dict[str, float]:
    """Return those of some names that are alike one, each with what likeness() says of it.

    Each scorer is called once for all names, and the two slow ones only for names that they may find alike.
    """
    scores = {name: score for name, score, _ in _scored(fuzz.ratio, names, wanted, NEAR_MISS_SCORE)}
    # of two single words the set of words says what the whole says
    slow = names if " " in wanted else [*scores, *(name for name in names if " " in name and name not in scores)]
    for name, score, _ in _scored(fuzz.token_set_ratio, slow, wanted, NEAR_MISS_SCORE):
        scores[name] = max(score, scores.get(name, 0))
    for name, part in _parts(names, wanted.replace(" ", "")):
        scores[name] = max(part, scores.get(name, 0))
    return {name: 100.0 if name == wanted else min(score, MAX_UNEQUAL_SCORE) for name, score in scores.items()}


def _parts(names: Sequence[str], glued: str) -> Iterator[tuple[str, float]]:
    """Yield the names that are nearly a part of one without spaces, or it of them, with the score.

    A piece of k letters has at most k of the m letters of the shorter name, and to score P it must have P percent of
    (m + k) / 2. So P / (200 - P) of the m must stand in the longer name in their order, which is soon counted.
    """
    if not names or len(glued) < MIN_PARTIAL_CHARS:
        return
    pieces = [name.replace(" ", "") for name in names]
    lengths = np.fromiter(map(len, pieces), np.int32, len(pieces))
    in_order = cdist([glued], pieces, scorer=LCSseq.similarity, dtype=np.int32)[0]
    enough = in_order * (200 - PARTIAL_SCORE) >= PARTIAL_SCORE * np.minimum(lengths, len(glued))
    worth = np.flatnonzero(enough & (lengths >= MIN_PARTIAL_CHARS)).tolist()
    for _, score, at in _scored(fuzz.partial_ratio, [pieces[at] for at in worth], glued, PARTIAL_SCORE):
        yield names[worth[at]], score


def _scored(scorer: Scorer, names: Sequence[str], wanted: str, cutoff: float) -> list[tuple[str, float, int]]:
    return extract(wanted, names, scorer=scorer, score_cutoff=cutoff, limit=None)


@dataclass(frozen=True, slots=True)
class Segment:
    """Some names with their trigrams. first: the number of the first name; lengths: how many trigrams each has."""

    first: int
    lengths: NDArray[np.uint8]
    postings: Mapping[str, Numbers]  # trigram → the numbers of the names that hold it, less `first`


def segments_of(cores: Iterable[str], *, size: int = SEGMENT_NAMES) -> Iterator[Segment]:
    """Yield the segments of names that are numbered from 0 in the order given."""
    batch: list[str] = []
    first = 0
    for core in cores:
        batch.append(core)
        if len(batch) == size:
            yield _segment(first, batch)
            first += size
            batch = []
    if batch:
        yield _segment(first, batch)


def _segment(first: int, cores: Sequence[str]) -> Segment:
    lengths = np.zeros(len(cores), dtype=np.uint8)
    codes: dict[str, int] = {}
    held: list[int] = []
    owners: list[int] = []
    for number, core in enumerate(cores):
        grams = grams_of.__wrapped__(core)
        lengths[number] = len(grams)
        held += [codes.setdefault(gram, len(codes)) for gram in grams]
        owners += [number] * len(grams)
    gram_codes = np.array(held, dtype=np.int32)
    order = np.argsort(gram_codes, kind="stable")  # stable: within a trigram the names stay in their order
    numbers = np.array(owners, dtype=np.int32)[order]
    borders = np.searchsorted(gram_codes[order], np.arange(len(codes) + 1))
    postings = {gram: numbers[borders[code] : borders[code + 1]] for gram, code in codes.items()}
    return Segment(first=first, lengths=lengths, postings=postings)


def nearest(segments: Iterable[Segment], core: str) -> list[int]:
    """Return the numbers of the candidates for a name, those with the largest Dice coefficient first."""
    grams = grams_of(core)
    numbers, dice = list[NDArray[np.int64]](), list[NDArray[np.float64]]()
    for segment in segments:
        holders = [segment.postings[gram] for gram in grams if gram in segment.postings]
        if not holders:
            continue
        shared = np.bincount(np.concatenate(holders)).astype(np.uint16)  # small numbers are compared many at a time
        theirs = segment.lengths[: len(shared)].astype(np.uint16)
        enough = np.flatnonzero((5 * shared >= 2 * np.minimum(theirs, len(grams))) & (shared > 0))
        numbers.append(enough + segment.first)
        dice.append(2.0 * shared[enough] / (theirs[enough] + len(grams)))
    if not numbers:
        return []
    best = np.argsort(-np.concatenate(dice), kind="stable")[:MAX_CANDIDATES]  # stable: equal ones stay in their order
    nearest_first: list[int] = np.concatenate(numbers)[best].tolist()
    return nearest_first


def store_segments(ledger: Ledger, snapshot_id: SnapshotId, segments: Iterable[Segment]) -> None:
    """Write the trigrams of a snapshot's names."""
    for at, segment in enumerate(segments):
        blobs = {"": segment.lengths.tobytes()}
        blobs |= {gram: numbers.astype("<i4").tobytes() for gram, numbers in sorted(segment.postings.items())}
        ledger.add(
            LikenessGram(snapshot_id=snapshot_id, segment=at, gram=gram, numbers=blob) for gram, blob in blobs.items()
        )


def stored_segments(ledger: Ledger, snapshot_id: SnapshotId, core: str) -> Iterator[Segment]:
    """Yield the segments of a snapshot, with the trigrams of one name only."""
    wanted = ("", *grams_of(core))
    grams = ledger.select_each(
        LikenessGram,
        f"SELECT {columns_of(LikenessGram)} FROM likeness_grams WHERE snapshot_id = ? AND gram IN ({', '.join('?' * len(wanted))})"
        " ORDER BY segment, gram",
        [snapshot_id, *wanted],
    )
    for at, of_segment in groupby(grams, key=attrgetter("segment")):
        blobs = {gram.gram: gram.numbers for gram in of_segment}
        lengths = np.frombuffer(blobs.pop(""), dtype=np.uint8)
        yield Segment(
            first=at * SEGMENT_NAMES,
            lengths=lengths,
            postings={gram: np.frombuffer(blob, dtype="<i4") for gram, blob in blobs.items()},
        )
