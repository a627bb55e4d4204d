"""A style sheet's text → the rules that say something of images.

1. Scan the text once for comments, strings, `url(…)` and braces: which rules name an image, a place in a sprite or a
   variable that holds an image. Of 126,000 rules in the style sheets of 400 real pages 2 % do.
2. Give only those to tinycss2, which knows what they mean.

`read_all_rules` asks tinycss2 about everything; the tests hold the scan against it.
"""

from __future__ import annotations

import re
import warnings
from bisect import bisect_left
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from hashlib import blake2b
from itertools import islice
from typing import Any  # what tinycss2 gives has no types

import tinycss2

MAX_SHEET_BYTES = 1_000_000
MAX_RULES = 400  # with an image; the largest style sheet of the corpus has 96
MAX_NESTING = 8
MAX_REMEMBERED = 500  # sheets; a vendor links to three
MAX_LEAD_CHARS = 300
MAX_VARIABLES = 200  # that hold an image and are looked for
_TOKEN = re.compile(
    r"/\*.*?(?:\*/|\Z)|\"(?:[^\"\\\n]|\\.)*\"?|'(?:[^'\\\n]|\\.)*'?|url\(\s*(?![\"'\s])(?:[^)\\]|\\.)*\)?|\\.|[{}]",
    re.S | re.I,
)
_TOKEN_OR_END = re.compile(f"{_TOKEN.pattern}|;", re.S | re.I)
_COMMENT = re.compile(r"/\*.*?(?:\*/|\Z)", re.S)
_KEYWORD = re.compile(r"[^\w-]")
_VARIABLE = re.compile(r"\s*(--[\w-]{1,100})\s*:")
_PLACE = re.compile(r"background-position(?:-[xy])?\s{0,9}:[^;}]{0,200}?\d")
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


def image_variables(text: str) -> frozenset[str]:
    """Return the variables to which a style sheet gives an image."""
    if "--" not in text:
        return frozenset()
    variables = set()
    for mark in _image_marks(text[:MAX_SHEET_BYTES]):
        # what stands between the last sign that ends something and the image: its property
        lead = text[max(0, mark - MAX_LEAD_CHARS) : mark]
        lead = lead[max(lead.rfind(sign) for sign in ";{}/") + 1 :]
        if name := _VARIABLE.match(lead):
            variables.add(name[1])
    return frozenset(variables)


def read_image_rules(text: str, variables: frozenset[str] = frozenset()) -> tuple[ImageRule, ...]:
    """Return the rules of a style sheet that say something of images, at most MAX_RULES, in order.

    variables: those that hold an image in this sheet or another one of the page.
    """
    # many pages share one sheet: what it says is remembered by its digest, so that its text may be forgotten
    key = (blake2b(text.encode("utf-8", "surrogatepass"), digest_size=16).digest(), variables)
    if (known := _remembered.pop(key, None)) is None:
        text = text[:MAX_SHEET_BYTES]
        known = tuple(islice(_scanned(text, variables), MAX_RULES))
    _remembered[key] = known  # the latest asked for comes last
    while len(_remembered) > MAX_REMEMBERED:
        del _remembered[next(iter(_remembered))]
    return known


_remembered: dict[tuple[bytes, frozenset[str]], tuple[ImageRule, ...]] = {}


def _scanned(text: str, variables: frozenset[str]) -> Iterator[ImageRule]:
    marks = _marks(text, variables)
    blocks: list[tuple[int, int]] = []  # of each open block: where its prelude and its content begin
    begin = 0
    for token in _TOKEN.finditer(text):
        if (sign := token[0]) == "{":
            blocks.append((begin, token.end()))
            begin = token.end()
        elif sign == "}":
            begin = token.end()
            if not blocks:
                continue
            prelude_at, content_at = blocks.pop()
            end = token.start()
            mark = bisect_left(marks, content_at)
            if mark < len(marks) and marks[mark] < end and len(blocks) <= MAX_NESTING:
                preludes = [_prelude(text[at : content - 1]) for at, content in [*blocks, (prelude_at, content_at)]]
                yield from _candidate(preludes, text[content_at:end], variables)


def _marks(text: str, variables: frozenset[str]) -> list[int]:
    """Return where the text may say something of images, in order."""
    marks = _image_marks(text)
    marks += [place for place in _places(text, "background-position") if _PLACE.match(text, place)]
    if variables and "var(" in text:
        names = "|".join(map(re.escape, sorted(variables)[:MAX_VARIABLES]))
        marks += [found.start() for found in re.finditer(rf"(?:{names})(?![\w-])", text)]
    return sorted(marks)


def _image_marks(text: str) -> list[int]:
    signs = ("url(", "image-set(", "URL(", "Url(")
    return [place for sign in signs for place in _places(text, sign)]


def _places(text: str, sign: str) -> Iterator[int]:
    # asking for a fixed sign is thirty times as fast as a pattern
    place = text.find(sign)
    while place >= 0:
        yield place
        place = text.find(sign, place + len(sign))


def _candidate(preludes: list[str], content: str, variables: frozenset[str]) -> Iterator[ImageRule]:
    *outer, prelude = preludes
    if prelude.startswith("@") or not all(map(_holds_rules, outer)):
        return
    selector = prelude
    for above in reversed(outer):
        selector = selector if above.startswith("@") else _nest(above, selector)
    rule = _with_variables(read_declarations(_own_declarations(content), selector), variables)
    if rule.images or rule.x is not None:
        yield rule


def _with_variables(rule: ImageRule, variables: frozenset[str]) -> ImageRule:
    """Return a rule without the variables that hold a colour or the like."""
    images = tuple(image for image in rule.images if not image.variable or image.variable in variables)
    return rule if len(images) == len(rule.images) else replace(rule, images=images)


def _own_declarations(content: str) -> str:
    """Return the content of a block without the rules nested in it: those are read as rules of their own."""
    if "{" not in content:
        return content
    parts, depth, begin = [], 0, 0
    for token in _TOKEN.finditer(content):
        if token[0] == "{":
            if depth == 0:
                declarations = content[begin : token.start()]
                parts.append(declarations[: declarations.rfind(";") + 1])
            depth += 1
        elif token[0] == "}" and depth:
            depth -= 1
            begin = token.end() if depth == 0 else begin
    return "".join([*parts, content[begin:] if depth == 0 else ""])


def _nest(outer: str, inner: str) -> str:
    return inner.replace("&", f":is({outer})") if "&" in inner else f":is({outer}) {inner}"


def _holds_rules(prelude: str) -> bool:
    if not prelude.startswith("@"):
        return True
    return _KEYWORD.split(prelude[1:41], maxsplit=1)[0].lower() in _CONDITIONS and "print" not in prelude


def _prelude(text: str) -> str:
    """Return what stands before a block, without comments and without the statement or declaration before it."""
    text = _COMMENT.sub("", text)
    if ";" in text:
        ends = [token.end() for token in _TOKEN_OR_END.finditer(text) if token[0] == ";"]
        text = text[ends[-1] :] if ends else text
    return text.strip()


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
    lengths: list[float] = []
    for token in tokens:
        sort = getattr(token, "type", "")
        if sort == "literal" and token.value in (",", "/"):  # a size, or the next layer
            break
        if (sort == "dimension" and token.lower_unit == "px") or (sort == "number" and token.value == 0):
            lengths.append(float(token.value))
        elif sort == "ident" and token.lower_value in ("left", "top"):
            lengths.append(0.0)
    if name.endswith(("-x", "-y")):
        return {name[-1]: lengths[0]} if lengths else {}
    return {"x": lengths[0], "y": lengths[1]} if len(lengths) == 2 else {}


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
