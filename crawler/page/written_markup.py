"""Markup that stands in a page as text, and that a browser makes a part of it: frames given in an attribute, what scripts write.

Reads: the parsed tree. Writes: into it, so that whatever reads the page reads this too.

1. `<iframe srcdoc="…">` holds a document: its body stands in the frame.
2. `document.write("…")` puts what it is given beside the script; strings joined by `+`, escaped ones and variables of the same
   script that hold strings are read, what is computed counts as empty.
3. `getElementById("…").innerHTML = "…"`, `$("#…").html("…")` and their like put it into the element of that id. Of these only
   markup with pictures counts: what else scripts keep ready is mostly messages that nobody sees.

Nothing is executed.
"""

from __future__ import annotations

import re
import warnings
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice
from urllib.parse import unquote

from bs4 import BeautifulSoup, MarkupResemblesLocatorWarning, Tag

MAX_FRAMES = 20  # of a page
MAX_SCRIPTS = 200  # of a page that are searched
MAX_SCRIPT_CHARS = 200_000
MAX_WRITTEN_CHARS = 200_000  # of a page, by scripts and frames together
MAX_DEPTH = 3  # frames in frames
MAX_VARIABLES = 300  # of a script
MAX_CALLS = 50
MAX_TOKENS = 2_000  # of an expression: without a limit many that never end would cost their product
_DROPPED = ("script", "base", "meta", "link", "title", "noscript")
_PICTURE = re.compile(r"<(?:img|picture|svg|image|amp-img|object)\b|url\(", re.I)
_CALL = re.compile(
    r"""document\s*\.\s*(?P<write>writeln|write)\s*\(
    |getElementById\s*\(\s*["'](?P<id>[^"']{1,80})["']\s*\)\s*(?:\.\s*(?:innerHTML|outerHTML)\s*\+?=|\.\s*insertAdjacentHTML\s*\()
    |(?:\$|jQuery|querySelector)\s*\(\s*["']\#(?P<hash>[\w-]{1,80})["']\s*\)\s*
     \.\s*(?:html\s*\(|append\s*\(|prepend\s*\(|innerHTML\s*\+?=|insertAdjacentHTML\s*\()""",
    re.X,
)
_VARIABLE = re.compile(r"(?:\b(?:var|let|const)\s+|[;{}\n,]\s*)([A-Za-z_$][\w$]{0,60})\s*(\+?=)(?![=>])")
# comments and strings, and the signs at which an expression goes on or ends
_TOKEN = re.compile(
    r"(?P<comment>/\*.*?(?:\*/|\Z)|//[^\n]*)"
    r"|(?P<string>\"(?:[^\"\\\n]|\\.)*\"|'(?:[^'\\\n]|\\.)*'|`(?:[^`\\]|\\.)*`)"
    r"|(?P<name>[A-Za-z_$][\w$]*)|(?P<sign>[()\[\]{};,\n?:+])",
    re.S,
)
_ESCAPE = re.compile(r"\\(?:u\{([0-9a-fA-F]{1,6})\}|u([0-9a-fA-F]{4})|x([0-9a-fA-F]{2})|(\r\n|.))", re.S)
_SIGNS = {"n": "\n", "r": "\r", "t": "\t", "b": "", "f": "", "v": "", "0": "", "\n": "", "\r\n": ""}
_FILLED_IN = re.compile(r"\$\{\s*([A-Za-z_$][\w$]*)?[^}]*\}")
_UNICODE_PERCENT = re.compile(r"%u([0-9a-fA-F]{4})")
_DECODERS = frozenset({"unescape", "decodeURIComponent", "decodeURI"})


@dataclass(slots=True)
class _Room:
    """How much may still be written into one page."""

    chars: int = MAX_WRITTEN_CHARS
    frames: int = MAX_FRAMES


def lay_in_written_markup(soup: BeautifulSoup, *, is_drawn: bool = False) -> None:
    """Put the markup that stands in frames and scripts where a visitor sees it. is_drawn: a browser has run the scripts."""
    room = _Room()
    _lay_in_frames(soup, room, 0)
    if is_drawn:
        return
    for script in soup.find_all("script", limit=MAX_SCRIPTS):
        if isinstance(script, Tag) and script.string and not script.get("src"):
            _lay_in_script(soup, script, room)


def _lay_in_frames(part: Tag, room: _Room, depth: int) -> None:
    for frame in part.find_all("iframe", srcdoc=True, limit=MAX_FRAMES):
        text = frame.get("srcdoc") if isinstance(frame, Tag) else None
        if not isinstance(text, str) or room.frames <= 0 or len(text) > room.chars:
            continue
        room.frames -= 1
        room.chars -= len(text)
        inner = _parsed(text)
        if depth < MAX_DEPTH:
            _lay_in_frames(inner, room, depth + 1)
        frame.clear()
        frame.append(_part_of_page(inner, "div"))


def _lay_in_script(soup: BeautifulSoup, script: Tag, room: _Room) -> None:
    beside = script
    for written in read_written(str(script.string)[:MAX_SCRIPT_CHARS]):
        if len(written.markup) > room.chars:
            return
        room.chars -= len(written.markup)
        part = _part_of_page(_parsed(written.markup), "span")
        if written.element_id is None:
            beside.insert_after(part)
            beside = part
        elif isinstance(target := soup.find(id=written.element_id), Tag):
            target.append(part)


def _parsed(markup: str) -> BeautifulSoup:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", MarkupResemblesLocatorWarning)
        return BeautifulSoup(f"<body>{markup}" if "<body" not in markup[:2_000].lower() else markup, "lxml")


def _part_of_page(markup: BeautifulSoup, name: str) -> Tag:
    """Return the body of a document as an element of a page, with its style sheets, without what would run or load."""
    for dropped in markup.find_all(_DROPPED):
        dropped.extract()
    part = markup.body.extract() if markup.body else markup.new_tag(name)
    for style in markup.find_all("style"):  # those of the head are left
        part.insert(0, style.extract())
    part.name = name
    return part


@dataclass(frozen=True, slots=True)
class Written:
    """Markup that a script writes. element_id: into which element; None: beside the script."""

    markup: str
    element_id: str | None


def read_written(script: str) -> Iterator[Written]:
    """Yield the markup that a script writes with strings of its own, in order."""
    if not ("document" in script or "HTML" in script or "$(" in script or "jQuery" in script):
        return
    blanked = _without_comments(script)
    if not (calls := list(islice(_CALL.finditer(blanked), MAX_CALLS))):
        return
    variables = _variables(blanked)
    for call in calls:
        markup = _text_of(blanked, call.end(), variables, is_argument=call[0].rstrip().endswith("("))
        element_id = call["id"] or call["hash"]
        if call["write"] and ("<" in markup or markup.strip()):
            yield Written(markup, None)
        elif element_id and _PICTURE.search(markup):
            # what stands before the markup is the place of insertAdjacentHTML
            yield Written(re.sub(r"^(?:beforebegin|afterbegin|beforeend|afterend)", "", markup), element_id)


def _without_comments(script: str) -> str:
    """Return a script with blanks for its comments, so that what is switched off is not read; places stay."""
    return _TOKEN.sub(lambda token: " " * len(token[0]) if token["comment"] else token[0], script)


def _variables(script: str) -> dict[str, str]:
    """Return the variables that are given strings, with what they hold in the end."""
    variables: dict[str, str] = {}
    for named in islice(_VARIABLE.finditer(script), MAX_VARIABLES):
        text = _text_of(script, named.end(), variables, is_argument=False)
        before = variables.get(named[1], "") if named[2] == "+=" else ""
        variables[named[1]] = (before + text)[:MAX_WRITTEN_CHARS]
    return {name: text for name, text in variables.items() if text}


def _text_of(script: str, begin: int, variables: dict[str, str], *, is_argument: bool) -> str:
    """Return the text of an expression: its strings and the variables known, joined. is_argument: it ends with its bracket."""
    parts: list[str] = []
    depth = 1 if is_argument else 0
    decoding: list[int] = []  # depths at which a decoder was called
    name, chars = "", 0
    for token in islice(_TOKEN.finditer(script, begin), MAX_TOKENS):
        if token["string"]:
            text = _unquoted(token["string"], variables)
            text = _percent_decoded(text) if decoding else text
        elif token["name"]:
            name = token["name"]
            text = variables.get(name, "")
        else:
            text, sign = "", token["sign"] or ""
            if sign and sign in "([{":
                depth += 1
                if sign == "(" and name in _DECODERS:
                    decoding.append(depth)
            elif sign and sign in ")]}":
                if decoding and decoding[-1] == depth:
                    decoding.pop()
                depth -= 1
                if depth < (1 if is_argument else 0):
                    break
            elif _ends_statement(script, token, depth):
                break
            name = ""
        chars += len(text)
        if chars > MAX_WRITTEN_CHARS:
            break
        parts.append(text)
    return "".join(parts)


def _ends_statement(script: str, sign: re.Match[str], depth: int) -> bool:
    """Tell whether a sign ends an expression that is open `depth` brackets deep; a line's end does not in the midst of a sum."""
    if depth > 0:
        return False
    if sign["sign"] == "\n":
        before, after = script[: sign.start()].rstrip()[-1:], script[sign.end() : sign.end() + 200].lstrip()[:1]
        return depth == 0 and not (before in "+(=" or after in "+.)")
    return sign["sign"] == ";" or (depth == 0 and sign["sign"] == ",")


def _unquoted(literal: str, variables: dict[str, str]) -> str:
    text = literal[1:-1]
    if literal[0] == "`":
        text = _FILLED_IN.sub(lambda name: variables.get(name[1] or "", ""), text)
    return _ESCAPE.sub(_escaped, text)


def _escaped(match: re.Match[str]) -> str:
    if code := match[1] or match[2] or match[3]:
        number = int(code, 16)
        return chr(number) if number < 0xD800 or 0xDFFF < number < 0x110000 else ""
    return _SIGNS.get(match[4], match[4])


def _percent_decoded(text: str) -> str:
    return unquote(_UNICODE_PERCENT.sub(lambda code: _escaped_unicode(code[1]), text), errors="replace")


def _escaped_unicode(code: str) -> str:
    number = int(code, 16)
    return "" if 0xD800 <= number <= 0xDFFF else chr(number)
