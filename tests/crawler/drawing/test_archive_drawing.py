"""What was found in a page is found again in its drawing, by digest and by words."""

from __future__ import annotations

import pytest

from crawler.drawing.archive_drawing import find_words
from crawler.reading.page_reader import DrawnDocument, PageSource, read_page

BOX = "data-box-0123456789abcdef"
SVG = '<svg viewBox="0 0 40 20"{}><path d="M1 1h38v18H1z"/></svg>'


def drawn(body: str, name: str = BOX) -> DrawnDocument:
    return DrawnDocument(html=f"<html><body>{body}</body></html>", box_attribute=name)


def test_a_drawing_in_the_page_keeps_its_digest_when_a_browser_marks_it(lexicon):
    digests = set()
    for name in (None, BOX, "data-box-fedcba9876543210"):
        mark = "" if name is None else f' {name}="1,2,40,20"'
        body = f"<h1>Partners</h1><p>{'Words. ' * 40}</p>{SVG.format(mark)}"
        source = PageSource(
            visit_id="V", look_id="L", url="http://v.example/", status=200, content=body.encode(),
            content_type="text/html", drawn=None if name is None else drawn(body, name),
        )  # fmt: skip
        (sighting,) = read_page(source, lexicon).with_images((), lexicon).sightings
        digests.add(sighting.inline_sha256)
        assert sighting.page_box == (None if name is None else (1, 2, 40, 20))
    assert len(digests) == 1


@pytest.mark.parametrize(
    ("body", "boxes"),
    [
        (f'<p {BOX}-words="1,2,30,4">We are a partner of Acme.</p>', [(1, 2, 30, 4)]),
        (f'<p {BOX}-words="1,2,30,4">We  are a\n<b {BOX}-words="9,2,5,4">PARTNER</b> of Acme. More.</p>', [(1, 2, 30, 4)]),
        (f'<div><i {BOX}-words="1,2,3,4">We are a partner</i> <i {BOX}-words="10,2,5,6">of Acme.</i></div>', [(1, 2, 14, 6)]),
        (f'<p {BOX}-words="1,2,3,4">We are a partner of Acme.</p><p {BOX}-words="1,9,3,4">We are a partner of Acme.</p>', [(1, 2, 3, 4), (1, 9, 3, 4)]),
        ("<p>We are a partner of Acme.</p>", []),  # not seen: it has no box
        (f'<p {BOX}-words="1,2,30,4">We are a partner of others.</p>', []),
        (f'<script {BOX}-words="1,2,30,4">We are a partner of Acme.</script>', []),
        (f'<p {BOX}-words="x,y">We are a partner of Acme.</p>', []),
        ("<!-- We are a partner of Acme. -->", []),
    ],
)  # fmt: skip
def test_words_are_found_where_they_are_seen(body, boxes):
    assert find_words(drawn(body), "We are a partner of Acme.") == boxes


def test_no_words_are_nowhere_and_many_places_are_enough():
    assert find_words(drawn(f'<p {BOX}-words="1,2,3,4">x</p>'), " ") == []
    many = "".join(f'<p {BOX}-words="1,{number},3,4">words</p>' for number in range(500))
    assert len(find_words(drawn(many), "words")) == 20
