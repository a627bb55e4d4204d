"""What a redacted export needs beside the texts: pictures with the outlined regions painted over, and copies that say what they are."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from casebook.dossier.dossier import Dossier, LogoExhibit
from casebook.dossier.findings import Finding
from casebook.export.redacted_pictures import grey_picture, paint_over
from casebook.export.redaction import Redaction
from casebook.export.redaction_list import Outline, RedactionList
from ledger.database import Ledger
from ledger.records import Render

_PICTURES = ("official", "found", "overlay", "image")
_OF_THE_PAGE = ("found", "overlay", "image")


@dataclass(kw_only=True)
class RedactedCopy:
    """A redaction under way. counts: rows, records and log entries in which something was blanked."""

    redaction: Redaction
    ticked: RedactionList
    dossier: Dossier
    counts: Counter[str] = field(default_factory=Counter)

    def row(self, sealed: dict[str, Any]) -> dict[str, Any]:
        """Return a row with its proof as an export shows it: of one that is changed the digest as sealed."""
        values = self.redaction.value(sealed["values"])
        if values == sealed["values"]:
            return sealed
        self.counts["rows"] += 1
        return sealed | {"values": values, "redacted": True}

    def log_entry(self, entry: dict[str, Any]) -> dict[str, Any]:
        """Return an entry of the custody log; its digests stay, so that the chain can be checked."""
        redacted: dict[str, Any] = self.redaction.value(entry)
        if redacted == entry:
            return entry
        self.counts["log_entries"] += 1
        return redacted | {"redacted": True}

    def pages(self, folder: Path) -> None:
        """Blank the pages of ours that lie in a folder."""
        for path in folder.rglob("*.html"):
            path.write_text(self.redaction.page(path.read_text(encoding="utf-8")), encoding="utf-8")

    @property
    def about(self) -> dict[str, Any]:
        """What manifest.json, READ-ME.html and the custody log say."""
        return {
            "list_sha256": self.ticked.sha256,
            "texts": len(self.ticked.texts),
            "outlines": len(self.ticked.outlines),
            **{what: self.counts[what] for what in ("rows", "records", "log_entries")},
        }


def redact_exhibits(
    folder: Path, ledger: Ledger, finding: Finding, dossier: Dossier, drawn: Sequence[Render], ticked: RedactionList
) -> RedactedCopy:
    """Paint over what was outlined in the exhibits of a folder; returns how everything else is to be redacted.

    drawn: renders, in the order of their exhibits. Errors: BadInputError with every mistake of the list.
    """
    pngs = {path.relative_to(folder).as_posix(): path.read_bytes() for path in sorted(folder.glob("exhibits/*.png"))}
    boxes = ticked.boxes(pngs)
    pictures: dict[str, bytes] = {}
    for name in boxes:
        twin = (
            name.replace("-logo-found", "-logo-overlay")
            if "-found" in name
            else name.replace("-logo-overlay", "-logo-found")
        )
        for painted in {name, twin}:  # of one size and of the same region
            (folder / painted).write_bytes(
                paint_over(pngs[painted], [*boxes[name], *(boxes.get(twin, []) if twin != name else [])])
            )
    logos, number = [], 0
    for logo in dossier.logos:
        if logo.pictures is not None:
            number += 1
            own: dict[str, list[Outline]] = {
                what: boxes.get(f"exhibits/{number:02}-logo-{what}.png", []) for what in _PICTURES
            }
            if any(own[what] for what in _OF_THE_PAGE):
                # where in the vendor's file that is, is not known to the pixel: a copy of it is withheld as a whole
                pictures[logo.logo.image_sha256] = grey_picture(pngs[f"exhibits/{number:02}-logo-image.png"])
            logo = _painted(logo, own)  # noqa: PLW2901
        logos.append(logo)
    named = []
    for image in dossier.named:
        if image.picture_png is not None:
            number += 1
            name = f"exhibits/{number:02}-named-image.png"
            if boxes.get(name) and image.image.image_sha256:
                pictures[image.image.image_sha256] = grey_picture(pngs[name])
            image = replace(image, picture_png=paint_over(image.picture_png, boxes.get(name, [])))  # noqa: PLW2901
        named.append(image)
    for place, render in enumerate(drawn, number + 1):
        name = f"exhibits/{place:02}-page-as-drawn.png"
        if name in boxes and render.screenshot_sha256:
            pictures[render.screenshot_sha256] = (folder / name).read_bytes()
    country = ledger.value(
        "SELECT s.country FROM claims c JOIN seeds s ON s.seed_id = c.seed_id WHERE c.claim_id = ?",
        [finding.claim_id],
    )
    redaction = Redaction(texts=ticked.texts, country=country, pictures=pictures)
    return RedactedCopy(
        redaction=redaction, ticked=ticked, dossier=replace(dossier, logos=tuple(logos), named=tuple(named))
    )


def _painted(logo: LogoExhibit, boxes: Mapping[str, Sequence[Outline]]) -> LogoExhibit:
    pictures = logo.pictures
    if pictures is None or not any(boxes.values()):
        return logo
    alike = [*boxes["found"], *boxes["overlay"]]  # all three are as large as each other, and of the same region
    painted = replace(
        pictures,
        official_png=paint_over(pictures.official_png, boxes["official"]),
        found_png=paint_over(pictures.found_png, alike),
        overlay_png=paint_over(pictures.overlay_png, alike),
        difference_png=paint_over(pictures.difference_png, alike),
        whole_png=paint_over(pictures.whole_png, boxes["image"]),
    )
    return replace(logo, pictures=painted)
