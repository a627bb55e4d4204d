"""Small sites, one for each way to embed an image: what expected.json lists is sighted, and nothing else.

A folder of tests/sites/ is a site as it would be served. expected.json: `story`, and `sightings`, one line for each in the
order of the page. `image` is a path of the site, an address, or "inline"; `original` the hidden original's path; lines with
equal `twin` share a group, of which different ones differ (null: no twin). Other keys are fields of ledger.records.Sighting.

Tests: crawler/images/embedded.py, crawler/images/attribute_values.py, crawler/images/stylesheets.py,
crawler/images/sprite_files.py, crawler/images/script_state.py, crawler/page/written_markup.py.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any
from urllib.parse import unquote

import pytest

from crawler.images.sightings import extract_sightings
from crawler.images.sprite_files import is_drawing
from crawler.images.stylesheets import Sheet, decode_sheet, imported_urls, part_urls
from crawler.page.page import parse_page
from ledger.records import Sighting

ORIGIN = "https://www.hallamquay.example"
SITES = [
    path.parent
    for path in sorted((Path(__file__).parents[1] / "sites").glob("*/expected.json"))
    if "sightings" in json.loads(path.read_text(encoding="utf-8"))
]


def read_sheet(folder: Path, url: str, sheets: dict[str, Sheet]) -> None:
    file = folder / url.removeprefix(f"{ORIGIN}/")
    if url in sheets or not file.is_file():
        return
    sheets[url] = sheet = Sheet(url, decode_sheet(file.read_bytes()))
    for imported in () if is_drawing(sheet.text) else imported_urls(sheet.text, url):
        read_sheet(folder, imported, sheets)


def read_site(folder: Path, lexicon) -> tuple[Sighting, ...]:
    document = parse_page((folder / "index.html").read_bytes(), f"{ORIGIN}/", "text/html")
    sheets: dict[str, Sheet] = {}
    for url in part_urls(document):
        read_sheet(folder, url, sheets)
    return extract_sightings(document, sheets.values(), lexicon, page_id="P", visit_id="V").sightings


def as_listed(sighting: Sighting, line: dict[str, Any]) -> dict[str, Any]:
    """The fields of a sighting that a line of expected.json speaks of, as it writes them."""
    fields: dict[str, Any] = {}
    for key, listed in line.items():
        if key == "image":
            address = (sighting.image_url or "inline").removeprefix(ORIGIN)
            fields[key] = address if "%" in listed else unquote(address)
        elif key == "original":
            fields[key] = (sighting.original_url or "").removeprefix(ORIGIN)
        elif key == "box":
            fields[key] = list(sighting.box) if sighting.box else None
        elif key == "twin":
            fields[key] = listed if (sighting.twin_group is None) == (listed is None) else sighting.twin_group
        else:
            fields[key] = getattr(sighting, key)
    return fields


@pytest.mark.parametrize("folder", SITES, ids=lambda folder: folder.name)
def test_each_way_to_embed_an_image_is_sighted(folder, lexicon):
    lines = json.loads((folder / "expected.json").read_text(encoding="utf-8"))["sightings"]
    sightings = read_site(folder, lexicon)
    listed = [as_listed(sighting, line) for sighting, line in zip(sightings, lines, strict=False)]
    assert listed == lines
    assert len(sightings) == len(lines), [s.image_url for s in sightings]
    groups: dict[str, set[str | None]] = {}
    for sighting, line in zip(sightings, lines, strict=True):
        if line.get("twin"):
            groups.setdefault(line["twin"], set()).add(sighting.twin_group)
    assert all(len(found) == 1 for found in groups.values())
    assert len(set.union(set(), *groups.values())) == len(groups)


def test_there_are_sites_enough():
    assert len(SITES) >= 30
