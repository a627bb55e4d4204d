"""Recognises the labelled images of real pages without a crawl, and counts as the corpus's own score does.

Usage: python -m bench.corpus_images CORPUS [--show N] [--allow-wrong N …] [--words]

CORPUS holds labels.jsonl, images/, brands.json and brands/. Printed: what is found and what is wrong at the threshold
that ships, and at the threshold that would allow so many wrong images. --show names misses and wrong ones. --words reads the words
in every picture too (extra "ocr") and adds a line for picture and words together.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import time
from dataclasses import dataclass, field, replace
from pathlib import Path

from ledger.lexicon import Lexicon
from ledger.vocabulary import MatchStrength
from matcher import LogoMatcher, Refusal, thresholds
from matcher.word_matcher import WordMatcher
from matcher.words.naming import brand_names, domain_names

_FLAGS = ("photo", "unofficial_art", "badge_lockup", "old_logo", "white_on_transparent", "artwork_missing")
_NOT_COUNTED = {"photo", "unofficial_art"}
_KINDS = {
    "all": lambda flags: True,
    "plain": lambda flags: not flags & {"badge_lockup", "old_logo", "artwork_missing"},
    "lock-up": lambda flags: "badge_lockup" in flags,
    "retired": lambda flags: "old_logo" in flags,
    "other drawing": lambda flags: "artwork_missing" in flags,
    "white": lambda flags: "white_on_transparent" in flags,
}


@dataclass(slots=True)
class LabelledImage:
    """An image of one site: an image is judged once a site, whatever pages show it."""

    file: str | None
    label: str
    shows: set[str] = field(default_factory=set)
    flags: set[str] = field(default_factory=set)
    scores: dict[str, float] = field(default_factory=dict)  # of every brand that was compared
    reported: dict[str, float] = field(default_factory=dict)  # of the brands that it is said to show
    named: dict[str, float] = field(default_factory=dict)  # of the brands that words in it name: 1

    def wrong(self) -> tuple[float, str]:
        """Best score of a brand that it does not show."""
        return max(
            ((score, brand) for brand, score in self.scores.items() if brand not in self.shows), default=(-1.0, "")
        )


def read_labels(corpus: Path) -> list[LabelledImage]:
    images: dict[tuple[str, str], LabelledImage] = {}
    for line in (corpus / "labels.jsonl").read_text(encoding="utf-8").splitlines():
        row = json.loads(line)
        if "sha256" not in row or row["label"] == "unseen":
            continue
        image = images.setdefault((row["site"], row["sha256"]), LabelledImage(row.get("file"), row["label"]))
        image.shows.update([row["brand"]] if row["label"] == "brand" else [], row.get("extra_brands", []))
        image.flags.update(flag for flag in _FLAGS if row.get(flag))
    return [image for image in images.values() if not image.flags & _NOT_COUNTED]


OWNERS = {
    "aws": "amazon", "azure": "microsoft", "power-bi": "microsoft", "office-365": "microsoft", "microsoft-365": "microsoft",
    "dynamics-365": "microsoft", "microsoft-teams": "microsoft", "google-cloud": "google", "emc": "dell", "red-hat": "redhat",
}  # fmt: skip  # a product in a label counts as its owner's, as in the corpus's own score


def read_site_labels(corpus: Path) -> dict[tuple[str, str], set[str]]:
    """Site and digest of an image → the brands that it shows, products as their owners."""
    shows: dict[tuple[str, str], set[str]] = {}
    for line in (corpus / "labels.jsonl").read_text(encoding="utf-8").splitlines():
        row = json.loads(line)
        if "sha256" in row and row["label"] != "unseen":
            named = {brand for brand in (row.get("brand"), *row.get("extra_brands", [])) if brand}
            shows.setdefault((row["site"], row["sha256"]), set()).update(OWNERS.get(brand, brand) for brand in named)
    return shows


class WordsOfCorpus:
    """Which brands the words in files surely name, and what reading them took."""

    def __init__(self, corpus: Path) -> None:
        brands = json.loads((corpus / "brands.json").read_text(encoding="utf-8"))
        names = [
            name
            for brand, entry in brands.items()
            for name in (
                *brand_names(brand, entry["name"], entry.get("aliases", ())),
                *domain_names(brand, entry.get("domains", ())),
            )
        ]
        self._matcher = WordMatcher(names, Lexicon.load())
        self._found: dict[str, dict[str, float]] = {}
        self.taken_s: list[float] = []

    def find(self, file: Path) -> dict[str, float]:
        if file.name not in self._found:
            before = _processor_s()
            found = self._matcher.match(file.read_bytes())
            self.taken_s.append(_processor_s() - before)
            sure = () if isinstance(found, Refusal) else found
            self._found[file.name] = {m.naming.brand: 1.0 for m in sure if m.strength is MatchStrength.MATCH}
        return self._found[file.name]


def _processor_s() -> float:
    """Processor time of this process and of its workers, all threads; children that ended do not matter here."""
    taken = time.process_time()
    for child in Path(f"/proc/self/task/{os.getpid()}/children").read_text().split():
        for thread in Path(f"/proc/{child}/task").iterdir():
            taken += int((thread / "schedstat").read_text().split()[0]) / 1e9
    return taken


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("corpus", type=Path)
    parser.add_argument("--show", type=int, default=0)
    parser.add_argument("--allow-wrong", type=int, nargs="*", default=[0, 1, 2, 5])
    parser.add_argument("--words", action="store_true")
    options = parser.parse_args()
    words = WordsOfCorpus(options.corpus) if options.words else None
    images = read_labels(options.corpus)
    matcher = LogoMatcher.from_directory(options.corpus / "brands")
    scores, reported = dict[str, dict[str, float]](), dict[str, dict[str, float]]()
    taken_s = 0.0
    for image in images:
        if image.file and (options.corpus / image.file).is_file():
            if image.file not in scores:
                content = (options.corpus / image.file).read_bytes()
                started = time.perf_counter()
                matches = matcher.match(content).matches
                taken_s += time.perf_counter() - started
                reported[image.file] = {match.brand: match.score for match in matches}
                scores[image.file] = matcher.best_scores(content)
            image.scores, image.reported = scores[image.file], reported[image.file]
            if words is not None:
                image.named = words.find(options.corpus / image.file)
    print(f"{len(scores)} files, {1000 * taken_s / max(1, len(scores)):.1f} ms each")
    brands = set(json.loads((options.corpus / "brands.json").read_text(encoding="utf-8")))
    wrong = sorted((image.wrong()[0] for image in images), reverse=True)
    shipped = [replace(image, scores=image.reported) for image in images]
    count(shipped, brands, thresholds.ACCEPT_SCORE, "as it ships")
    if words is not None:
        together = [replace(image, scores={**image.named, **image.reported}) for image in images]
        count(together, brands, thresholds.ACCEPT_SCORE, "with words")
        alone = [replace(image, scores=image.named) for image in images]
        count(alone, brands, thresholds.ACCEPT_SCORE, "words alone")
        milliseconds = sorted(1000 * taken for taken in words.taken_s[1:])  # the first one starts the engine
        print(
            f"words: {statistics.median(milliseconds):.1f} ms of the processor at the median, {statistics.mean(milliseconds):.0f} in the mean"
        )
        for image in images:
            for brand in sorted(image.named.keys() - image.shows)[: options.show]:
                print(f"words wrong: {brand} in {image.file}, which shows {image.shows or image.label}")
    for allowed in options.allow_wrong:
        count(images, brands, wrong[allowed] + 1e-9, f"{allowed} wrong")
    for image in sorted(images, key=lambda image: -image.wrong()[0])[: options.show]:
        print(
            f"wrong {image.wrong()[0]:.3f} {image.wrong()[1]} in {image.file}, which shows {image.shows or image.label}"
        )
    missed = [
        f"missed {image.scores.get(brand, -1):.3f} {brand} in {image.file} {sorted(image.flags)}"
        for image in images
        for brand in sorted(image.shows & brands)
        if not image.flags & {"old_logo", "artwork_missing"} and image.scores.get(brand, -1) < thresholds.ACCEPT_SCORE
    ]
    print("\n".join(missed[: options.show]))


def count(images: list[LabelledImage], brands: set[str], threshold: float, name: str) -> None:
    """Print found / all of each kind at a threshold."""
    parts = []
    for kind, has in _KINDS.items():
        shown = [(image, brand) for image in images if has(image.flags) for brand in image.shows & brands]
        found = sum(image.scores.get(brand, -1) >= threshold for image, brand in shown)
        parts.append(f"{kind} {found}/{len(shown)}")
    wrong = sum(image.wrong()[0] >= threshold for image in images)
    print(f"{name:12s} threshold {threshold:.3f}: {', '.join(parts)}, wrong {wrong}/{len(images)}")


if __name__ == "__main__":
    main()
