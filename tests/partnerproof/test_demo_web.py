"""The demo's data and the server that serves it."""

from __future__ import annotations

import csv
import datetime as dt
import http.client
import importlib.util
import io
import json
import re
import sys
import threading
import tomllib
import unicodedata
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import quote, unquote, urljoin, urlsplit

import pytest
from bs4 import BeautifulSoup
from PIL import Image

from ledger.vocabulary import Evidence, LogoVariant, LookOutcome, Relation, VerdictKind
from matcher.words.grammar import LISTS_OF_THEIR_OWN, SMALL, STEMS
from partnerproof.demo_web import DemoWeb

ROOT = Path(__file__).resolve().parents[2]
DEMO = ROOT / "data" / "demo"
LEXICON = ROOT / "data" / "lexicon"
HOSTS = sorted(folder.name for folder in (DEMO / "web").iterdir())
PAGES = sorted((DEMO / "web").rglob("*.html"))
PRIVATE_REDIRECTS = {"169.254.169.254", "127.0.0.1"}
XML_NAMES = {"www.w3.org", "www.sitemaps.org"}
REGISTER_COLUMNS = "company,aliases,domain,relation,programme,tier,marks,territory,valid_from,valid_until,parent,source"
MAX_DEMO_BYTES = 3_000_000


@pytest.fixture(scope="module")
def web() -> Iterator[DemoWeb]:
    with DemoWeb(DEMO) as running:
        yield running


def get(web: DemoWeb, host: str, target: str, method: str = "GET") -> tuple[http.client.HTTPResponse, bytes]:
    connection = http.client.HTTPConnection("127.0.0.1", web.port, timeout=60)
    try:
        connection.request(method, target, headers={"Host": f"{host}:{web.port}"})
        response = connection.getresponse()
        return response, response.read()
    finally:
        connection.close()


def seeds() -> list[dict[str, str]]:
    with (DEMO / "seeds" / "demo.csv").open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def vendor_name(page: Path) -> str:
    return str(page.relative_to(DEMO / "web"))


# the server


def test_host_header_picks_the_vendor(web: DemoWeb) -> None:
    _, harbour = get(web, "www.brightharbour.example", "/")
    _, bracken = get(web, "WWW.Brackenworks.Example", "/")
    assert b"Bright Harbour" in harbour
    assert b"Brackenworks" in bracken


def test_unknown_host_is_misdirected(web: DemoWeb) -> None:
    response, _ = get(web, "stranger.example", "/")
    assert response.status == 421


def test_one_connection_serves_many_requests(web: DemoWeb) -> None:
    connection = http.client.HTTPConnection("127.0.0.1", web.port, timeout=60)
    statuses = []
    for target in ("/", "/partners.html", "/img/veltrana.png", "/nothing-here"):
        connection.request("GET", target, headers={"Host": "www.brightharbour.example"})
        response = connection.getresponse()
        response.read()
        statuses.append((response.status, response.version))
    connection.close()
    assert statuses == [(200, 11), (200, 11), (200, 11), (404, 11)]


def test_extensionless_path_means_the_html_file(web: DemoWeb) -> None:
    with_extension = get(web, "www.nordlichtnetz.example", "/partner.html")[1]
    assert get(web, "www.nordlichtnetz.example", "/partner?lang=de")[1] == with_extension


def test_percent_encoded_chinese_path_is_found(web: DemoWeb) -> None:
    response, body = get(web, "www.sensegrid.example", quote("/zh/合作伙伴.html"))
    assert response.status == 200
    assert "维川的重要合作伙伴" in body.decode()


def test_folder_without_slash_redirects_to_the_slash(web: DemoWeb) -> None:
    response, _ = get(web, "www.oldmillsystems.example", "/company")
    assert (response.status, response.getheader("Location")) == (301, "/company/")
    assert get(web, "www.oldmillsystems.example", "/company/")[0].status == 200


@pytest.mark.parametrize(
    "target",
    [
        "/nothing",
        "/../www.brackenworks.example/index.html",
        "/%2e%2e/www.brackenworks.example/index.html",
        "/img/../../www.brackenworks.example/index.html",
        "/..%5c..%5cindex.html",
        "/%00",
        "/%ff%fe",
        "//etc/passwd",
        "/expected.json",
        "/server.toml",
        "/img/",
    ],
)
def test_what_is_no_page_of_the_vendor_is_a_404_page(web: DemoWeb, target: str) -> None:
    response, body = get(web, "www.gatekept.example", target)
    assert response.status == 404
    assert b"Page not found" in body


def test_symbolic_link_does_not_lead_outside(tmp_path: Path) -> None:
    site = tmp_path / "web" / "a.example"
    site.mkdir(parents=True)
    (tmp_path / "secret.html").write_text("secret")
    (site / "way-out.html").symlink_to(tmp_path / "secret.html")
    with DemoWeb(tmp_path) as web:
        assert get(web, "a.example", "/way-out")[0].status == 404


@pytest.mark.parametrize(
    ("host", "target", "content_type"),
    [
        ("www.brightharbour.example", "/", "text/html; charset=utf-8"),
        ("www.brightharbour.example", "/style.css", "text/css; charset=utf-8"),
        ("www.brightharbour.example", "/img/logo.svg", "image/svg+xml"),
        ("www.brightharbour.example", "/img/veltrana.png", "image/png"),
        ("www.oldmillsystems.example", "/img/logo-04.jpg", "image/jpeg"),
        ("www.tesselretail.example", "/img/brands/b2.webp", "image/webp"),
        ("www.brightharbour.example", "/robots.txt", "text/plain; charset=utf-8"),
    ],
)
def test_content_type_follows_the_file(web: DemoWeb, host: str, target: str, content_type: str) -> None:
    response, body = get(web, host, target)
    assert response.getheader("Content-Type") == content_type
    assert int(response.getheader("Content-Length", "0")) == len(body) > 0


def test_head_has_the_length_and_no_body(web: DemoWeb) -> None:
    response, body = get(web, "www.brightharbour.example", "/", method="HEAD")
    assert body == b""
    assert int(response.getheader("Content-Length", "0")) > 1000


def test_challenge_answers_instead_of_the_partner_page(web: DemoWeb) -> None:
    response, body = get(web, "www.gatekept.example", "/partners")
    assert response.status == 403
    assert response.getheader("X-Gate") == "challenge"
    assert b"Verify you are human" in body


def test_redirects_lead_to_private_addresses(web: DemoWeb) -> None:
    locations = {
        get(web, "www.innerloop.example", path)[0].getheader("Location") for path in ("/partners", "/alliances")
    }
    assert locations == {"http://169.254.169.254/latest/", "http://127.0.0.1:1/"}


def test_sitemap_has_absolute_addresses_with_the_port(web: DemoWeb) -> None:
    _, body = get(web, "www.corvane.example", "/sitemap.xml")
    assert f"<loc>http://www.corvane.example:{web.port}/partenaires</loc>".encode() in body
    _, robots = get(web, "www.corvane.example", "/robots.txt")
    assert f"Sitemap: http://www.corvane.example:{web.port}/sitemap.xml".encode() in robots


def test_threads_end_with_the_block_though_a_connection_stays_open() -> None:
    before = set(threading.enumerate())
    with DemoWeb(DEMO) as web:
        connection = http.client.HTTPConnection("127.0.0.1", web.port, timeout=60)
        connection.request("GET", "/", headers={"Host": HOSTS[0]})
        connection.getresponse().read()
        began = set(threading.enumerate()) - before
    ended = [thread for thread in began if not thread.is_alive()]
    connection.close()
    assert len(began) == len(ended) == 2  # the server's own and the connection's


def test_port_is_unknown_before_the_block() -> None:
    with pytest.raises(RuntimeError, match="no port"):
        _ = DemoWeb(DEMO).port


def test_resolve_names_every_host(web: DemoWeb) -> None:
    assert web.resolve == [f"{host}:{web.port}:127.0.0.1" for host in HOSTS]


def test_written_seeds_carry_the_port_and_nothing_else_changes(web: DemoWeb, tmp_path: Path) -> None:
    source = DEMO / "seeds" / "demo.csv"
    web.write_seeds(source, tmp_path / "seeds.csv")
    written = (tmp_path / "seeds.csv").read_text(encoding="utf-8")
    assert written.count(f":{web.port}/") == len(seeds())
    assert written.replace(f":{web.port}/", "/") == source.read_text(encoding="utf-8")


def test_seed_of_a_foreign_host_keeps_its_address(web: DemoWeb, tmp_path: Path) -> None:
    source, target = tmp_path / "in.csv", tmp_path / "out.csv"
    source.write_text("name,url\nElsewhere,http://elsewhere.example/\n", encoding="utf-8")
    web.write_seeds(source, target)
    assert target.read_text(encoding="utf-8") == source.read_text(encoding="utf-8")


# the data


def test_every_seed_has_a_host_folder_and_every_folder_a_seed() -> None:
    assert sorted(urlsplit(seed["url"]).netloc for seed in seeds()) == HOSTS


@pytest.mark.parametrize("seed", seeds(), ids=lambda seed: seed["name"])
def test_expected_speaks_the_vocabulary(seed: dict[str, str]) -> None:
    folder = DEMO / "web" / urlsplit(seed["url"]).netloc
    expected = json.loads((folder / "expected.json").read_text(encoding="utf-8"))
    assert set(expected) == {"vendor", "story", "findings", "coverage"}
    assert expected["vendor"] == seed["name"]
    for finding in expected["findings"]:
        assert set(finding) == {"brand", "relation", "evidence", "verdict", "tier"}
        assert finding["brand"] == "veltrana"
        assert finding["relation"] in set(Relation)
        assert set(finding["evidence"].split(",")) <= set(Evidence)
        assert finding["verdict"] in set(VerdictKind)
    for row in expected["coverage"]:
        assert row["outcome"] in set(LookOutcome)
        assert row["path"].startswith("/")


def test_the_demo_shows_every_verdict_that_a_register_can_give() -> None:
    verdicts = {
        finding["verdict"]
        for host in HOSTS
        for finding in json.loads((DEMO / "web" / host / "expected.json").read_text("utf-8"))["findings"]
    }
    assert verdicts == set(VerdictKind) - {VerdictKind.UNDETERMINED}


def test_register_is_well_formed() -> None:
    text = (DEMO / "registers" / "veltrana.csv").read_text(encoding="utf-8")
    assert text.splitlines()[0] == REGISTER_COLUMNS
    rows = list(csv.DictReader(io.StringIO(text)))
    assert len(rows) >= 28
    for row in rows:
        assert None not in row, row
        assert row["relation"] in set(Relation)
        assert row["domain"].endswith(".example")
        begin = dt.date.fromisoformat(row["valid_from"])
        assert not row["valid_until"] or begin < dt.date.fromisoformat(row["valid_until"])
        assert row["source"]


def test_brand_names_only_logos_that_are_there() -> None:
    folder = DEMO / "brands" / "veltrana"
    brand = tomllib.loads((folder / "brand.toml").read_text(encoding="utf-8"))
    assert {logo["file"] for logo in brand["logo"]} == {f"logos/{file.name}" for file in (folder / "logos").iterdir()}
    for logo in brand["logo"]:
        assert logo["variant"] in set(LogoVariant)
        assert "<text" not in (folder / logo["file"]).read_text(encoding="utf-8")


def test_no_link_leaves_the_fictional_web() -> None:
    hosts = set()
    for file in (*DEMO.rglob("*"), ROOT / "bench" / "draw_demo.py"):
        if file.is_file() and file.suffix in {
            ".html",
            ".css",
            ".svg",
            ".xml",
            ".txt",
            ".toml",
            ".csv",
            ".json",
            ".js",
            ".py",
        }:
            hosts |= set(re.findall(r"(?:https?:)?//([\w.-]+\.\w+)", file.read_text(encoding="utf-8")))
    assert {host for host in hosts if not host.endswith(".example")} <= PRIVATE_REDIRECTS | XML_NAMES


@pytest.mark.parametrize("page", PAGES, ids=vendor_name)
def test_every_reference_of_a_page_is_served(web: DemoWeb, page: Path) -> None:
    host, _, path = vendor_name(page).partition("/")
    soup = BeautifulSoup(page.read_text(encoding="utf-8"), "lxml")
    wanted = [tag[name] for name in ("src", "data-src") for tag in soup.find_all(attrs={name: True})]
    wanted += [part.split()[0] for tag in soup.find_all(srcset=True) for part in tag["srcset"].split(",")]
    wanted += [tag["href"] for tag in soup.find_all(["a", "link"], href=True)]
    for reference in wanted:
        address = urljoin(f"http://{host}/{path}", reference)
        if address.startswith("data:") or urlsplit(address).hostname != host:
            continue
        response, body = get(web, host, quote(unquote(urlsplit(address).path)))
        assert response.status in {200, 301, 302, 403}, address
        if response.status == 200 and re.search(r"\.(png|jpg|webp)$", address):
            assert Image.open(io.BytesIO(body)).size > (16, 16)


def test_style_sheet_backgrounds_are_served(web: DemoWeb) -> None:
    for sheet in (DEMO / "web").rglob("*.css"):
        host = vendor_name(sheet).partition("/")[0]
        for reference in re.findall(r"url\([\"']?([^\"')]+)", sheet.read_text(encoding="utf-8")):
            path = urlsplit(urljoin(f"http://{host}/style.css", reference)).path
            assert get(web, host, path)[0].status == 200, (host, path)


def test_inline_logo_is_the_official_drawing() -> None:
    page = (DEMO / "web" / "www.corvane.example" / "partenaires.html").read_text(encoding="utf-8")
    official = (DEMO / "brands" / "veltrana" / "logos" / "veltrana.svg").read_text(encoding="utf-8")
    assert official.strip().removeprefix("<svg ") in page


@pytest.mark.parametrize("host", ["www.nordlichtnetz.example", "www.wallgrove.example", "www.tesselretail.example"])
def test_page_with_the_logo_only_does_not_name_the_brand(host: str) -> None:
    for page in (DEMO / "web" / host).rglob("*.html"):
        assert "veltrana" not in BeautifulSoup(page.read_text(encoding="utf-8"), "lxml").get_text().lower()


def test_demo_stays_small() -> None:
    assert sum(file.stat().st_size for file in DEMO.rglob("*") if file.is_file()) < MAX_DEMO_BYTES


def test_drawing_again_gives_the_same_pictures(tmp_path: Path) -> None:
    spec = importlib.util.spec_from_file_location("draw_demo", ROOT / "bench" / "draw_demo.py")
    assert spec is not None
    assert spec.loader is not None
    draw_demo = importlib.util.module_from_spec(spec)

    sys.modules["draw_demo"] = draw_demo  # dataclasses look their module up by name
    spec.loader.exec_module(draw_demo)
    draw_demo.draw_all(tmp_path)
    del sys.modules["draw_demo"]
    drawn = sorted(file.relative_to(tmp_path) for file in tmp_path.rglob("*") if file.is_file())
    shipped = sorted(
        file.relative_to(DEMO) for file in DEMO.rglob("*") if file.suffix in {".svg", ".png", ".jpg", ".webp"}
    )
    assert drawn == shipped
    for file in drawn:
        if file.suffix == ".svg":
            assert (tmp_path / file).read_bytes() == (DEMO / file).read_bytes(), file
        elif file.suffix == ".png":
            # Pixels, not bytes: another zlib packs the same pixels otherwise.
            with Image.open(tmp_path / file) as again, Image.open(DEMO / file) as before:
                assert again.tobytes() == before.tobytes(), file


# the lexicon

STATEMENT_LISTS = {*STEMS, *SMALL, *LISTS_OF_THEIR_OWN}
LEXICON_FILES = sorted(LEXICON.glob("*.toml"))
ENGLISH = tomllib.loads((LEXICON / "en.toml").read_text(encoding="utf-8"))


def test_lexicon_has_the_languages_that_its_readme_lists() -> None:
    listed = set(re.findall(r"`([a-z]{2})\.toml`", (LEXICON / "README.md").read_text(encoding="utf-8")))
    assert {file.stem for file in LEXICON_FILES} == listed
    assert len(listed) >= 27


@pytest.mark.parametrize("file", LEXICON_FILES, ids=lambda file: file.stem)
def test_lexicon_of_a_language_is_complete(file: Path) -> None:
    lexicon = tomllib.loads(file.read_text(encoding="utf-8"))
    assert lexicon["language"] == file.stem
    assert lexicon["source"]
    assert set(lexicon["statements"]) >= {"partner", "certification", "customer", "past", "denial", "tiers"}
    assert set(lexicon["statements"]) <= STATEMENT_LISTS
    for table in ("pages", "sections", "statements", "health"):
        assert table == "statements" or list(lexicon[table]) == list(ENGLISH[table])
        for key, words in lexicon[table].items():
            assert len(words) >= (1 if table == "statements" else 2), (table, key)
            assert len(set(words)) == len(words), (table, key)
            for word in words:
                assert word == unicodedata.normalize("NFC", word).strip(), (table, key, word)
                assert key == "tiers" or word == word.lower(), (table, key, word)


@pytest.mark.parametrize("file", LEXICON_FILES, ids=lambda file: file.stem)
def test_lexicon_says_each_page_kind_once(file: Path) -> None:
    """A word of `unwanted` in another list would make a page both worth a visit and never worth one."""
    pages = tomllib.loads(file.read_text(encoding="utf-8"))["pages"]
    unwanted = set(pages.pop("unwanted"))
    assert not unwanted & {word for words in pages.values() for word in words}
