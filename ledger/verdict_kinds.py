"""What each kind of verdict means, the most serious first: whether a person has to look, and how it is said and shown.

Whoever adds a kind to ledger/vocabulary.py adds its row here; tests/ledger/test_verdict_kinds.py says so at once.
"""

from __future__ import annotations

from dataclasses import dataclass

from ledger.vocabulary import VerdictKind


@dataclass(frozen=True, slots=True, kw_only=True)
class VerdictMeaning:
    """One kind of verdict. sentence: with {vendor}, {shows} (shows, or showed), {brand} and {relation}, the first thing that a dossier says.

    in_short: what it means, as a legend says it.
    nothing_allows: the register was searched, and nothing in it allows the claim: an accusation.
    is_plainly_allowed: nobody has to look at it.
    colour: of the terminal, as rich names it; pages have theirs in report.css, by the kind's name.
    """

    sentence: str
    in_short: str
    nothing_allows: bool = False
    is_plainly_allowed: bool = False
    colour: str = ""


V = VerdictKind
MEANINGS: dict[VerdictKind, VerdictMeaning] = {  # the most serious first
    V.NO_AUTHORISATION: VerdictMeaning(
        in_short="the register was searched, and nothing in it allows the claim",
        sentence="{vendor} {shows} itself as {relation} of {brand}; there is no authorisation on record.",
        nothing_allows=True,
        colour="bold red",
    ),
    V.LAPSED: VerdictMeaning(
        in_short="the register allowed it once, and no longer",
        sentence="{vendor} {shows} itself as {relation} of {brand}; the register allowed it once, and no longer.",
        nothing_allows=True,
        colour="red",
    ),
    V.NOT_YET: VerdictMeaning(
        in_short="the register allows it only from a later day",
        sentence="{vendor} {shows} itself as {relation} of {brand}; the register allows it only from a later day.",
        nothing_allows=True,
        colour="red",
    ),
    V.EXCEEDS_GRANT: VerdictMeaning(
        in_short="more is claimed than the register grants",
        sentence="{vendor} {shows} itself as {relation} of {brand} beyond what the register grants.",
        nothing_allows=True,
        colour="yellow",
    ),
    V.TEMPLATE: VerdictMeaning(
        in_short="the logo came with a page template, or was copied with others",
        sentence="{vendor} {shows} {brand} in a wall of logos that unrelated vendors show alike: "
        "it came with a page template or was copied.",
        colour="yellow",
    ),
    V.GROUP_MEMBER: VerdictMeaning(
        in_short="a company of the same group is authorised; a person decides whether that extends to it",
        sentence="{vendor} {shows} itself as {relation} of {brand}; a company of its group is authorised, "
        "and a person has to decide whether that extends to it.",
        colour="magenta",
    ),
    V.UNDETERMINED: VerdictMeaning(
        in_short="a person has to decide what it is",
        sentence="{vendor} {shows} {brand} as {relation}; a person has to decide what that is.",
        colour="magenta",
    ),
    V.AUTHORISED: VerdictMeaning(
        in_short="the register allows it",
        sentence="{vendor} {shows} itself as {relation} of {brand}, and the register allows it.",
        is_plainly_allowed=True,
        colour="green",
    ),
    V.DISCLAIMED: VerdictMeaning(
        in_short="the vendor says in words that there is no relation",
        sentence="{vendor} says in words that it has no relation with {brand}.",
        is_plainly_allowed=True,
    ),
    V.NOT_A_PARTNERSHIP_CLAIM: VerdictMeaning(
        in_short="the brand is shown, but not as a partner",
        sentence="{vendor} {shows} {brand} ({relation}), which is not a claim to be its partner.",
        is_plainly_allowed=True,
    ),
    V.OWN_PROPERTY: VerdictMeaning(
        in_short="a site of the brand itself", sentence="{vendor} is a site of {brand} itself.", is_plainly_allowed=True
    ),
}
SERIOUSNESS = tuple(MEANINGS)
NOTHING_ALLOWS = frozenset(kind for kind, meaning in MEANINGS.items() if meaning.nothing_allows)
PLAINLY_ALLOWED = tuple(kind for kind, meaning in MEANINGS.items() if meaning.is_plainly_allowed)
