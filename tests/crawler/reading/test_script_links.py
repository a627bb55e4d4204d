"""Links that no anchor holds."""

from __future__ import annotations

import pytest
from bs4 import BeautifulSoup, Tag

from crawler.reading.script_links import MAX_PATHS, json_links, language_switches, quoted_paths


def test_paths_in_quotes_are_found_once():
    script = "go('/partners'); go(\"/partners\"); x = `about.html`; y = 'plain words'"
    assert list(quoted_paths(script)) == ["/partners", "about.html"]
    assert len(list(quoted_paths(";".join(f"'/p/{n}'" for n in range(MAX_PATHS + 9))))) == MAX_PATHS


def test_json_gives_addresses_with_their_labels():
    assert list(json_links('{"menu": [{"title": "Partners", "href": "/p7"}, {"href": "no address"}]}')) == [
        ("/p7", "Partners")
    ]
    assert list(json_links("{broken")) == []
    assert list(json_links("[" * 100_000)) == []


@pytest.mark.parametrize(
    ("html", "paths"),
    [
        ("<a onclick=\"setLang('de')\">x</a>", ["/de/"]),
        ("<a onclick=\"open('de')\">x</a>", []),
        ("<li data-lang=pt-BR>x</li>", ["/pt/"]),
        ("<html data-ms-path='ms/index.html'>", ["ms/index.html"]),
        ("<h1 data-lang=de>x</h1>", []),
    ],
)
def test_a_switch_of_language_leads_to_its_home_page(html, paths):
    tag = BeautifulSoup(html, "html.parser").find()
    assert isinstance(tag, Tag)
    assert list(language_switches(tag)) == paths
