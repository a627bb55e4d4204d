"""Addresses of images: the best candidate of a srcset, and the original that an image optimiser's address hides."""

from __future__ import annotations

import re
from collections.abc import Iterator
from urllib.parse import parse_qsl, unquote, urljoin, urlsplit, urlunsplit

WANTED_WIDTH_PX = 800  # of the candidates in a srcset the widest up to here: enough for recognition, kind to the server
MAX_SRCSET_CHARS = 20_000
MAX_ADDRESS_CHARS = 4_000
IMAGE_PATH = re.compile(r"\.(png|jpe?g|jfif|gif|webp|svgz?|avif|bmp|ico|tiff?)(?=[?#:&!]|$)", re.I)
_CANDIDATE = re.compile(r"[\s,]*(\S+)")
_SIZE = re.compile(r"\s*([\d.]{1,12})([wxh])\b")
# query parameters by which optimisers name the original, and those by which they say how it shall look
_ORIGINAL_KEYS = frozenset({"url", "src", "image", "img", "href", "u", "file", "path", "source", "original", "imgurl"})
_LOOK_KEYS = frozenset(
    [
        "w",
        "h",
        "width",
        "height",
        "q",
        "quality",
        "fit",
        "auto",
        "fm",
        "format",
        "dpr",
        "crop",
        "resize",
        "ssl",
        "strip",
        "compress",
        "cs",
        "mode",
        "scale",
        "rect",
        "pad",
        "bg",
        "ixlib",
        "ixid",
        "s",
        "v",
        "ver",
        "t",
        "usm",
        "sharp",
        "blur",
        "zoom",
        "gravity",
        "lossy",
        "webp",
    ]
)
_SIZED_NAME = re.compile(r"-(\d{2,4})x(\d{2,4})(?=\.(?:png|jpe?g|gif|webp|avif)$)", re.I)  # WordPress, Joomla
_MIRROR_HOSTS = re.compile(r"i[0-3]\.wp\.com$")  # the path is host and path of the original
_OPTIONS_IN_PATH = re.compile(r"/cdn-cgi/image/[^/]+/(.+)$|/_ipx/[^/]+/(.+)$|/\.netlify/images/(.+)$")
_ADDRESS_IN_PATH = re.compile(r"/(https?(?::|%3a)/?/?[^/].*)$", re.I)
_TRANSFORMED = re.compile(r"(/(?:image|video)/upload)/(?:[a-z]{1,3}_[^/]+/)+", re.I)


# Wix, and what is built like it: the original's own address, then how it shall look, then its name once more
_FILLED = re.compile(r"^(.+?\.(?:png|jpe?g|gif|webp|avif|svg))/v1/(?:fill|fit|crop)/[^/]+/[^/]+$", re.I)
_STORYBLOK = re.compile(r"^(/f/.+\.(?:png|jpe?g|gif|webp|avif|svg))/m/.*$", re.I)
_TRANSFORM_STEP = re.compile(r"/tr:[^/]+(?=/)", re.I)  # ImageKit
_NAMED_SIZE = re.compile(
    r"_(?:\d{1,4}x\d{0,4}|x\d{1,4}|pico|icon|thumb|small|compact)(?:_crop_\w+)?(?=\.(?:png|jpe?g|gif|webp|avif)$)", re.I
)  # Shopify
_PLACEHOLDER_NAME = re.compile(
    r"[-_.](?:lqip|tiny|blur(?:red)?|placeholder|preview|lowres|low)(?=\.(?:png|jpe?g|gif|webp|avif)$)", re.I
)
SMALL_SIDE_PX = 100  # of a copy that stands in until the picture comes; recognised logos are mostly larger
_SAYS_BLUR = re.compile(r"(?:^|[/,_.?&:=-])(?:e_)?(?:blur(?:red)?|bl|lqip)(?=$|[/,_.?&:=()\d-])", re.I)
_SAYS_SIDE = re.compile(
    r"(?:^|[/,_?&:;-])(?:w|h|width|height|sw|sh|size|imwidth|maxwidth|wid)[_=-](\d{1,4})(?!\d)", re.I
)
_SIDES = re.compile(r"[-_/=,](\d{1,4})x(\d{0,4})(?=[./?&_,]|$)|[-_/=](\d{1,4}),(\d{1,4})(?=[/?&]|$)", re.I)


def best_candidate(srcset: str | None) -> str | None:
    """Return the widest candidate of a srcset up to WANTED_WIDTH_PX, or the narrowest beyond it."""
    if not srcset:
        return None
    candidates = list(_candidates(srcset[:MAX_SRCSET_CHARS]))
    fitting = [c for c in candidates if c[0] <= WANTED_WIDTH_PX]
    if fitting:
        return max(fitting, key=lambda c: c[0])[1]
    return min(candidates, key=lambda c: c[0])[1] if candidates else None


def _candidates(srcset: str) -> Iterator[tuple[float, str]]:
    """Yield width in px and address, split as the HTML standard says: an address may hold commas, not end with one."""
    at = 0
    while match := _CANDIDATE.match(srcset, at):
        address, at = match[1], match.end()
        descriptor = ""
        if address.endswith(","):
            address = address.rstrip(",")
        else:
            end = srcset.find(",", at)
            end = len(srcset) if end < 0 else end
            descriptor, at = srcset[at:end], end
        size = _SIZE.match(descriptor)
        number = float(size[1]) if size and size[1].count(".") <= 1 and size[1] != "." else 1.0
        # a candidate without a size is the plain one: 400 px stand for it
        if address:
            yield number * (400 if not size or size[2] == "x" else 1), address


def original_address(url: str) -> str | None:
    """Return the address of the original that an optimiser's address hides, or None when it hides none.

    Known: `?url=` and its like, `/cdn-cgi/image/…/`, an address as end of the path, mirrors by host, sizes in the
    query or in the name. An address that names another picture costs one request that fails.
    """
    if len(url) > MAX_ADDRESS_CHARS:
        return None
    try:
        parts = urlsplit(url)
        query = parse_qsl(parts.query, keep_blank_values=True, max_num_fields=40) if parts.query else []
    except ValueError:
        return None
    for key, value in query:
        if key.lower() in _ORIGINAL_KEYS and (
            value.startswith(("http://", "https://", "/")) or IMAGE_PATH.search(value)
        ):
            return _joined(url, value)
    if match := _OPTIONS_IN_PATH.search(parts.path):
        rest = unquote(next(filter(None, match.groups())))
        return _joined(url, rest if rest.startswith(("http:", "https:")) else f"/{rest.lstrip('/')}")
    if match := _ADDRESS_IN_PATH.search(parts.path):
        rest = re.sub(r"^(https?):/+", r"\1://", unquote(match[1]), flags=re.I)
        return _joined(url, rest)
    if parts.hostname and _MIRROR_HOSTS.search(parts.hostname):
        return f"https://{parts.path.lstrip('/')}"
    if match := _FILLED.match(parts.path) or _STORYBLOK.match(parts.path):
        original: str = urlunsplit((parts.scheme, parts.netloc, match[1], "", ""))
        return original
    if shorter := _TRANSFORM_STEP.sub("", _TRANSFORMED.sub(r"\1/", parts.path)):
        path = _PLACEHOLDER_NAME.sub("", _NAMED_SIZE.sub("", _SIZED_NAME.sub("", shorter)))
        query_left = "" if query and all(key.lower() in _LOOK_KEYS for key, _ in query) else parts.query
        plain = urlunsplit((parts.scheme, parts.netloc, path, query_left, ""))
        return plain if plain != url and (path != parts.path or IMAGE_PATH.search(path)) else None
    return None


def is_small_copy(url: str) -> bool:
    """Tell whether an address asks for a small or blurred copy: what stands in until a script brings the picture."""
    if len(url) > MAX_ADDRESS_CHARS:
        return False
    where = url.partition("://")[2].partition("/")[2]
    if _SAYS_BLUR.search(where) or _PLACEHOLDER_NAME.search(where.partition("?")[0]):
        return True
    sides = [int(side) for side in _SAYS_SIDE.findall(where)]
    sides += [int(side) for pair in _SIDES.findall(where) for side in pair if side and int(side)]
    return bool(sides) and max(sides) < SMALL_SIDE_PX


def _joined(url: str, reference: str) -> str | None:
    try:
        joined = urljoin(url, reference.strip())
        is_place = urlsplit(joined).scheme in ("http", "https") and urlsplit(joined).hostname
    except ValueError:
        return None
    return joined if is_place and joined != url else None
