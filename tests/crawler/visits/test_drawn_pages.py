"""A page that needs a browser says so where none may draw it. With a browser: tests/flow/test_render.py."""

from __future__ import annotations

from ledger.records import Page, Render
from ledger.vocabulary import PageHealth
from tests.crawler.visits.visit_room import VisitRoom


def test_a_shell_that_is_not_drawn_says_why(tmp_path):
    site = tmp_path / "site"
    site.mkdir()
    (site / "index.html").write_text("<title>V</title><div id=root></div><script src=/app.js></script>")
    room = VisitRoom(tmp_path, site)
    room.run()  # with no renders in its budget
    (page,) = room.ledger.select(Page, "SELECT * FROM pages")
    assert page.health is PageHealth.EMPTY_SHELL
    assert (page.health_reason or "").startswith("needs a browser (empty shell")
    (render,) = room.ledger.select(Render, "SELECT * FROM renders")
    assert render.reason.startswith("empty shell")
    assert render.failure is not None
