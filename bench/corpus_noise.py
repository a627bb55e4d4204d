"""How often noise is labelled right on the corpus: python -m bench.corpus_noise CORPUS DATABASE [--show N]

CORPUS: the folder with labels.jsonl. DATABASE: of a finished crawl of its sites (vendor = site), read with the program
as it is (`partnerproof sightings`). Printed, each as right/all, over labelled images on pages that were read:

  own logo     the vendor's own logos that are labelled own-logo
  social       icons of social networks (and application stores, which the corpus counts among them) labelled as such
  third party  logos of partners, clients, badges that are labelled noise: wrong ones
  tech stack   logos of technologies that are labelled noise: wrong ones
  other        pictures that are no logo and are labelled as some noise: nothing is lost where they are not

An image in a page is found by its digest; drawings in the page, which the labels number, by that number.
"""

from __future__ import annotations

import argparse
import collections
import json
import sqlite3
from pathlib import Path
from urllib.parse import unquote

SIGHTINGS = """
SELECT g.found_by, g.ordinal, g.image_url, g.noise, g.noise_reason, g.link_url, p.url, s.vendor,
       coalesce(g.inline_sha256, l.content_sha256) AS sha256
FROM sightings g JOIN pages p ON p.page_id = g.page_id JOIN visits v ON v.visit_id = p.visit_id
JOIN seeds s ON s.seed_id = v.seed_id LEFT JOIN looks l ON l.look_id = g.look_id AND l.outcome = 'looked'
ORDER BY p.page_id, g.rowid"""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("corpus", type=Path)
    parser.add_argument("database", type=Path)
    parser.add_argument("--show", type=int, default=0, help="list up to N wrong ones of each kind")
    options = parser.parse_args()
    database = sqlite3.connect(f"file:{options.database}?mode=ro", uri=True)
    database.row_factory = sqlite3.Row
    pages: dict[tuple[str, str], list[sqlite3.Row]] = collections.defaultdict(list)
    for row in database.execute(SIGHTINGS):
        path = row["url"].split("://", 1)[-1].partition("/")[2].split("?")[0].split("#")[0]
        for name in {path, f"{path}index.html", f"{path}/index.html", f"{path}.html"}:
            pages[row["vendor"], name].append(row)
    counts: dict[str, list[int]] = {
        name: [0, 0] for name in ("own logo", "social", "third party", "tech stack", "other")
    }
    wrong: dict[str, list[str]] = collections.defaultdict(list)
    for line in (options.corpus / "labels.jsonl").read_text(encoding="utf-8").splitlines():
        label = json.loads(line)
        kind, rows = _kind(label), _rows_of(label, pages.get((label["site"], label["page"]), []))
        if kind is None or not rows:
            continue
        noises = {row["noise"] for row in rows}
        is_right = {"own logo": "own-logo" in noises, "social": bool(noises & {"social", "app-badge"})}.get(
            kind, None not in noises
        )
        counts[kind][0] += is_right
        counts[kind][1] += 1
        if is_right == (kind in ("third party", "tech stack")):
            wrong[kind].append(
                f"{label['site']} {label['page']} {label['image']}: {rows[0]['noise']}, {rows[0]['noise_reason']}"
            )
    for kind, (right, of) in counts.items():
        print(f"{kind:12s} {right:5d} / {of:5d}  {100 * right / of if of else 0:5.1f} %")
    for kind, lines in wrong.items():
        for text in lines[: options.show]:
            print(f"{kind}: {text}")


def _kind(label: dict[str, object]) -> str | None:
    if label.get("own"):
        return "own logo"
    if label["context"] == "social":
        return "social"
    if label["label"] in ("brand", "other"):
        if label["context"] in ("partner", "client", "badge", "award"):
            return "third party"
        return "tech stack" if label["context"] == "tech-stack" else None
    return "other" if label["label"] == "none" else None


def _rows_of(label: dict[str, object], rows: list[sqlite3.Row]) -> list[sqlite3.Row]:
    image = str(label["image"])
    if image.startswith("inline-svg:"):
        drawings = [row for row in rows if row["found_by"] in ("inline-svg", "svg-use")]
        number = int(image.partition(":")[2])
        found = drawings[number : number + 1]
        if label.get("link") and found and not _same_link(found[0]["link_url"], str(label["link"])):
            found = [row for row in drawings if _same_link(row["link_url"], str(label["link"]))]
        return found
    if label.get("sha256"):
        return [row for row in rows if row["sha256"] == label["sha256"]]
    name = image.removeprefix("css:").rsplit("/", 1)[-1].split("#")[0]
    return [
        row for row in rows if row["image_url"] and unquote(row["image_url"]).rsplit("/", 1)[-1].split("?")[0] == name
    ]


def _same_link(link: str | None, other: str) -> bool:
    return link is not None and link.split("://")[-1].rstrip("/") == other.rsplit("://", maxsplit=1)[-1].rstrip("/")


if __name__ == "__main__":
    main()
