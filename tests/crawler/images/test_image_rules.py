"""The scan for rules with images says what tinycss2 says of the whole sheet; the slow way stays as the measure."""

from __future__ import annotations

import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from crawler.images.image_rules import (
    ImageRule,
    RuleImage,
    image_variables,
    read_all_rules,
    read_declarations,
    read_image_rules,
)
from ledger.shipped import shipped_data

PIECES = st.sampled_from(
    [
        ".a{", "}", "background:url(a.png)", "background:url('b.png')", 'content:"}{"', ";", "/* } */", "/* url(x) */", " ",
        "@media screen{", "@media print{", "@supports (a:b){", "@font-face{", "src:url(f.woff)", "--v:url(v.png)",
        "background:var(--v)", "b, .c > d", "{", "width:10px", "background-position:-1px -2px", "\\}", "\n", "'", '"', "@import url(i.css);",
        ".n &{", "&:hover{", "@layer x;", "@keyframes k{", "from{",
    ]
)  # fmt: skip
RULES = st.sampled_from(
    [
        ".a{background:url(a.png)}",
        ".b{color:red}",
        "/* .c{background:url(c.png)} */",
        '.d::before{content:"}"; background-image:url("d)}.png")}',
        "@media screen{.e{mask:url(e.svg)}}",
        "@media print{.f{background:url(f.png)}}",
        "@font-face{font-family:x;src:url(x.woff)}",
        "@import url(i.css);",
        ":root{--logo:url(l.png)}",
        ".g{background:var(--logo)}",
        ".h{background-position:-10px -20px;width:5px}",
        "@supports (display:grid){@media screen{.i,.j>k{background:image-set('i.png' 1x)}}}",
        ".l{color:red;&:hover{background:url(l2.png)}.m &{background:url(m.png)}width:3px}",
        ".o\\{p{background:url(o.png)}",
        '.q[title="{"]{background:url(data:image/png;base64,AA==)}',
        "@keyframes k{from{background:url(k.png)}}",
    ]
)


@given(st.lists(RULES, max_size=8).map("\n".join))
def test_the_scan_reads_what_the_full_parser_reads(text):
    variables = image_variables(text)
    assert list(read_image_rules(text, variables)) == read_all_rules(text, variables)


@given(st.lists(PIECES, max_size=30).map("".join))
@settings(max_examples=300)
def test_broken_sheets_are_read_to_their_end(text):
    assert all(rule.images or rule.x is not None for rule in read_image_rules(text))


@pytest.mark.parametrize("path", sorted(shipped_data("demo").rglob("*.css")), ids=lambda path: path.parent.name)
def test_the_demo_sheets_are_read_alike(path):
    text = path.read_text(encoding="utf-8")
    assert list(read_image_rules(text)) == read_all_rules(text)


@pytest.mark.parametrize(
    ("declarations", "images"),
    [
        ("background: #fff url(a.png) no-repeat", [RuleImage("background", "a.png")]),
        ("background-image: linear-gradient(red, blue), url('b.png')", [RuleImage("background", "b.png")]),
        ("content: url(c.svg) / 'Acme'", [RuleImage("content", "c.svg")]),
        ("-webkit-mask-image: url(d.svg)", [RuleImage("mask", "d.svg")]),
        ("background: image-set('e.png' 1x, url(e2.png) 2x)", [RuleImage("background", "e.png"), RuleImage("background", "e2.png")]),
        ("--Logo: url(f.png)", [RuleImage("--Logo", "f.png")]),
        ("background: var(--logo, url(g.png))", [RuleImage("background", variable="--logo"), RuleImage("background", "g.png")]),
        ("background: url(#gradient)", []),
        ("color: url(h.png)", []),
    ],
)  # fmt: skip
def test_declarations_that_show_an_image_are_known(declarations, images):
    assert list(read_declarations(declarations).images) == images


def test_a_place_in_a_sprite_is_read():
    rule = read_declarations("background: url(s.png) -10px 0; width: 40px; height: 20px")
    assert rule == ImageRule(
        selector="", images=(RuleImage("background", "s.png"),), x=-10.0, y=0.0, width=40.0, height=20.0
    )
    assert read_declarations("background-position: 50% 10px").x is None
    assert read_declarations("background: url(s.png) 0 0 / 20px auto").is_scaled is True
    assert read_declarations("background-size: 50% auto").is_scaled is True
    assert read_declarations("background-size: auto").is_scaled is False


@pytest.mark.parametrize(
    "text",
    [
        "a{" * 200_000 + "background:url(x.png)",
        "}" * 500_000 + ".a{background:url(x.png)}",
        '"' * 500_001 + "url(",
        "/*" * 300_000 + "url(",
        "url(" * 250_000,
        ".a{background:url(x.png)}" * 40_000,
        ".a" * 300_000 + "{background:url(x.png)}",
        "@media screen{" * 60_000 + ".a{background:url(x.png)}",
        ".a{--v:url(x.png);" + "b:var(--v);" * 80_000 + "}",
        "background:" * 90_000 + "url(",
        ".a{" + "--a:" * 250_000 + "url(}",
        "-" * 900_000 + ":url(",
        "(" * 900_000 + "{background:url(x.png)}",
    ],
)
def test_a_hostile_sheet_ends_in_bounded_time(text):
    begin = time.process_time()
    read_image_rules(text, image_variables(text))
    assert time.process_time() - begin < 20
