"""Images that only the page's data names: JSON from which scripts draw the page, and files loaded ahead.

Reads: `<script type="application/json">`, `__NEXT_DATA__` and the like; `<link rel="preload" as="image">`. Gives: addresses of
images. What stands in JSON is taken only where a key says logo, partner, client or the like: most images there are
photographs of other pages. JSON-LD and meta tags speak to machines and are left out: no visitor sees their images.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass

from crawler.images.image_addresses import IMAGE_PATH, MAX_ADDRESS_CHARS
from crawler.page.outline import Outline
from crawler.page.page import attribute

MAX_JSON_CHARS = 2_000_000
MAX_NODES = 50_000
MAX_IMAGES = 300
MAX_DEPTH = 40
_PARTNERISH = re.compile(
    r"partner|client|customer|logo|brand|alliance|reseller|sponsor|supplier|vendor|member|certif|trusted|integration|kunden"
    r"|referen|aliad|cliente|parten|hezuo|kehu",
    re.I,
)
_ASSIGNED = re.compile(
    r"(?:\b(?:var|let|const)\s+\w{1,60}|(?:window|self|globalThis)\s*(?:\.\s*\w{1,60}|\[\s*[\"']\w{1,60}[\"']\s*\]))\s*=\s*(?=[{\[])"
)
_SCRIPTS = frozenset({"", "text/javascript", "application/javascript", "module"})
_LABEL_KEYS = ("alt", "name", "title", "label", "company", "altText", "alternativeText")


@dataclass(frozen=True, slots=True)
class StateImage:
    place: int  # the script
    reference: str
    label: str | None  # the name beside it
    keys: str  # how to get there, as words of a section


def find_state_images(outline: Outline) -> Iterator[StateImage]:
    """Yield the images under keys of partners and the like in the page's JSON, at most MAX_IMAGES."""
    left = [MAX_NODES, MAX_IMAGES]
    for place, tag in enumerate(outline.tags):
        if tag.name != "script" or tag.get("src") or left[1] <= 0:
            continue
        for text in _json_texts((attribute(tag, "type") or "").lower(), str(tag.string or "")[:MAX_JSON_CHARS]):
            try:
                data = json.JSONDecoder().raw_decode(text)[0]
            except (ValueError, RecursionError):
                continue
            for image in _images_in(data, left):
                left[1] -= 1
                yield StateImage(place, *image)
                if left[1] <= 0:
                    return


def find_preloads(outline: Outline) -> Iterator[tuple[int, str]]:
    """Yield the images that the head loads ahead, with their element."""
    for place, tag in enumerate(outline.tags):
        is_preload = (
            tag.name == "link" and attribute(tag, "as") == "image" and "preload" in (attribute(tag, "rel") or "")
        )
        if is_preload and (reference := attribute(tag, "href")):
            yield place, reference


def _json_texts(kind: str, text: str) -> Iterator[str]:
    if kind in ("application/json", "text/json", "application/vnd.drupal-settings-json") or kind.endswith("+json"):
        if kind != "application/ld+json":
            yield text.strip()
    elif kind in _SCRIPTS and (assignment := _ASSIGNED.search(text[:2_000])):
        yield text[assignment.end() :]


def _images_in(data: object, left: list[int]) -> Iterator[tuple[str, str | None, str]]:
    """Walk JSON without recursion: (value, path of keys, label beside it)."""
    pending: list[tuple[object, tuple[str, ...], str | None]] = [(data, (), None)]
    while pending and left[0] > 0:
        left[0] -= 1
        value, path, label = pending.pop()
        if isinstance(value, dict) and len(path) < MAX_DEPTH:
            beside = next((v for k in _LABEL_KEYS if isinstance(v := value.get(k), str) and v), label)
            pending += [(child, (*path, str(key)[:60]), beside) for key, child in reversed(value.items())]
        elif isinstance(value, list) and len(path) < MAX_DEPTH:
            pending += [(child, path, label) for child in reversed(value[:MAX_NODES])]
        elif isinstance(value, str) and len(value) < MAX_ADDRESS_CHARS and IMAGE_PATH.search(value):
            keys = [key for key in path if _PARTNERISH.search(key)]
            is_address = " " not in value.strip() and "<" not in value
            if is_address and (keys or _PARTNERISH.search(value.rpartition("/")[2])):
                yield value.strip(), label[:500] if label else None, " ".join(keys)
