"""What each relation means, one row a relation: whether it is a partnership, may be granted, what it covers, and its words.

Whoever adds a relation to ledger/vocabulary.py adds its row here, and its words to data/letters/*.toml when it may be granted:
tests/ledger/test_relations.py holds the list, the views and the letters against each other.
"""

from __future__ import annotations

from dataclasses import dataclass

from ledger.vocabulary import Relation


@dataclass(frozen=True, slots=True, kw_only=True)
class RelationMeaning:
    """One relation. words: as a sentence has it, "shows itself as {words} of Acme".

    is_partnership: the vendor says that it does business with the brand's leave.
    is_tie: it says something of the two companies, so that a denial contradicts it.
    may_be_granted: a register may have it.
    covers: relations that a grant of this one allows besides itself. A partner may call itself whatever its programme makes of partners.
    no_claim: why the mark stands there without claiming anything (rule 3); None: it claims something, or rules of its own decide.
    other_tie: what the vendor claims instead of a partnership (rule 10); None: nothing.
    """

    words: str
    is_partnership: bool = False
    is_tie: bool = False
    may_be_granted: bool = False
    covers: frozenset[Relation] = frozenset()
    no_claim: str | None = None
    other_tie: str | None = None


def _partnership(words: str, *covers: Relation) -> RelationMeaning:
    return RelationMeaning(words=words, is_partnership=True, is_tie=True, may_be_granted=True, covers=frozenset(covers))


def _other_tie(words: str, other_tie: str) -> RelationMeaning:
    return RelationMeaning(words=words, is_tie=True, may_be_granted=True, other_tie=other_tie)


def _no_claim(words: str, no_claim: str) -> RelationMeaning:
    return RelationMeaning(words=words, no_claim=no_claim)


R = Relation
MEANINGS: dict[Relation, RelationMeaning] = {
    R.PARTNER: _partnership("partner", R.CERTIFICATION, R.MEMBER, R.TECHNOLOGY),
    R.RESELLER: _partnership("reseller", R.DISTRIBUTOR, R.SUPPLIER, R.PARTNER),
    R.DISTRIBUTOR: _partnership("distributor", R.RESELLER, R.SUPPLIER, R.PARTNER),
    R.CUSTOMER: _other_tie("customer", "the vendor shows the brand as its customer"),
    R.SUPPLIER: _partnership("supplier"),
    R.TECHNOLOGY: _other_tie("technology", "the vendor shows the brand as a technology that it uses"),
    R.MEMBER: _partnership("member"),
    R.CERTIFICATION: _partnership("certified"),
    R.SPONSOR: _other_tie("sponsor", "the vendor shows the brand as a sponsor"),
    R.INVESTOR: _other_tie("investor", "the vendor shows the brand as an investor"),
    R.PRESS: _no_claim("press", "the mark stands among news or press"),
    R.DENIED: RelationMeaning(words="denied"),
    R.SOCIAL: _no_claim("a social icon", "the mark is a social icon"),
    R.PAYMENT: _no_claim("a payment mark", "the mark is a payment mark"),
    R.APP_STORE: _no_claim("an app-store badge", "the mark is an app-store badge"),
    R.SIGN_IN: _no_claim("a sign-in button", "the mark stands on a sign-in button"),
    R.REVIEW_WIDGET: _no_claim("a review widget", "the mark belongs to a review widget"),
    R.SOFTWARE_USED: _no_claim(
        "the software that the site is made with", "the mark names the software that the site is made with"
    ),
    R.TEMPLATE_FILLER: RelationMeaning(words="template-filler"),
    R.OWN: RelationMeaning(words="its own"),
    R.UNSTATED: RelationMeaning(words="one of a wall of logos without a word on why", is_tie=True),
    R.INCIDENTAL: RelationMeaning(words="a mark without a word on why"),
}
PARTNERSHIPS = frozenset(relation for relation, meaning in MEANINGS.items() if meaning.is_partnership)
TIES = frozenset(relation for relation, meaning in MEANINGS.items() if meaning.is_tie)
GRANTABLE = tuple(relation for relation, meaning in MEANINGS.items() if meaning.may_be_granted)


def covers_relation(granted: Relation, claimed: Relation) -> bool:
    """Tell whether a granted relation allows a claimed one. A wall of logos that says nothing claims no more than any tie."""
    return claimed is granted or claimed is Relation.UNSTATED or claimed in MEANINGS[granted].covers
