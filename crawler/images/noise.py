"""Sighting → what it is when it is surely no logo that says something about another company, and which words say so.

Reads: what stands in and around an image; data/noise.toml. Gives: a kind of noise with its reason, or None. Labelled
images stay: whoever doubts a label sees the reason. The first rule that holds decides:

1. It stands in a consent tool: cookie-banner.
2. Its link leads to an application store, or it is called like one: app-badge.
3. Its link leads to a social network and it does not name somebody else, or it is called like a network and stands
   where such icons stand (header, navigation, footer, a group called "social"): social.
4. It is called like a means of payment and stands in a footer or a group of such: payment.
5. It links to the home page from the head of the page, or is called like the vendor, or is a logo without a name in
   the head or foot of the page: own-logo.
6. It is a placeholder of one pixel, or called like one: decoration.
7. It is called a flag, or like a country in a language menu: flag.
8. It is called an avatar: avatar.
9. It is called like a sign (arrow, check mark), or is a small drawing without words: icon.
10. It is the background of a block and is called one: decoration.

Under a heading of partners, clients and the like only rules 1, 3 with both link and name, 5 with the vendor's name, 6 and
the signs of 9 hold: a small or nameless drawing there is as likely a logo as a large one.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from urllib.parse import unquote, urlsplit

from crawler.images.noise_words import NoiseWords
from ledger.lexicon import split_words
from ledger.vocabulary import FoundBy, Noise, SectionKind

# what such a section shows are logos of others
LOGO_SECTIONS = frozenset(
    {
        SectionKind.PARTNERS,
        SectionKind.RESELLERS,
        SectionKind.CLIENTS,
        SectionKind.SUPPLIERS,
        SectionKind.TECHNOLOGY,
        SectionKind.CERTIFICATIONS,
        SectionKind.MEMBERS,
        SectionKind.SPONSORS,
    }
)
ICON_SIDE_PX = 40  # of width or height as written; the smallest labelled logo that is a drawing in the page has 48
MIN_SHORT_NAME_CHARS = 5
MIN_NAME_CHARS = 3  # of a vendor's name that is looked for in file names
_EDGES = frozenset({"header", "nav", "footer"})
_DRAWN = frozenset({FoundBy.INLINE_SVG, FoundBy.SVG_USE, FoundBy.CSS_MASK})
_STYLED = frozenset({FoundBy.CSS_BACKGROUND, FoundBy.INLINE_STYLE, FoundBy.CSS_CONTENT})
_PLACEHOLDERS = frozenset({"spacer", "blank", "pixel", "placeholder", "loader", "loading", "spinner", "preloader"})
_GLUED = re.compile(r"(?<=\w{3})(?<!cata)(?<!dia)(?=(?:logo|name|logotype)\b)|(?<=\blogo)(?=\w{3})")
_HOME = re.compile(r"/?(?:[a-z]{2}(?:[-_][a-z]{2})?/?)?(?:(?:index|home|default)\.\w{3,5})?$", re.I)


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """What the rules ask of an image. Names are words in small letters, as split_words gives them."""

    found_by: FoundBy
    file_name: str  # of its address
    label: str  # alt, title, aria-label
    own_names: str  # class and id of the element and of its link
    group_names: tuple[str, ...]  # class and id of what it stands in, nearest first
    link_url: str | None
    is_link_inside: bool  # the link stays on the page (#…)
    zone: str
    section_kind: SectionKind
    is_section_by_heading: bool
    width_px: float | None
    height_px: float | None
    is_hidden: bool  # from those who listen to the page

    @property
    def names(self) -> str:
        return f"{self.file_name} {self.label}".strip()

    @property
    def stands_among_logos(self) -> bool:
        return self.section_kind in LOGO_SECTIONS


@dataclass(frozen=True, slots=True)
class Judgement:
    noise: Noise
    reason: str


class NoiseJudge:
    """Judges the images of one page. own_names: what the vendor calls itself there, as said by title and host."""

    def __init__(self, words: NoiseWords, page_url: str, own_names: Iterable[str]) -> None:
        self.words = words
        self.host = (urlsplit(page_url).hostname or "").removeprefix("www.")
        named = list(own_names)
        self.own_names = sorted({compact for name in named if len(compact := _compact(name)) >= MIN_NAME_CHARS})
        # "Acme Software Corporation" is Acme, where no logos of others stand
        first = {_compact(name.split()[0]) for name in named if len(name.split()) > 1}
        self.short_names = frozenset(name for name in first if len(name) >= MIN_SHORT_NAME_CHARS)

    def judge(self, seen: Seen) -> Judgement | None:
        """Return what kind of noise an image is, with the reason; None when it may be anyone's logo."""
        rules = (
            self._cookie_banner,
            self._app_badge,
            self._social,
            self._payment,
            self._own_logo,
            self._placeholder,
            self._flag,
            self._avatar,
            self._icon,
            self._decoration,
        )
        return next((judgement for rule in rules if (judgement := rule(seen))), None)

    def _cookie_banner(self, seen: Seen) -> Judgement | None:
        for names in seen.group_names:
            if word := self.words.group(Noise.COOKIE_BANNER, names):
                return Judgement(Noise.COOKIE_BANNER, f"stands in “{names[:80]}” (“{word}”)")
        return None

    def _app_badge(self, seen: Seen) -> Judgement | None:
        if seen.stands_among_logos and seen.is_section_by_heading:
            return None
        if domain := self.words.domain(Noise.APP_BADGE, seen.link_url):
            return Judgement(Noise.APP_BADGE, f"links to {domain}")
        if seen.section_kind is SectionKind.APP_STORE or seen.zone in _EDGES:
            word = self.words.is_only(Noise.APP_BADGE, seen.file_name) or self.words.is_only(
                Noise.APP_BADGE, seen.label
            )
            if word:
                return Judgement(Noise.APP_BADGE, f"is called “{word}”")
        return None

    def _social(self, seen: Seen) -> Judgement | None:
        domain = self.words.domain(Noise.SOCIAL, seen.link_url)
        word = self._network(seen)
        group = next((hit for names in seen.group_names if (hit := self.words.group(Noise.SOCIAL, names))), None)
        # a drawing without any name that leads to a network from the foot of the page is that network's icon
        is_nameless = seen.zone == "footer" and not seen.label and not seen.file_name
        is_among_logos = seen.stands_among_logos and seen.is_section_by_heading
        if is_among_logos and not (domain and (word or is_nameless)):
            return None
        if domain and (word or group or seen.found_by in _DRAWN or not self._names_somebody(seen)):
            return Judgement(Noise.SOCIAL, f"links to {domain}" + (f" and is called “{word}”" if word else ""))
        if word and (
            seen.zone in _EDGES or group or seen.found_by in _DRAWN or seen.section_kind is SectionKind.SOCIAL
        ):
            where = f"a group called “{group}”" if group else f"the {seen.zone}"
            return Judgement(Noise.SOCIAL, f"is called “{word}” and stands in {where}")
        if group and seen.section_kind is SectionKind.SOCIAL and not seen.is_section_by_heading:
            return Judgement(Noise.SOCIAL, f"stands in a group called “{group}”")
        return None

    def _network(self, seen: Seen) -> str | None:
        for names in (seen.file_name, seen.label, seen.own_names):
            word = self.words.is_only(Noise.SOCIAL, names)
            # "medium" is a network and a size: such a name counts where the link says so too
            if word and (word not in self.words.ordinary or self.words.domain(Noise.SOCIAL, seen.link_url)):
                return word
        if seen.found_by in _DRAWN and not seen.label and not seen.stands_among_logos:
            words = [word for names in seen.group_names[:2] for word in names.split()]
            return next((word for word in words if word in self.words.networks), None)
        return None

    def _names_somebody(self, seen: Seen) -> bool:
        host = (urlsplit(seen.link_url or "").hostname or "").split(".")
        return any(word for word in self.words.telling(seen.names) if word not in host)

    def _payment(self, seen: Seen) -> Judgement | None:
        if seen.stands_among_logos and seen.is_section_by_heading:
            return None
        group = next((hit for names in seen.group_names if (hit := self.words.group(Noise.PAYMENT, names))), None)
        word = self.words.is_only(Noise.PAYMENT, seen.file_name) or self.words.is_only(Noise.PAYMENT, seen.label)
        if word and (group or seen.zone in _EDGES or seen.section_kind is SectionKind.PAYMENT):
            return Judgement(Noise.PAYMENT, f"is called “{word}” and stands in {group or seen.zone}")
        if group and seen.section_kind is SectionKind.PAYMENT and not seen.is_section_by_heading:
            return Judgement(Noise.PAYMENT, f"stands in a group called “{group}”")
        return None

    def _own_logo(self, seen: Seen) -> Judgement | None:
        own = self._own_name(seen)
        leads_home = self._leads_home(seen)
        leads_away = bool(seen.link_url) and not leads_home and not self._is_own_host(seen.link_url)
        says_logo = self.words.hit(Noise.OWN_LOGO, seen.names) or self.words.group(Noise.OWN_LOGO, seen.own_names)
        if leads_away or (seen.stands_among_logos and seen.is_section_by_heading and not own):
            return None
        if leads_home and (seen.zone in ("header", "nav") or own) and not self.words.sign(seen.names):
            return Judgement(Noise.OWN_LOGO, f"links to the home page from the {seen.zone}")
        if leads_home and says_logo:
            return Judgement(Noise.OWN_LOGO, f"links to the home page and says “{says_logo}”")
        if own and (says_logo or seen.zone in _EDGES or own == _compact("".join(self.words.telling(seen.file_name)))):
            return Judgement(Noise.OWN_LOGO, f"is called like the vendor (“{own}”)")
        if says_logo and not seen.stands_among_logos:
            group = next(
                (hit for names in seen.group_names[:2] if (hit := self.words.group(Noise.OWN_LOGO, names))), ""
            )
            is_nameless = not any(len(word) > 1 for word in self.words.telling(seen.names))
            if is_nameless and (seen.zone in _EDGES or self.words.hit(Noise.OWN_LOGO, seen.file_name)):
                return Judgement(Noise.OWN_LOGO, f"a logo without a name in the {seen.zone}")
            if group and seen.zone in ("header", "nav"):
                return Judgement(Noise.OWN_LOGO, f"stands in “{group}” in the {seen.zone}")
        return None

    def _own_name(self, seen: Seen) -> str | None:
        for names in (seen.file_name, seen.label):
            compact = _compact("".join(self.words.telling(names)))
            if len(compact) < MIN_NAME_CHARS:
                continue
            if compact in self.short_names and not seen.stands_among_logos:
                return compact
            for own in self.own_names:
                if own == compact or (len(own) <= 2 * len(compact) and len(compact) >= 4 and own.startswith(compact)):
                    return own
                if len(own) >= 5 and compact.startswith(own):
                    return own
        return None

    def _leads_home(self, seen: Seen) -> bool:
        if seen.is_link_inside:
            return seen.zone in ("header", "nav") and seen.link_url is not None
        return self._is_own_host(seen.link_url) and _HOME.fullmatch(urlsplit(seen.link_url or "").path) is not None

    def _is_own_host(self, url: str | None) -> bool:
        return url is not None and (urlsplit(url).hostname or "").removeprefix("www.") == self.host

    def _placeholder(self, seen: Seen) -> Judgement | None:
        if seen.width_px is not None and seen.height_px is not None and max(seen.width_px, seen.height_px) <= 3:
            return Judgement(Noise.DECORATION, f"{seen.width_px:g}×{seen.height_px:g} px")
        word = self.words.is_only(Noise.DECORATION, seen.file_name)
        if word in _PLACEHOLDERS:
            return Judgement(Noise.DECORATION, f"the file is called “{word}”")
        if not seen.stands_among_logos:
            for names in seen.group_names[:3]:
                if word := self.words.group(Noise.DECORATION, names):
                    return Judgement(Noise.DECORATION, f"stands in “{word}”")
        return None

    def _flag(self, seen: Seen) -> Judgement | None:
        if seen.stands_among_logos:
            return None
        if word := self.words.hit(Noise.FLAG, f"{seen.file_name} | {seen.own_names}"):
            return Judgement(Noise.FLAG, f"is called “{word}”")
        for names in seen.group_names:
            if (group := self.words.group(Noise.FLAG, names)) and (code := self.words.country(seen.names)):
                return Judgement(Noise.FLAG, f"is called “{code}” and stands in “{group}”")
        return None

    def _avatar(self, seen: Seen) -> Judgement | None:
        if seen.stands_among_logos and seen.is_section_by_heading and not self.words.hit(Noise.AVATAR, seen.own_names):
            return None
        if word := self.words.hit(Noise.AVATAR, f"{seen.file_name} | {seen.own_names}"):
            return Judgement(Noise.AVATAR, f"is called “{word}”")
        for names in seen.group_names[:3]:
            if group := self.words.group(Noise.AVATAR, names):
                return Judgement(Noise.AVATAR, f"stands in “{group}”")
        return None

    def _icon(self, seen: Seen) -> Judgement | None:
        # the class of a drawing may be its name; the alt of a photograph may speak of a telephone
        named = seen.file_name if not seen.label else self.words.and_nothing_else(seen.file_name)
        if word := self.words.sign(self.words.and_nothing_else(seen.names)) or self.words.sign(
            seen.own_names if seen.found_by in _DRAWN else ""
        ):
            return Judgement(Noise.ICON, f"is called “{word}”")
        if seen.stands_among_logos:
            return None
        if word := self.words.hit(Noise.ICON, f"{named} | {seen.own_names}") or self.words.group(
            Noise.ICON, seen.own_names
        ):
            return Judgement(Noise.ICON, f"is called “{word}”")
        side = max(seen.width_px or 0, seen.height_px or 0)
        if seen.found_by in _DRAWN and not seen.label and (0 < side <= ICON_SIDE_PX or seen.is_hidden):
            return Judgement(
                Noise.ICON, f"a drawing of {side:g} px without words" if side else "a drawing hidden from readers"
            )
        if seen.found_by in _STYLED | {FoundBy.DATA_URI} and not seen.label and 0 < side <= ICON_SIDE_PX:
            return Judgement(Noise.ICON, f"an image of {side:g} px without words")
        return None

    def _decoration(self, seen: Seen) -> Judgement | None:
        if seen.stands_among_logos or seen.found_by not in _STYLED | {FoundBy.LAZY}:
            return None
        if not seen.label and (word := self.words.hit(Noise.DECORATION, seen.file_name)):
            return Judgement(Noise.DECORATION, f"a background that is called “{word}”")
        return None


def words_of_address(url: str | None) -> str:
    """Return the file name of an address as words, without its ending."""
    if not url:
        return ""
    name = unquote(url.partition("?")[0].rstrip("/").rpartition("/")[2])[:200]
    # "acmelogo.gif": old file names have no signs between words
    return _GLUED.sub(" ", split_words(re.sub(r"\.\w{2,5}$", "", name)).lower())


def _compact(name: str) -> str:
    return re.sub(r"[\W_]+", "", name).casefold()
