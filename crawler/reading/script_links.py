"""Links that no anchor holds: menus that a script makes, a page's JSON state, switches of language."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator

from bs4 import Tag

from crawler.page.page import attribute

MAX_SCRIPT_CHARS = 1_000_000
MAX_JSON_CHARS = 3_000_000
MAX_PATHS = 500
MAX_VALUES = 50_000  # of one JSON state that are looked through
_PATH = r"(?:https?://[^\s\"'`<>\\]{4,200}|/[\w\-./%~]{1,120}|[\w\-]+(?:/[\w\-]+)*\.(?:html?|php|aspx?|jsp))"
_QUOTED = re.compile(rf"[\"'`]({_PATH})[\"'`]")
_LABELS = ("name", "title", "label", "text", "headline", "linkText", "menuTitle", "anchor")
_ADDRESSES = ("url", "href", "path", "link", "to", "slug", "uri", "permalink", "pathname", "route", "@id")
_ADDRESS = re.compile(_PATH)
_SWITCH = re.compile(r"(lang|locale|sprache|idioma|langue)", re.I)
_CODE = re.compile(r"['\"(=/]?\b([a-z]{2})(?:[-_][A-Za-z]{2,4})?\b['\")/]?")


def quoted_paths(script: str) -> Iterator[str]:
    """Yield what a script writes in quotes that has the form of an address or a path, each once."""
    seen: set[str] = set()
    for match in _QUOTED.finditer(script[:MAX_SCRIPT_CHARS]):
        path = match[1]
        if path not in seen and len(seen) < MAX_PATHS:
            seen.add(path)
            yield path


def json_links(text: str) -> Iterator[tuple[str, str]]:
    """Yield address and label of what a page's JSON holds: `__NEXT_DATA__`, JSON-LD and the like."""
    if len(text) > MAX_JSON_CHARS:
        return
    try:
        data = json.loads(text)
    except (ValueError, RecursionError):
        return
    yield from _walk(data)


def _walk(data: object) -> Iterator[tuple[str, str]]:
    waiting, looked = [data], 0
    yielded = 0
    while waiting and looked < MAX_VALUES and yielded < MAX_PATHS:
        value = waiting.pop()
        looked += 1
        if isinstance(value, dict):
            label = next((value[key] for key in _LABELS if isinstance(value.get(key), str)), "")
            for key in _ADDRESSES:
                address = value.get(key)
                if isinstance(address, str) and _ADDRESS.fullmatch(address):
                    yielded += 1
                    yield address, label
            waiting.extend(value.values())
        elif isinstance(value, list):
            waiting.extend(value)


def language_switches(tag: Tag) -> Iterator[str]:
    """Yield the path of another language's home page, where a switch names the language and no address."""
    for name, named in tag.attrs.items():  # data-ms-path="ms/index.html"
        if (
            isinstance(named, str)
            and re.fullmatch(r"data-[a-z]{2}-(path|url|href)", name)
            and _ADDRESS.fullmatch(named)
        ):
            yield named
    if tag.name not in ("a", "button", "li", "span", "option", "div"):
        return
    for name in ("onclick", "data-lang", "data-language", "data-locale"):
        value = attribute(tag, name) if name in tag.attrs else None
        if not value or len(value) > 100:
            continue
        is_switch = name != "onclick" or _SWITCH.search(value)
        code = _CODE.search(value[value.find("(") + 1 :] if name == "onclick" else value)
        if is_switch and code:
            yield f"/{code[1]}/"
