"""A style sheet's text → the rules that say something of images.

1. Scan the text once for comments, strings, `url(…)` and braces: which rules name an image, a place in a sprite or a
   variable that holds an image. Of 126,000 rules in the style sheets of 400 real pages 2 % do.
2. Give only those to tinycss2, which knows what they mean.

`read_all_rules` asks tinycss2 about everything; the tests hold the scan against it.
"""

from __future__ import annotations

import re
import warnings
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from functools import lru_cache
from itertools import islice
from typing import Any  # what tinycss2 gives has no types

import tinycss2

MAX_SHEET_BYTES = 1_000_000
MAX_RULES = 400  # with an image; the largest style sheet of the corpus has 96
MAX_NESTING = 8
_TOKEN = re.compile(
    r"/\*.*?(?:\*/|\Z)|\"(?:[^\"\\\n]|\\.)*\"?|'(?:[^'\\\n]|\\.)*'?|url\(\s*(?![\"'\s])(?:[^)\\]|\\.)*\)?|\\.|[{};]",
    re.S | re.I,
)
_NAMES_IMAGE = re.compile(r"url\(|image-set\(", re.I)
_VARIABLE_WITH_IMAGE = re.compile(r"(?<![\w-])(--[\w-]{1,100})\s{0,9}:[^;}]{0,300}?(?:url|image-set)\(", re.I)
_PLACE = re.compile(r"background(?:-position(?:-[xy])?)?\s{0,9}:[^;}]{0,200}?\dpx", re.I)
_CONDITIONS = frozenset({"media", "supports", "layer", "container", "scope", "document"})
_IMAGE_PROPERTIES = {
    "background": "background",
    "background-image": "background",
    "list-style": "background",
    "list-style-image": "background",
    "border-image": "background",
    "border-image-source": "background",
    "content": "content",
    "mask": "mask",
    "mask-image": "mask",
    "-webkit-mask": "mask",
    "-webkit-mask-image": "mask",
}


@dataclass(frozen=True, slots=True)
class RuleImage:
    """An image that a declaration names: by address, or by the variable that holds it."""

    kind: str  # background, content, mask; or the variable that is given this image
    reference: str = ""
    variable: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class ImageRule:
    """What one rule, or one style attribute, says of images. Lengths are CSS px."""

    selector: str
    images: tuple[RuleImage, ...]
    x: float | None = None  # background-position
    y: float | None = None
    width: float | None = None
    height: float | None = None
    is_scaled: bool = False  # background-size says that CSS px are no px of the image


@lru_cache(maxsize=64)  # many pages share one sheet; a sheet has at most MAX_SHEET_BYTES
def image_variables(text: str) -> frozenset[str]:
    """Return the variables to which a style sheet gives an image."""
    return frozenset(_VARIABLE_WITH_IMAGE.findall(text[:MAX_SHEET_BYTES])) if _NAMES_IMAGE.search(text) else frozenset()


@lru_cache(maxsize=64)
def read_image_rules(text: str, variables: frozenset[str] = frozenset()) -> tuple[ImageRule, ...]:
    """Return the rules of a style sheet that say something of images, at most MAX_RULES, in order.

    variables: those that hold an image in this sheet or another one of the page.
    """
    text = text[:MAX_SHEET_BYTES]
    if not (variables or _NAMES_IMAGE.search(text) or _PLACE.search(text)):
        return ()
    return tuple(islice(_scanned(text, variables), MAX_RULES))


def _scanned(text: str, variables: frozenset[str]) -> Iterator[ImageRule]:
    # of each open block: where its prelude and its content begin, and whether its rules count
    blocks: list[tuple[int, int, bool]] = []
    begin = 0
    for token in _TOKEN.finditer(text):
        sign = token[0]
        if sign == ";":
            # ends a statement such as @import; in a block it ends a declaration
            begin = token.end()
        elif sign == "{":
            counts = not blocks or blocks[-1][2]
            blocks.append((begin, token.end(), counts and _holds_rules(text[begin : token.start()])))
            begin = token.end()
        elif sign == "}":
            begin = token.end()
            if not blocks:
                continue
            prelude_at, content_at, counts = blocks.pop()
            if counts and len(blocks) <= MAX_NESTING:
                yield from _candidate(text, blocks, prelude_at, content_at, token.start(), variables)


def _candidate(
    text: str,
    blocks: list[tuple[int, int, bool]],
    prelude_at: int,
    content_at: int,
    end: int,
    variables: frozenset[str],
) -> Iterator[ImageRule]:
    prelude = text[prelude_at : content_at - 1]
    content = text[content_at:end]
    if _keyword(prelude) is not None or not _may_say(content, variables):
        return
    selector = _serialize_prelude(prelude)
    for outer_at, outer_content_at, _ in reversed(blocks):
        outer = text[outer_at : outer_content_at - 1]
        if _keyword(outer) is None:
            selector = _nest(_serialize_prelude(outer), selector)
    rule = _with_variables(read_declarations(_own_declarations(content), selector), variables)
    if rule.images or rule.x is not None:
        yield rule


def _with_variables(rule: ImageRule, variables: frozenset[str]) -> ImageRule:
    """Return a rule without the variables that hold a colour or the like."""
    images = tuple(image for image in rule.images if not image.variable or image.variable in variables)
    return rule if len(images) == len(rule.images) else replace(rule, images=images)


def _may_say(content: str, variables: frozenset[str]) -> bool:
    if _NAMES_IMAGE.search(content) or _PLACE.search(content):
        return True
    return bool(variables) and "var(" in content and any(name in content for name in variables)


def _own_declarations(content: str) -> str:
    """Return the content of a block without the rules nested in it: those are read as rules of their own."""
    if "{" not in content:
        return content
    parts, depth, begin = [], 0, 0
    for token in _TOKEN.finditer(content):
        if token[0] == "{":
            if depth == 0:
                kept = content[begin : token.start()]
                parts.append(kept[: kept.rfind(";") + 1])
            depth += 1
        elif token[0] == "}" and depth:
            depth -= 1
            begin = token.end() if depth == 0 else begin
    return "".join([*parts, content[begin:] if depth == 0 else ""])


def _nest(outer: str, inner: str) -> str:
    return inner.replace("&", f":is({outer})") if "&" in inner else f":is({outer}) {inner}"


def _keyword(prelude: str) -> str | None:
    start = _serialize_prelude(prelude) if "/*" in prelude else prelude.strip()
    return re.split(r"[^\w-]", start[1:41], maxsplit=1)[0].lower() if start.startswith("@") else None


def _holds_rules(prelude: str) -> bool:
    keyword = _keyword(prelude)
    return keyword is None or (keyword in _CONDITIONS and "print" not in prelude)


def _serialize_prelude(prelude: str) -> str:
    return re.sub(r"/\*.*?\*/", "", prelude, flags=re.S).strip()


def read_declarations(text: str, selector: str = "") -> ImageRule:
    """Return what a declaration list (of a rule, or of a style attribute) says of images."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        declarations = tinycss2.parse_blocks_contents(text[:20_000], skip_comments=True, skip_whitespace=True)
    return _understand(declarations, selector)


def _understand(declarations: Iterable[Any], selector: str) -> ImageRule:
    images: list[RuleImage] = []
    lengths: dict[str, float] = {}
    is_scaled = False
    for declaration in declarations:
        if getattr(declaration, "type", "") != "declaration":
            continue
        name, value = declaration.lower_name, declaration.value
        kind = declaration.name if name.startswith("--") else _IMAGE_PROPERTIES.get(name)
        if kind:
            images += _images_in(value, kind)
        if name in ("background", "background-position", "background-position-x", "background-position-y"):
            lengths |= _position(name, value)
        elif name in ("width", "height") and (length := _first_length(value)) is not None:
            lengths[name] = length
        is_scaled = is_scaled or _scales(name, value)
    return ImageRule(selector=selector, images=tuple(images), is_scaled=is_scaled, **lengths)


def _scales(name: str, tokens: list[Any]) -> bool:
    if name == "background":
        return any(getattr(token, "type", "") == "literal" and token.value == "/" for token in tokens)
    words = [token for token in tokens if getattr(token, "type", "") != "whitespace"]
    return name == "background-size" and any(getattr(token, "lower_value", "") != "auto" for token in words)


def _images_in(tokens: Iterable[Any], kind: str) -> Iterator[RuleImage]:
    for token in tokens:
        sort = getattr(token, "type", "")
        if sort == "url":
            if token.value and not token.value.startswith("#"):
                yield RuleImage(kind, str(token.value))
        elif sort == "function":
            name, arguments = token.lower_name, token.arguments
            texts = [str(a.value) for a in arguments if a.type == "string"]
            if name == "url":
                yield from (RuleImage(kind, text) for text in texts if text and not text.startswith("#"))
            elif name in ("image-set", "-webkit-image-set", "cross-fade"):
                yield from (RuleImage(kind, text) for text in texts if text)
                yield from _images_in(arguments, kind)
            elif name == "var" and not kind.startswith("--"):
                yield from (RuleImage(kind, variable=str(a.value)) for a in arguments if a.type == "ident")
                yield from _images_in(arguments, kind)  # the value for when the variable is not set


def _position(name: str, tokens: list[Any]) -> dict[str, float]:
    """Return x and y of a background position in px: `-10px -20px`, `0 -20px`, `left top`."""
    found: list[float] = []
    for token in tokens:
        sort = getattr(token, "type", "")
        if sort == "literal" and token.value in (",", "/"):  # a size, or the next layer
            break
        if (sort == "dimension" and token.lower_unit == "px") or (sort == "number" and token.value == 0):
            found.append(float(token.value))
        elif sort == "ident" and token.lower_value in ("left", "top"):
            found.append(0.0)
    if name.endswith(("-x", "-y")):
        return {name[-1]: found[0]} if found else {}
    return {"x": found[0], "y": found[1]} if len(found) == 2 else {}


def _first_length(tokens: list[Any]) -> float | None:
    return next(
        (
            float(token.value)
            for token in tokens
            if getattr(token, "type", "") == "dimension" and token.lower_unit == "px"
        ),
        None,
    )


def read_all_rules(text: str, variables: frozenset[str] = frozenset()) -> list[ImageRule]:
    """Return what `read_image_rules` returns, the slow and obvious way: tinycss2 parses all of the sheet."""
    rules = _parsed(tinycss2.parse_stylesheet(text, skip_comments=True, skip_whitespace=True), "")
    read = (_with_variables(rule, variables) for rule in rules)
    return [rule for rule in read if rule.images or rule.x is not None]


def _parsed(rules: Iterable[Any], outer: str) -> Iterator[ImageRule]:
    for rule in rules:
        kind = getattr(rule, "type", "")
        if kind == "at-rule" and rule.content and rule.lower_at_keyword in _CONDITIONS:
            if "print" not in tinycss2.serialize(rule.prelude):
                yield from _parsed(
                    tinycss2.parse_rule_list(rule.content, skip_comments=True, skip_whitespace=True), outer
                )
        elif kind == "qualified-rule":
            selector = tinycss2.serialize(rule.prelude).strip()
            selector = _nest(outer, selector) if outer else selector
            content = tinycss2.parse_blocks_contents(rule.content, skip_comments=True, skip_whitespace=True)
            # the scan reads a rule where it ends: nested ones first
            yield from _parsed([inner for inner in content if inner.type != "declaration"], selector)
            yield _understand(content, selector)
