"""Hostile SVG: name → function → bytes. CANARY is replaced by the path of a real picture, PORT by a listening port."""

from __future__ import annotations

import base64
import gzip

from .rasters import MB, Maker, chunk, encode, header, mark, packed_zeros

_NAMES = 'xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink"'


def svg(inner: str, attributes: str = 'viewBox="0 0 10 10"', before: str = "") -> bytes:
    return f"{before}<svg {_NAMES} {attributes}>{inner}</svg>".encode()


def filtered(primitives: str, times: int = 20, attributes: str = 'x="-9" y="-9" width="99" height="99"') -> bytes:
    shapes = '<rect width="10" height="10" filter="url(#f)"/>' * times
    return svg(f'<filter id="f" {attributes}>{primitives}</filter>{shapes}')


def doubled(open_tag: str, close_tag: str, link: str, depth: int = 30) -> bytes:
    """Definitions each of which uses the one before it twice: 2 ** depth shapes."""
    first = f'{open_tag.format(0)}<rect width="1" height="1"/>{close_tag}'
    more = (f"{open_tag.format(n)}{link.format(n - 1) * 2}{close_tag}" for n in range(1, depth))
    return svg(f"<defs>{first}{''.join(more)}</defs>{link.format(depth - 1)}")


def image(address: str) -> bytes:
    return svg(f'<image xlink:href="{address}" width="10" height="10"/>')


def data_uri(kind: str, content: bytes) -> str:
    return f"data:{kind};base64,{base64.b64encode(content).decode()}"


def _laughs(count: int, where: str) -> bytes:
    entities = "".join(f'<!ENTITY l{n} "{f"&l{n - 1};" * 10}">' for n in range(1, count))
    return svg(where.format(f"&l{count - 1};"), before=f'<!DOCTYPE svg [<!ENTITY l0 "ha">{entities}]>')


def _external(entity: str, inner: str = "<text y='9'>&x;</text>") -> bytes:
    return svg(inner, before=f"<!DOCTYPE svg [{entity}]>")


def _nested_svg(depth: int) -> bytes:
    whole = svg('<rect width="10" height="10"/>')
    for _ in range(depth):
        whole = image(data_uri("image/svg+xml", whole))
    return whole


def _use_chain() -> str:
    return "".join(f'<g id="c{n}"><use xlink:href="#c{n + 1}"/></g>' for n in range(9_000))


SHAPES: dict[str, Maker] = {
    "groups-nested-100000-deep.svg": lambda: svg("<g>" * 100_000 + "</g>" * 100_000),
    "groups-nested-200-deep.svg": lambda: svg("<g>" * 200 + "</g>" * 200),
    "million-elements.svg": lambda: svg("<g/>" * 950_000),
    "element-of-300000-attributes.svg": lambda: svg("<g " + " ".join(f'on{n}=""' for n in range(300_000)) + "/>"),
    "element-of-30000-handlers.svg": lambda: svg("<g " + " ".join(f'on{n}=""' for n in range(30_000)) + "/>"),
    "elements-of-900-attributes.svg": lambda: svg(("<g " + " ".join(f'on{n}="url(x)"' for n in range(900)) + "/>") * 250),
    "path-of-4MB.svg": lambda: svg(f'<path stroke="red" stroke-dasharray=".001" d="M0 0{"L9 9L0 5" * 450_000}"/>'),
    "dashes-without-end.svg": lambda: svg('<path stroke="red" stroke-width=".1" stroke-dasharray="1e-5" d="M0 0H1e6"/>' * 500),
    "number-of-2-million-digits.svg": lambda: svg("<g/>", f'width="{"1" * 2 * MB}x" height="10"'),
    "view-box-of-1-million-digits.svg": lambda: svg("<g/>", f'viewBox="0 0 {"1" * MB} 1"'),
    "sliver-1x1000000.svg": lambda: svg("<g/>", 'width="1" height="1000000"'),
    "sliver-by-view-box.svg": lambda: svg("<g/>", 'viewBox="0 0 1e6 1"'),
    "side-of-1e300.svg": lambda: svg("<g/>", 'viewBox="0 0 1e300 1e300"'),
    "side-of-1e999.svg": lambda: svg("<g/>", 'viewBox="0 0 1e999 1e999"'),
    "size-not-a-number.svg": lambda: svg("<g/>", 'width="NaN" height="inf" viewBox="nan nan nan nan"'),
    "negative-view-box.svg": lambda: svg("<g/>", 'viewBox="0 0 -10 -10" width="-10" height="-10"'),
    "utf-7.svg": lambda: b'<?xml version="1.0" encoding="UTF-7"?>' + svg("+ADw-g/+AD4-" * 300_000),
    "cut.svg": lambda: svg('<path d="M0 0h9"/>')[:-20],
    "bomb-packed.svgz": lambda: gzip.compress(b"<svg>" + bytes(200 * MB), 1),
    "gzip-in-gzip.svgz": lambda: gzip.compress(gzip.compress(svg("<g/>"))),
    "gzip-cut.svgz": lambda: gzip.compress(svg("<g/>" * 500))[:-30],
}  # fmt: skip

FILTERS: dict[str, Maker] = {
    "blur-of-1e9.svg": lambda: filtered('<feGaussianBlur stdDeviation="1e9"/>' * 900, 300),
    "turbulence-of-9999-octaves.svg": lambda: filtered('<feTurbulence numOctaves="9999" baseFrequency="9"/>' * 50),
    "dilation-of-9999.svg": lambda: filtered('<feMorphology operator="dilate" radius="9999"/>' * 300),
    "lights-and-maps.svg": lambda: filtered(
        '<feTurbulence numOctaves="99" baseFrequency=".1"/><feSpecularLighting><fePointLight z="1"/></feSpecularLighting>'
        '<feDisplacementMap scale="9999"/><feConvolveMatrix order="9" kernelMatrix="' + "1 " * 81 + '"/>', 900
    ),
    "filter-region-of-1e9.svg": lambda: filtered('<feFlood/><feGaussianBlur stdDeviation="50"/>' * 400, 400, 'x="-1e9" y="-1e9" width="2e9" height="2e9"'),
}  # fmt: skip

RECURSIONS: dict[str, Maker] = {
    "use-of-itself.svg": lambda: svg('<g id="a"><use xlink:href="#a"/></g>'),
    "use-doubled-30-times.svg": lambda: doubled('<g id="g{}">', "</g>", '<use xlink:href="#g{}"/>'),
    "use-chain-of-9000.svg": lambda: svg(_use_chain()),
    "pattern-of-itself.svg": lambda: svg('<pattern id="p" width="1" height="1"><rect width="9" height="9" fill="url(#p)"/></pattern><rect width="9" height="9" fill="url(#p)"/>'),
    "patterns-doubled-30-times.svg": lambda: doubled('<pattern id="p{}" width=".01" height=".01">', "</pattern>", '<rect width="9" height="9" fill="url(#p{})"/>'),
    "mask-of-itself.svg": lambda: svg('<mask id="m"><rect width="9" height="9" mask="url(#m)"/></mask><rect width="9" height="9" mask="url(#m)"/>'),
    "masks-doubled-30-times.svg": lambda: doubled('<mask id="m{}">', "</mask>", '<rect width="9" height="9" fill="#fff" mask="url(#m{})"/>'),
    "clip-paths-doubled-30-times.svg": lambda: doubled('<clipPath id="k{}">', "</clipPath>", '<rect width="9" height="9" clip-path="url(#k{})"/>'),
    "markers-doubled-30-times.svg": lambda: doubled('<marker id="r{}">', "</marker>", '<path d="M0 0h1v1h1" marker-mid="url(#r{})"/>'),
}  # fmt: skip

ENTITIES: dict[str, Maker] = {
    "billion-laughs-in-text.svg": lambda: _laughs(12, "<text>{}</text>"),
    "billion-laughs-in-attribute.svg": lambda: _laughs(12, '<g id="{}"/>'),
    "entity-of-itself.svg": lambda: _external('<!ENTITY x "&x;">', '<g id="&x;"/>'),
    "entity-file.svg": lambda: _external('<!ENTITY x SYSTEM "file://CANARY">'),
    "entity-http.svg": lambda: _external('<!ENTITY x SYSTEM "http://127.0.0.1:PORT/e">'),
    "parameter-entity-http.svg": lambda: _external('<!ENTITY % x SYSTEM "http://127.0.0.1:PORT/p"> %x;', "<g/>"),
    "dtd-http.svg": lambda: svg("<g/>", before='<!DOCTYPE svg SYSTEM "http://127.0.0.1:PORT/d">'),
    "href-by-entity.svg": lambda: _external('<!ENTITY x "CANARY">', '<image href="&x;" width="10" height="10"/>'),
    "xinclude-file.svg": lambda: svg('<xi:include xmlns:xi="http://www.w3.org/2001/XInclude" href="CANARY" parse="text"/>'),
}  # fmt: skip

LINKS: dict[str, Maker] = {
    "href-absolute-path.svg": lambda: image("CANARY"),
    "href-relative-path.svg": lambda: image("canary.png"),
    "href-relative-path-upwards.svg": lambda: image("../" * 12 + "CANARY"),
    "href-file-address.svg": lambda: image("file://CANARY"),
    "href-without-namespace.svg": lambda: svg('<image href="CANARY" width="10" height="10"/>'),
    "href-http.svg": lambda: image("http://127.0.0.1:PORT/i.png"),
    "href-by-xml-base.svg": lambda: svg('<g xml:base="file:///CANARY"><image href="" width="9" height="9"/></g>'),
    "use-of-other-file.svg": lambda: svg('<use href="CANARY#a"/><use href="http://127.0.0.1:PORT/u.svg#a"/>'),
    "filter-image-of-file.svg": lambda: filtered('<feImage href="CANARY"/>', 1, ""),
    "css-import.svg": lambda: svg('<style>@import "http://127.0.0.1:PORT/c.css"; @import url(CANARY);</style>'),
    "css-url-in-style.svg": lambda: svg('<style>rect{fill:url("CANARY")}</style><rect width="10" height="10"/>'),
    "css-font-face.svg": lambda: svg('<style>@font-face{font-family:f;src:url(http://127.0.0.1:PORT/f)}</style><text font-family="f">a</text>'),
    "stylesheet-instruction.svg": lambda: svg("<g/>", before='<?xml-stylesheet href="http://127.0.0.1:PORT/s.css"?>'),
    "foreign-object.svg": lambda: svg('<foreignObject width="10" height="10"><img src="CANARY"/><iframe src="http://127.0.0.1:PORT/o"/></foreignObject>'),
    "script.svg": lambda: svg('<script>fetch("http://127.0.0.1:PORT/x")</script><g onload="fetch(1)"/>'),
}  # fmt: skip

EMBEDDED: dict[str, Maker] = {
    "data-png-bomb-20000x20000.svg": lambda: image(data_uri("image/png", header(20_000, 20_000) + chunk(b"IDAT", packed_zeros(1_600 * MB)) + chunk(b"IEND"))),
    "data-png-announces-100000x100000.svg": lambda: image(data_uri("image/png", header(100_000, 100_000) + chunk(b"IDAT", bytes(99)))),
    "data-jpeg-cut.svg": lambda: image(data_uri("image/jpeg", encode(mark(), "JPEG")[:300])),
    "data-svg-20-deep.svg": lambda: _nested_svg(20),
    "data-svg-as-png.svg": lambda: image(data_uri("image/png", svg('<image href="CANARY" width="9" height="9"/>'))),
    "data-svg-as-text.svg": lambda: image(data_uri("text/plain", svg('<image href="CANARY" width="9" height="9"/>'))),
    "data-packed-svg.svg": lambda: image(data_uri("image/png", gzip.compress(svg("<g/>" * 9_000)))),
}  # fmt: skip

SVG: dict[str, Maker] = {**SHAPES, **FILTERS, **RECURSIONS, **ENTITIES, **LINKS, **EMBEDDED}
