"""Usage rules of an official logo, as a brand's guide has them: what a shown mark is held against (casebook/verdicts/mark_findings.py)."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, fields


@dataclass(frozen=True, slots=True, kw_only=True)
class UsageRules:
    """Sizes in px of the mark as shown; clear_space: share of the mark's height that stays free on each side;
    allowed_colours: #rrggbb, none = any. None = the guide does not say."""

    min_width_px: int | None = None
    min_height_px: int | None = None
    clear_space: float | None = None
    allowed_colours: tuple[str, ...] = ()

    def over(self, general: UsageRules) -> UsageRules:
        """These rules, and the general ones where these say nothing."""
        return UsageRules(
            **{field.name: getattr(self, field.name) or getattr(general, field.name) for field in fields(self)}
        )

    def as_dict(self) -> dict[str, object]:
        """What is said, by key: the form in which the database keeps it."""
        stated = {field.name: getattr(self, field.name) for field in fields(self)}
        return {key: list(value) if isinstance(value, tuple) else value for key, value in stated.items() if value}

    def describe(self) -> tuple[str, ...]:
        """One phrase for each rule, for a reader."""
        phrases = []
        if self.min_width_px:
            phrases.append(f"at least {self.min_width_px} px wide")
        if self.min_height_px:
            phrases.append(f"at least {self.min_height_px} px high")
        if self.clear_space:
            phrases.append(f"clear space of {self.clear_space:g} of its height")
        if self.allowed_colours:
            phrases.append(f"in {', '.join(self.allowed_colours)} only")
        return tuple(phrases)


def read_usage(stored: str) -> UsageRules:
    """Rules from the JSON of official_logos.usage; keys that this version does not know are left out."""
    stated: Mapping[str, object] = json.loads(stored or "{}")
    known = {field.name: stated[field.name] for field in fields(UsageRules) if field.name in stated}
    if "allowed_colours" in known:
        known["allowed_colours"] = tuple(map(str, known["allowed_colours"]))  # type: ignore[call-overload]  # a JSON list
    return UsageRules(**known)  # type: ignore[arg-type]  # written by as_dict
