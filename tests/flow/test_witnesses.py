"""What others archived of the same pages is compared with what we saw: the same bytes, the same claim in others, or no claim.

Tests: casebook/dossier/witnesses.py.
"""

from __future__ import annotations

import shutil
import zipfile
from pathlib import Path

import pytest

from casebook.dossier.witnesses import NO_CLAIM, SAME_BYTES, SAME_CLAIM, Witness, address_key, read_witnesses
from ledger.database import Ledger
from tests.conftest import SmallServer, run_partnerproof, send
from tests.flow.archives import Maker
from tests.flow.sealed import PAGE, claim_of

OTHER = PAGE.replace("<title>V</title>", "<title>V, as it was</title>")
WITHOUT = PAGE.replace("<img src='/l.png'>", "")


@pytest.fixture(scope="module")
def crawled(acme_once: Path, logo_png: bytes, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, str]:
    """A workspace and the address that its vendor was seen at."""
    root = shutil.copytree(acme_once, tmp_path_factory.mktemp("witnesses") / "space")
    server = SmallServer({"/partners": send(PAGE), "/l.png": send(logo_png, "image/png")})
    (root / "seeds" / "v.csv").write_text(f"name,url\nBright Harbour,{server.url}/partners\n", encoding="utf-8")
    run_partnerproof("-w", root, "crawl", root / "seeds" / "v.csv", "--delay", "0", "--allow-private")
    server.close()
    return root, server.url


@pytest.fixture
def root(crawled: tuple[Path, str], tmp_path: Path) -> Path:
    return shutil.copytree(crawled[0], tmp_path / "space")


def ingested(root: Path, made: Maker, name: str = "theirs.warc.gz") -> dict[str, Witness]:
    """What the witnesses say after an archive was read, by page and image."""
    file = root.parent / name
    file.write_bytes(made.data)
    run_partnerproof("-w", root, "ingest", file, "--brand", "acme")
    with Ledger.open_readonly(root / "var" / "partnerproof.db") as ledger:
        found = read_witnesses(ledger, claim_of(root))
    assert all(one.archive.endswith(name) for one in found)
    return {one.what: one for one in found}


def test_the_same_bytes(root, crawled, logo_png):
    made = Maker().answer(f"{crawled[1]}/partners", PAGE).answer(f"{crawled[1]}/l.png", logo_png, "image/png")
    found = ingested(root, made)
    assert {what: one.agreement for what, one in found.items()} == {"page": SAME_BYTES, "image": SAME_BYTES}
    assert found["page"].other_at == "2019-05-01T10:11:12Z"
    assert found["page"].own_sha256 == found["page"].other_sha256


def test_other_bytes_with_the_same_claim(root, crawled, logo_png):
    made = Maker().answer(f"{crawled[1]}/partners", OTHER).answer(f"{crawled[1]}/l.png", logo_png, "image/png")
    found = ingested(root, made)
    assert {what: one.agreement for what, one in found.items()} == {"page": SAME_CLAIM, "image": SAME_BYTES}


def test_the_claim_is_not_there(root, crawled):
    found = ingested(root, Maker().answer(f"{crawled[1]}/partners", WITHOUT))
    assert {what: one.agreement for what, one in found.items()} == {"page": NO_CLAIM}


def test_another_page_of_the_vendor_is_no_witness(root, crawled):
    assert ingested(root, Maker().answer(f"{crawled[1]}/about", OTHER)) == {}


def test_addresses_that_differ_only_in_form_are_compared(root, crawled, logo_png):
    port = crawled[1].rpartition(":")[2]
    made = Maker().answer(f"https://127.0.0.1:{port}/partners/#top", OTHER)
    found = ingested(root, made.answer(f"https://127.0.0.1:{port}/l.png", logo_png, "image/png"))
    assert {what: one.agreement for what, one in found.items()} == {"page": SAME_CLAIM, "image": SAME_BYTES}
    assert found["page"].url == f"{crawled[1]}/partners"
    assert found["page"].other_url.startswith(f"https://127.0.0.1:{port}/partners/")


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("http://v.example/partners", "https://v.example/partners"),
        ("https://www.v.example/partners", "https://v.example/partners"),
        ("https://v.example/partners/", "https://v.example/partners"),
        ("https://v.example:443/partners", "http://V.example:80/partners"),
        ("https://v.example/partners#logos", "https://v.example/partners"),
        ("https://v.example", "http://www.v.example/#top"),
        ("https://v.example/p/?id=1", "https://v.example/p?id=1"),
    ],
)
def test_one_address_in_two_forms(one, other):
    assert address_key(one) == address_key(other)


@pytest.mark.parametrize(
    "other",
    ["https://v.example/partners?id=2", "https://v.example:8443/partners?id=1", "https://w.example/partners?id=1", "https://v.example/Partners?id=1", "mailto:a@v.example"],
)  # fmt: skip
def test_two_addresses(other):
    assert address_key("https://v.example/partners?id=1") != address_key(other)


def test_dossier_and_export_show_them(root, crawled, logo_png, tmp_path):
    made = Maker().answer(f"{crawled[1]}/partners", OTHER).answer(f"{crawled[1]}/l.png", logo_png, "image/png")
    ingested(root, made)
    run_partnerproof("-w", root, "report", "--out", tmp_path / "report")
    pages = [path.read_text(encoding="utf-8") for path in (tmp_path / "report" / "claims").glob("*.html")]
    out = tmp_path / "claim.zip"
    run_partnerproof("-w", root, "export", claim_of(root), "--out", out)
    with zipfile.ZipFile(out) as archive:
        pages.append(archive.read("dossier.html").decode())
        read_me = archive.read("READ-ME.html").decode()
    shown = [page for page in pages if "Second witnesses" in page]
    assert len(shown) >= 2
    for page in shown:
        assert f"<td>{SAME_CLAIM}</td>" in page
        assert f"<td>{SAME_BYTES}</td>" in page
        assert "theirs.warc.gz" in page
    assert "the dossier compares 2" in read_me
