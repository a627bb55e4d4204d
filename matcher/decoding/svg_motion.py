"""A drawing that moves → the drawing as it stands when it has moved: the renderer shows where movements begin.

Logos are faded in, drawn stroke by stroke, or grow out of nothing. A visitor sees the end of that:

1. `<animate>`, `<set>`: where what they begin with hides a shape, it gets what they show most of it.
2. `@keyframes`: rules and style attributes that name them get their last state.
3. What is still all blank is shown without what hides (`reveal`): some movements begin with a script or a pointer.
"""

from __future__ import annotations

import re
import warnings
from collections.abc import Iterator
from typing import Any  # what tinycss2 gives has no types

import tinycss2
from lxml import etree

_HIDES = ("opacity", "fill-opacity", "stroke-opacity", "visibility", "display", "stroke-dashoffset", "transform")
_MAX_STYLE_CHARS = 200_000
_MAX_RULES = 500
_NOTHING = re.compile(r"\s*(?:0*\.?0+%?|hidden|none|collapse)\s*", re.I)
_SCALED_TO_NOTHING = re.compile(r"scale[xy]?\(\s*0*\.?0+(?![\d.])", re.I)
_HIDING = re.compile(
    r"((?:^|[;{\s])(?:fill-|stroke-)?opacity\s*:\s*)0*\.?0+%?(?=\s*(?:[;}!]|$))|((?:^|[;{\s])visibility\s*:\s*)(?:hidden|collapse)",
    re.I,
)
_SIGNS = ("@keyframes", "animation", "<animate", "<set", ":animate", ":set", "transition")


def settle_motion(root: etree._Element) -> None:
    """Give the shapes of a drawing the state that its movements end in."""
    by_id = {name: element for element in root.iter(etree.Element) if (name := element.get("id"))}
    last: dict[str, dict[str, str]] = {}
    styles = [element for element in root.iter(etree.Element) if _local(element) == "style" and element.text]
    for style in styles:
        for name, state in _keyframes(str(style.text)[:_MAX_STYLE_CHARS]):
            last.setdefault(name, {}).update(state)
    for style in styles if last else ():
        style.text = f"{style.text}\n{_ends(str(style.text)[:_MAX_STYLE_CHARS], last)}"
    for element in list(root.iter(etree.Element)):
        if _local(element) in ("animate", "set", "animatetransform"):
            _settle(element, by_id)
        elif last and "animation" in (style_text := element.get("style") or ""):
            element.set("style", style_text + "".join(f";{name}:{value}" for name, value in _end_of(style_text, last)))


def moves(content: bytes) -> bool:
    """Tell whether a drawing has movements of any kind."""
    text = content.decode("utf-8", "replace").lower()
    return any(sign in text for sign in _SIGNS)


def reveal(root: etree._Element) -> None:
    """Show what a drawing hides by opacity or visibility."""
    for element in root.iter(etree.Element):
        for name in ("opacity", "fill-opacity", "stroke-opacity", "visibility"):
            if _NOTHING.fullmatch(element.get(name) or ""):
                del element.attrib[name]
        if "transform" in element.attrib and _SCALED_TO_NOTHING.search(element.get("transform") or ""):
            del element.attrib["transform"]
        if style := element.get("style"):
            element.set("style", _HIDING.sub(_shown, style))
        if _local(element) == "style" and element.text:
            element.text = _HIDING.sub(_shown, str(element.text))


def _shown(hiding: re.Match[str]) -> str:
    return f"{hiding[1]}1" if hiding[1] else f"{hiding[2]}visible"


def _settle(motion: etree._Element, by_id: dict[str, etree._Element]) -> None:
    href = next((str(value) for name, value in motion.attrib.items() if str(name).endswith("href")), "")
    target = by_id.get(href[1:]) if href.startswith("#") else motion.getparent()
    is_transform = _local(motion) == "animatetransform"
    name = "transform" if is_transform else motion.get("attributeName") or ""
    if target is None or name not in _HIDES:
        return
    states = [*(motion.get("values") or "").split(";"), motion.get("to") or ""]
    states = [state.strip() for state in states if state.strip()]
    if is_transform and motion.get("type") != "scale":
        return
    shown = next((state for state in reversed(states) if not _NOTHING.fullmatch(state)), None)
    if name == "stroke-dashoffset":  # a line that is drawn: its end is an offset of nothing
        shown = states[-1] if states else None
    if shown is None:
        return
    if is_transform:
        if _SCALED_TO_NOTHING.search(target.get("transform") or "") or (motion.get("from") or states[0]).startswith(
            "0"
        ):
            target.set("transform", f"scale({shown})")
        return
    style = target.get("style") or ""
    is_hidden = _NOTHING.fullmatch(target.get(name) or "") or re.search(rf"(?:^|;)\s*{name}\s*:", style)
    if is_hidden or name == "stroke-dashoffset":
        target.set(name, shown)
        if style:
            target.set("style", f"{style};{name}:{shown}")


def _keyframes(text: str) -> Iterator[tuple[str, dict[str, str]]]:
    """Yield each animation of a style sheet with its last state of what may hide a shape."""
    if "keyframes" not in text:
        return
    for rule in _rules(text):
        if rule.type != "at-rule" or not rule.lower_at_keyword.endswith("keyframes") or not rule.content:
            continue
        name = tinycss2.serialize(rule.prelude).strip().strip("\"'")
        state: dict[str, tuple[float, str]] = {}
        for frame in tinycss2.parse_rule_list(rule.content, skip_comments=True, skip_whitespace=True)[:_MAX_RULES]:
            if frame.type == "qualified-rule":
                at = _last_share(tinycss2.serialize(frame.prelude))
                for declaration in _declarations(frame.content):
                    known = state.get(declaration.lower_name)
                    value = tinycss2.serialize(declaration.value).strip()
                    if declaration.lower_name in _HIDES and (known is None or at >= known[0]):
                        # what ends hidden was seen before: a wall that shows one logo after the other
                        state[declaration.lower_name] = known if known and _NOTHING.fullmatch(value) else (at, value)
        yield name, {name: value for name, (_, value) in state.items()}


def _last_share(prelude: str) -> float:
    shares = [100.0 if part.strip() == "to" else 0.0 for part in prelude.split(",") if part.strip() in ("from", "to")]
    shares += [float(number) for number in re.findall(r"(\d{1,3}(?:\.\d{1,6})?)%", prelude)]
    return max(shares, default=0.0)


def _ends(text: str, last: dict[str, dict[str, str]]) -> str:
    """Rules that give what is animated its last state, to stand behind the others."""
    rules = []
    for rule in _rules(text):
        if rule.type == "qualified-rule":
            ends = list(_end_of(tinycss2.serialize(rule.content), last))
            if ends:
                body = ";".join(f"{name}:{value}" for name, value in ends)
                rules.append(f"{tinycss2.serialize(rule.prelude).strip()}{{{body}}}")
    return "\n".join(rules)


def _end_of(declarations: str, last: dict[str, dict[str, str]]) -> Iterator[tuple[str, str]]:
    """Yield what the animations that a block of declarations names end in."""
    for declaration in _declarations(declarations):
        if declaration.lower_name in ("animation", "animation-name", "-webkit-animation", "-webkit-animation-name"):
            for token in declaration.value:
                if token.type in ("ident", "string") and token.value in last:
                    yield from last[token.value].items()


def _rules(text: str) -> list[Any]:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        rules: list[Any] = tinycss2.parse_stylesheet(text, skip_comments=True, skip_whitespace=True)
    return rules[:_MAX_RULES]


def _declarations(content: Any) -> list[Any]:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        parsed = tinycss2.parse_blocks_contents(content, skip_comments=True, skip_whitespace=True)
    return [part for part in parsed if part.type == "declaration"]


def _local(element: etree._Element) -> str:
    return etree.QName(element).localname.lower()
