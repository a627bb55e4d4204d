"""Claim against register as of a date: the rules, in words and in order.

Without the register:
 1. own-property: the site belongs to the brand itself.
 2. disclaimed: all that the vendor says of the brand is that there is no relation.
 3. not-a-partnership-claim: the mark is a social icon, a payment mark, an app-store badge, a sign-in button, a review
    widget, the software a site is made with, or stands among press mentions.
 4. not-a-partnership-claim: nothing around the logo says why it stands in the page's frame or in a news article, or it
    stands in a person's biography.
 5. undetermined: nothing around the logo says why it stands in the page's main part; a person has to look.

By the register; each hit gives an outcome, and the one that is best for the vendor decides:
 6. undetermined: the brand has no register that was known at the time.
 7. authorised: a grant to the vendor itself, found by domain or identifier, is valid on the day and covers the claim.
 8. group-member: a company of the vendor's group holds such a grant; whether it extends to the vendor, a person decides.
 9. undetermined: only the name agrees with a grant that is valid on the day, or a relative's valid grant covers less;
    a person decides.
10. not-a-partnership-claim: the vendor names the brand as customer, sponsor, investor or as technology that it uses,
    and no grant covers that: a register of partners does not say who buys from whom.
11. undetermined: a wall of logos of which nothing says what they are.
12. undetermined: the claim rests on weak logos only, which nothing beside them names, or on pages that could not be seen whole.
13. undetermined: the vendor contradicts itself: its words also say that there is no relation, or none any more. Both stay, a person reads them.
14. undetermined: all that claims it leaves a doubt: of who says what of whom, or of whose logo is shown. What a picture, the words in it,
    a name beside it and the text of the page carry alone, casebook/verdicts/weighing.py and matcher/words/certainty.py say.
15. undetermined: the register names a company whose name is the same but for its legal form, its spelling or a word of trade.
16. template: the logo came with a page template, or the wall was copied: unrelated vendors show the same one.
17. exceeds-grant: the vendor's own grant is valid on the day, for less than is claimed.
18. lapsed: the vendor's own grants have ended by the day.
19. not-yet: the vendor's own grants begin only after the day.
20. no-authorisation: nothing in the register allows it; the search record says what was tried.

Since the best hit decides, one more grant never makes a verdict worse. Tiers, programmes and marks are held against the vendor as
far as its pages still show them (casebook/verdicts/facts.py) and as far as they can be compared (casebook/verdicts/grant_limits.py).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from operator import attrgetter

from casebook.register.search import Hit, SearchResult
from casebook.register.search_terms import EQUAL_CORE
from casebook.verdicts.facts import ClaimFacts
from casebook.verdicts.grant_limits import describe_grant, find_gaps
from casebook.verdicts.objections import find_objections
from ledger.domains import belongs_to
from ledger.relations import MEANINGS
from ledger.typed_texts import IsoDate
from ledger.vocabulary import Relation, VerdictKind

RULES_VERSION = "5"
# of 23,370 drawings that are nobody's, as much like the official one as what was found: a match that more strangers share
# proves little by itself. On the corpus 97 of 98 right matches have none or one.
WEAK_STRANGERS = 3
MAX_CLOSE = 5
MAX_DOUBTS = 3  # told of a verdict


@dataclass(frozen=True, slots=True, kw_only=True)
class Judgement:
    """A verdict with the rule that gave it, its reasons, the rules that nearly decided, and what speaks against it."""

    verdict: VerdictKind
    rule: int
    reasons: tuple[str, ...]
    close: tuple[str, ...]
    objections: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Outcome:
    rule: int
    verdict: VerdictKind
    reasons: tuple[str, ...]


def needs_search(facts: ClaimFacts) -> bool:
    """Tell whether the register has to be asked at all (rules 6 to 20)."""
    return _judge_without_register(facts) is None


def judge_claim(facts: ClaimFacts, search: SearchResult | None, as_of: IsoDate) -> Judgement:
    """Return the verdict on a claim as of a date (ISO). search: None only when needs_search() is false."""
    outcome = _judge_without_register(facts)
    close: tuple[str, ...] = ()
    if outcome is None:
        outcomes = sorted(_judge_by_register(facts, search, as_of), key=attrgetter("rule"))
        outcome = outcomes[0]
        close = tuple(
            f"rule {other.rule}, {other.verdict}: {other.reasons[0]}" for other in outcomes[1 : MAX_CLOSE + 1]
        )
    return Judgement(
        verdict=outcome.verdict,
        rule=outcome.rule,
        reasons=(*outcome.reasons, *_dating(facts, as_of)),
        close=close,
        objections=find_objections(facts, search, as_of),
    )


def _judge_without_register(facts: ClaimFacts) -> _Outcome | None:
    relation = facts.relation
    not_a_claim = VerdictKind.NOT_A_PARTNERSHIP_CLAIM
    if relation is Relation.OWN or belongs_to(facts.vendor_domain, facts.brand_domains):
        return _outcome(1, VerdictKind.OWN_PROPERTY, "the page stands at a domain of the brand")
    if relation is Relation.DENIED:
        return _outcome(2, VerdictKind.DISCLAIMED, "the vendor denies a relation in words")
    if no_claim := MEANINGS[relation].no_claim:
        return _outcome(3, not_a_claim, no_claim)
    if relation is Relation.INCIDENTAL:
        if not facts.is_in_main_part:
            return _outcome(4, not_a_claim, "a logo in the page's frame, and nothing around it says why")
        if facts.is_in_biography:
            return _outcome(4, not_a_claim, "the logo of an earlier employer in a person's biography")
        if facts.is_in_news:
            return _outcome(4, not_a_claim, "a logo in a news article, and nothing around it says why")
        return _outcome(5, VerdictKind.UNDETERMINED, "a logo in the page's main part, and nothing around it says why")
    return None


def _judge_by_register(facts: ClaimFacts, search: SearchResult | None, as_of: IsoDate) -> list[_Outcome]:
    if search is None or not search.has_register:
        return [_outcome(6, VerdictKind.UNDETERMINED, "the brand has no register to search")]
    outcomes = [outcome for hit in search.hits if (outcome := _judge_hit(facts, hit, as_of))]
    for rule in (_other_tie, _unstated, _hardly_seen, _contradicted, _doubtful, _template):
        outcomes += [outcome] if (outcome := rule(facts)) else []
    outcomes += [outcome] if (outcome := _same_but_for_form(search)) else []
    outcomes.append(
        _outcome(
            20,
            VerdictKind.NO_AUTHORISATION,
            f"no authorisation on record: {search.record.grants_searched} grants searched as of {as_of},"
            " none that allows it to this vendor or its group",
            *_ended_by_name(search, as_of),
        )
    )
    return outcomes


def _judge_hit(facts: ClaimFacts, hit: Hit, as_of: IsoDate) -> _Outcome | None:
    grant = hit.grant
    described = describe_grant(grant)
    is_own = hit.basis in ("domain", "identifier")
    if not hit.is_valid_on(as_of):
        if not is_own:
            return None  # neither reading of it would allow the claim on the day
        if grant.valid_until is not None and grant.valid_until <= as_of:
            return _outcome(18, VerdictKind.LAPSED, f"{described} ended on {grant.valid_until}, by {hit.via}")
        return _outcome(19, VerdictKind.NOT_YET, f"{described} begins only on {grant.valid_from}, by {hit.via}")
    gaps = [str(gap) for gap in find_gaps(facts, grant)]
    if is_own:
        if gaps:
            return _outcome(17, VerdictKind.EXCEEDS_GRANT, *gaps, f"{described} is valid on {as_of}, by {hit.via}")
        return _outcome(7, VerdictKind.AUTHORISED, f"{described} is valid on {as_of}, by {hit.via}")
    if hit.basis == "group" and not gaps:
        return _outcome(
            8, VerdictKind.GROUP_MEMBER, f"a company of the vendor's group holds it: {described}, by {hit.via}"
        )
    if hit.basis == "group":
        return _outcome(9, VerdictKind.UNDETERMINED, f"a company of the vendor's group holds less: {described}", *gaps)
    what = "only a part of the domain" if hit.via.startswith("domain") else "only the name"
    return _outcome(9, VerdictKind.UNDETERMINED, f"{what} agrees, a person has to decide: {described}", *gaps)


def _ended_by_name(search: SearchResult, as_of: IsoDate) -> Iterator[str]:
    """Tell of grants that only the name finds and that had ended: they allow nothing on the day, and may be the vendor's."""
    for hit in search.hits:
        if hit.basis == "name" and hit.grant.valid_until is not None and hit.grant.valid_until <= as_of:
            yield f"a grant that only the name finds ended on {hit.grant.valid_until}: {describe_grant(hit.grant)}"


def _other_tie(facts: ClaimFacts) -> _Outcome | None:
    words = MEANINGS[facts.relation].other_tie
    return _outcome(10, VerdictKind.NOT_A_PARTNERSHIP_CLAIM, words) if words else None


def _unstated(facts: ClaimFacts) -> _Outcome | None:
    if facts.relation is not Relation.UNSTATED:
        return None
    return _outcome(11, VerdictKind.UNDETERMINED, "a wall of logos, and nothing says what they are to the vendor")


def _hardly_seen(facts: ClaimFacts) -> _Outcome | None:
    if facts.has_text:
        return None
    is_weak = facts.fewest_strangers is not None and facts.fewest_strangers >= WEAK_STRANGERS
    if is_weak and not facts.is_corroborated:
        return _outcome(
            12,
            VerdictKind.UNDETERMINED,
            f"weak logo: at least {facts.fewest_strangers} unrelated drawings are as much like the official one",
        )
    if facts.was_hardly_seen:
        return _outcome(12, VerdictKind.UNDETERMINED, "every page that shows it needs a browser to be seen whole")
    return None


def _contradicted(facts: ClaimFacts) -> _Outcome | None:
    if facts.denials and facts.denials[0].is_of_the_time:
        denial = facts.denials[0]
        whom = "" if denial.names_brand else "of every brand, "
        sentence = denial.sentence
    elif facts.past_sentences:
        whom, sentence = "that it is over, ", facts.past_sentences[0]
    else:
        return None
    return _outcome(13, VerdictKind.UNDETERMINED, f"the vendor contradicts itself; it also says {whom}“{sentence}”")


def _doubtful(facts: ClaimFacts) -> _Outcome | None:
    if not facts.doubts:
        return None
    what = "what claims it leaves a doubt" if facts.has_logo else "only words claim it, and they leave a doubt"
    return _outcome(14, VerdictKind.UNDETERMINED, what, *facts.doubts[:MAX_DOUBTS])


def _same_but_for_form(search: SearchResult) -> _Outcome | None:
    same = [miss for miss in search.record.near_misses if miss.get("grade") == EQUAL_CORE]
    if not same:
        return None
    reasons = (f"{miss['company']}: {miss['why_refused']}" for miss in same[:MAX_DOUBTS])
    return _outcome(15, VerdictKind.UNDETERMINED, *reasons)


def _template(facts: ClaimFacts) -> _Outcome | None:
    if facts.template_vendors == 0 or facts.has_text:
        return None
    return _outcome(
        16,
        VerdictKind.TEMPLATE,
        f"{facts.template_vendors} unrelated vendors show the same wall of logos in the same order: it came with a"
        " page template or was copied",
    )


def _outcome(rule: int, verdict: VerdictKind, *reasons: str) -> _Outcome:
    return _Outcome(rule=rule, verdict=verdict, reasons=reasons)


def _dating(facts: ClaimFacts, as_of: IsoDate) -> tuple[str, ...]:
    """What dates the claim: it says of something that it is, which had ended by the day."""
    retired = (f"shows the retired logo {logo}, which can't be current" for logo in facts.retired_logos)
    abolished = (
        f"claims the tier {tier}, which was abolished on {day}: it can't be current"
        for tier in facts.tiers
        if (day := facts.tier_list.abolished(tier, as_of))
    )
    return (*retired, *abolished)
