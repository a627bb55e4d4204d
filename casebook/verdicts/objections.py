"""What speaks against a claim or its verdict, computed so that no reader has to think of it."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator

from casebook.register.search import SearchResult
from casebook.verdicts.facts import ClaimFacts
from casebook.verdicts.grant_limits import uncompared
from ledger.typed_texts import IsoDate
from ledger.vocabulary import LogoVariant, Relation

MAX_QUOTED = 3
# A register that was read in longer ago may lack grants made since.
OLD_REGISTER_DAYS = 365


def find_objections(facts: ClaimFacts, search: SearchResult | None, as_of: IsoDate) -> tuple[str, ...]:
    """Return the objections, each a sentence, in the order: the vendor's own words, the evidence, the register, the dates."""
    if facts.relation is Relation.DENIED:
        return ()  # nothing is held against the vendor
    return (*_words(facts), *_evidence(facts), *_register(facts, search, as_of), *_dates(facts))


def _words(facts: ClaimFacts) -> Iterator[str]:
    for denial in facts.denials[:MAX_QUOTED]:
        where = "the same page" if denial.is_on_same_page else "another page of the vendor"
        whom = "" if denial.names_brand else "of every brand, "
        yield f"{where} says {whom}“{denial.sentence}”"
    if facts.past_sentences:
        yield f"the vendor also says that it is over: “{facts.past_sentences[0]}”"
    if facts.asserted_by_others:
        yield f"only others say it: {', '.join(facts.asserted_by_others)}"


def _evidence(facts: ClaimFacts) -> Iterator[str]:
    if facts.has_text and not facts.has_logo:
        yield "words only, no logo: naming a brand in plain text to describe one's trade may be allowed to anyone"
    if not facts.is_recognised:
        yield "named, not recognised: what stands beside a picture names the brand, the picture is no official drawing of it"
    elif facts.has_logo and not facts.has_text:
        yield "a logo only: no sentence says what it stands for"
    if facts.fewest_strangers:
        yield f"{facts.fewest_strangers} unrelated drawings are as much like the official logo as what was found"
    if facts.has_logo and set(facts.variants) == {LogoVariant.ICON}:
        yield "an icon only, not the brand's whole logo: it may stand for compatibility"
    if facts.template_vendors:
        yield f"{facts.template_vendors} unrelated vendors show the same wall of logos: it may have come with a template"
    if facts.was_hardly_seen:
        yield "every page that shows it needs a browser to be seen whole: what stands around it may be missing"


def _register(facts: ClaimFacts, search: SearchResult | None, as_of: IsoDate) -> Iterator[str]:
    if search is None:
        return
    if near := len(search.record.near_misses):
        yield f"{near} {'name' if near == 1 else 'names'} in the register {'is' if near == 1 else 'are'} alike, see the search record"
    registers = [searched for searched in search.record.registers if "register" in searched]
    left_out = sum(int(register.get("left_out", 0)) for register in registers)
    if left_out and not search.hits:
        rows = "1 row of the register" if left_out == 1 else f"{left_out} rows of the register"
        yield f"{rows} could not be read: a grant of this vendor may have been left out with {'it' if left_out == 1 else 'them'}"
    days = min((_days_between(register["recorded_at"], as_of) for register in registers), default=0)
    if days > OLD_REGISTER_DAYS:
        yield f"the register was recorded {days} days before {as_of}: grants made since are not in it"
    yield from next(filter(None, (uncompared(facts, hit.grant) for hit in search.hits)), ())


def _dates(facts: ClaimFacts) -> Iterator[str]:
    if facts.began_after is None:
        yield f"when it began is not known: it was there on the first look, {facts.first_seen}"
    if facts.gone_by is not None:
        yield f"it is gone: its pages were read without it on {facts.gone_by}"


def _days_between(instant: str, day: str) -> int:
    return (dt.date.fromisoformat(day) - dt.date.fromisoformat(instant[:10])).days
