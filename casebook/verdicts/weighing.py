"""The picture, the words in it and the names beside it, weighed together: what each carries alone.

Of one image and one brand:
 1. The picture carries a claim alone: an official logo was recognised.
 2. The words in it do, where the place or the words themselves tell what they claim: the brand's name was read whole, and nothing strange
    stands beside it.
 3. The names beside it do, where the place tells: "named, not recognised". One name alone leaves a doubt; two that agree, such as the
    alternative text and the file's name, do not, nor does one beside a picture or words that perhaps show the brand. A name with
    further words ("Acme Dental") leaves one too. The name of a file, or a link, says nothing by itself of a picture that did not come, or
    was exchanged under its address since it was recognised.
 4. What is only perhaps there (a picture that resembles, words with a letter wrong) carries nothing alone.
What contradicts leaves a doubt, and both sides stay:
 5. Names beside it, or the words read in it, are another brand's, and nothing there names this one.
 6. Its alternative text and its file agree on a name that is not the brand's ("liferay" under a match with four squares).
 7. Words were read in a picture that is named only, and they do not say the name; or the picture is recognised as another brand's.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from casebook.verdicts.logo_relations import Relating
from casebook.verdicts.shown_logos import MatchSign, NameSign, ShownLogo, Spot
from ledger.relations import TIES
from ledger.typed_texts import MatchId
from ledger.vocabulary import Evidence, MatchStrength, NameSource, Relation
from matcher.lettering.named_brands import name_key
from matcher.name_matches import shared_name

# so begin the reasons that leave a doubt; the rules ask for them
ONE_NAME_ONLY = "only one thing beside it names the brand"
NAMED_WITH_MORE = "the name stands with further words, which may make it another's"
OTHERWISE_NAMED = "what stands beside it is another's name"
OTHERWISE_RECOGNISED = "the picture is recognised as another brand's"
OTHERWISE_READ = "the words read in it do not say the name"
_WRITTEN = frozenset({NameSource.ALT, NameSource.TITLE, NameSource.LABEL, NameSource.CAPTION})
_MAX_QUOTED = 80
_LEAST_LETTERS = 4  # of a name
_SOURCE_WORDS = {
    NameSource.ALT: "alternative text",
    NameSource.TITLE: "title",
    NameSource.LABEL: "label",
    NameSource.CAPTION: "caption",
    NameSource.FILE: "file",
    NameSource.LINK: "link",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class WeighedSign:
    """One piece of evidence, with the reasons that it adds to those of the place."""

    evidence: Evidence
    match_id: MatchId | None
    tier: str | None
    programme: str | None
    reasons: tuple[str, ...]


def weigh_signs(logo: ShownLogo, related: Relating) -> list[WeighedSign]:
    """Return the evidence that an image gives for a claim to a brand; none where what there is carries nothing."""
    doubts = tuple(_contradictions(logo))
    signs = []
    if logo.picture and logo.picture.strength is MatchStrength.MATCH:
        signs.append(_by_match(Evidence.PICTURE, logo.picture, doubts))
    tells = related.relation in TIES
    if (
        logo.words
        and logo.words.strength is MatchStrength.MATCH
        and (tells or related.relation is Relation.UNSTATED or signs)
    ):
        signs.append(_by_match(Evidence.WORDS, logo.words, (f"read in it: “{logo.words.words}”", *doubts)))
    if sign := _by_names(logo, is_carried=bool(signs), doubts=doubts) if tells or signs else None:
        signs.append(sign)
    return signs


def _by_match(evidence: Evidence, match: MatchSign, reasons: tuple[str, ...]) -> WeighedSign:
    return WeighedSign(
        evidence=evidence, match_id=match.match_id, tier=match.tier, programme=match.programme, reasons=reasons
    )


def _by_names(logo: ShownLogo, *, is_carried: bool, doubts: Sequence[str]) -> WeighedSign | None:
    """is_carried: the picture or its words were recognised."""
    is_only_addressed = not any(name.source in _WRITTEN for name in logo.names) and not is_carried
    if not logo.names or (is_only_addressed and not _is_known_picture(logo.spot)):
        return None
    told = ", ".join(f"{_SOURCE_WORDS[name.source]} “{name.text[:_MAX_QUOTED]}”" for name in logo.names)
    reasons = [f"named{'' if is_carried else ', not recognised'}: {told}"]
    alone = [name for name in logo.names if name.is_alone]
    if not is_carried:
        resembles = next((match for match in (logo.picture, logo.words) if match), None)
        if resembles and resembles.file:
            reasons.append(f"the picture resembles {resembles.file} (score {resembles.score:.2f})")
        if not alone:
            reasons.append(f"{NAMED_WITH_MORE}: “{logo.names[0].text[:_MAX_QUOTED]}”")
        elif not resembles and _independent(alone) < 2:
            reasons.append(f"{ONE_NAME_ONLY}: its {_SOURCE_WORDS[alone[0].source]}")
    return WeighedSign(
        evidence=Evidence.NAME,
        match_id=None,
        tier=next((name.tier for name in alone if name.tier), None),
        programme=next((name.programme for name in alone if name.programme), None),
        reasons=(*reasons, *doubts),
    )


def _is_known_picture(spot: Spot) -> bool:
    """Whether the picture was seen, and is the one that its file was named for, as far as we know."""
    return spot.image_sha256 is not None and not spot.was_exchanged


def _independent(names: Sequence[NameSign]) -> int:
    """How many of the texts, the file and the link name the brand: an alternative text and a title are written together."""
    return len({NameSource.ALT if name.source in _WRITTEN else name.source for name in names})


def _contradictions(logo: ShownLogo) -> Iterator[str]:
    spot = logo.spot
    if logo.words and logo.words.strength is MatchStrength.MATCH:
        return
    is_named = any(name.source is not NameSource.LINK for name in logo.names)
    if spot.other_names and not is_named:
        yield f"{OTHERWISE_NAMED}: {', '.join(spot.other_names)}"
    elif not is_named and (name := shared_name(spot.alt, spot.image_url)) and not _is_of_brand(name, spot):
        yield f"{OTHERWISE_NAMED}: “{name}”"
    is_recognised = logo.picture is not None and logo.picture.strength is MatchStrength.MATCH
    if not is_recognised and spot.other_brands:
        yield f"{OTHERWISE_RECOGNISED}: {', '.join(spot.other_brands)}"
    elif not is_recognised and not logo.words and (strange := _letters(spot.read_lines or ())):
        yield f"{OTHERWISE_READ}: “{strange[:_MAX_QUOTED]}”"


def _letters(lines: Sequence[str | None]) -> str | None:
    """The lines that were read, if there are enough letters in them to be a name."""
    text = " ".join(line for line in lines if line)
    return text if sum(map(str.isalpha, text)) >= _LEAST_LETTERS else None


def _is_of_brand(name: str, spot: Spot) -> bool:
    """Whether a word of a name is one of the brand's names, or of its official files: "azure" of microsoft-azure.svg."""
    own = {name_key(word) for text in (spot.brand_name, *spot.aliases, *spot.official_files) for word in _words(text)}
    return not own.isdisjoint(map(name_key, _words(name)))


def _words(text: str) -> list[str]:
    return "".join(letter if letter.isalnum() else " " for letter in text).split()
