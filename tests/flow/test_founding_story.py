"""The case that shaped the program, over eight years: a logo appears, nothing ever allowed it, it goes, and a sentence stays.

The vendor's pages come from archives of their days. When the register was imported is set back to its day: the clock.

Tests: partnerproof/cli/diff.py, partnerproof/cli/register_groups.py, partnerproof/cli/register_search.py.
"""

from __future__ import annotations

import json
import shutil
import sqlite3
from pathlib import Path

import pytest

from tests.conftest import made_once, run_partnerproof
from tests.flow.archives import Maker

HOST = "http://www.sensegrid.example"
WORDS = "<p>" + "Words about sensors for ports and towns. " * 30 + "</p>"
MENU = '<nav><a href="/">Home</a> <a href="/partners">Our partners</a> <a href="/about">About us</a></nav>'
HOME = f"<title>SenseGrid</title>{MENU}<h1>SenseGrid watches over towns</h1>{WORDS}"
LOGO = '<img src="/acme.png" alt="A software company">'
CLAIMING = f"<title>Partners</title>{MENU}<h1>Our partners</h1>{WORDS}{LOGO}"
REVISED = f"<title>Partners</title>{MENU}<h1>Technologies that we use</h1>{WORDS}{LOGO}"
EMPTY = f"<title>Partners</title>{MENU}<h1>Our partners</h1>{WORDS}<p>This list is being revised.</p>"
ABOUT = f"<title>About us</title>{MENU}<h1>About us</h1>{WORDS}"
STILL = f"<title>About us</title>{MENU}<h1>About us</h1>{WORDS}<p>SenseGrid is a valued partner of Acme.</p>"
DENIES = f"<title>About us</title>{MENU}<h1>About us</h1>{WORDS}<p>We are not affiliated with Acme.</p>"
DAYS = {
    "2018-03-01": (ABOUT, EMPTY),
    "2019-05-01": (ABOUT, CLAIMING),
    "2021-04-20": (STILL, CLAIMING),
    "2021-07-01": (STILL, REVISED),
    "2021-08-01": (STILL, EMPTY),
    "2026-10-01": (DENIES, EMPTY),
}
SEEDS = "name,url,parent\nSenseGrid,http://www.sensegrid.example/,Tallow Holdings\n"


@pytest.fixture(scope="module")
def space(acme_once: Path, logo_png: bytes, tmp_path_factory: pytest.TempPathFactory) -> Path:
    made = made_once(tmp_path_factory, "story", lambda folder: _ingest(folder, acme_once, logo_png))
    return shutil.copytree(made / "space", tmp_path_factory.mktemp("story") / "space")


def _ingest(folder: Path, acme_once: Path, logo_png: bytes) -> None:
    root = shutil.copytree(acme_once, folder / "space")
    with sqlite3.connect(root / "var" / "partnerproof.db") as database:
        database.execute("UPDATE register_snapshots SET recorded_at = '2016-01-01T00:00:00Z'")
    (folder / "seeds.csv").write_text(SEEDS, encoding="utf-8")
    files = []
    for day, (about, partners) in DAYS.items():
        made = Maker()
        for path, body in (("/", HOME), ("/about", about), ("/partners", partners)):
            made.answer(f"{HOST}{path}", body, at=f"{day}T10:00:00Z")
        made.answer(f"{HOST}/acme.png", logo_png, "image/png", at=f"{day}T10:00:05Z")
        files.append(folder / f"{day}.warc.gz")
        files[-1].write_bytes(made.data)
    run_partnerproof("-w", root, "ingest", *files, "--brand", "acme", "--seeds", folder / "seeds.csv")


def rows(root: Path, sql: str, *values: str) -> list[tuple[object, ...]]:
    with sqlite3.connect(f"file:{root}/var/partnerproof.db?mode=ro", uri=True) as database:
        return database.execute(sql, values).fetchall()


def test_the_claims_have_their_days(space):
    dates = {
        relation: tuple(day and day[:10] for day in days)
        for relation, *days in rows(
            space, "SELECT relation, not_yet_seen, first_seen, last_seen, gone_by FROM v_claim_dates"
        )
    }
    # the logo came between 2018 and 2019; the sentence was last read in August 2021
    assert dates["partner"] == ("2018-03-01", "2019-05-01", "2021-08-01", "2026-10-01")
    assert dates["technology"] == ("2021-04-20", "2021-07-01", "2021-07-01", "2021-08-01")
    assert dates["denied"] == ("2021-08-01", "2026-10-01", "2026-10-01", None)


def test_the_register_knew_neither_the_company_nor_its_parent_for_five_years(space, tmp_path):
    for company in ("SenseGrid", "Tallow Holdings"):
        page = tmp_path / f"{company}.html"
        told = run_partnerproof(
            "-w", space, "register", "search", company, "--brand", "acme", "--as-of", "2021-05-01", "--window", "5y",
            "--known-at", "2021-05-01", "--certificate", page, "--json",
        )  # fmt: skip
        record = json.loads(told)
        assert (record["hits"], record["as_of"], record["period_from"]) == ([], "2021-05-01", "2016-05-01")
        assert company in page.read_text(encoding="utf-8")
        run_partnerproof("-w", space, "register", "search", "--again", record["search_id"])  # exit 0: the same record


def test_the_verdicts_are_replayed_at_each_date(space):
    replayed = {}
    for day in ("2018-06-01", "2019-06-01", "2021-05-01", "2021-07-15", "2021-09-01", "2026-11-01"):
        told = run_partnerproof("-w", space, "judge", "--as-of", day, "--known-at", day)
        assert "replayed as of" in told
        judging = rows(space, "SELECT max(judging_id) FROM judgings WHERE cause = 'replay' AND as_of = ?", day)[0][0]
        replayed[day] = dict(
            rows(space, "SELECT relation, verdict FROM v_verdicts WHERE judging_id = ?", judging or "")
        )
    none, allowed = "no-authorisation", "not-a-partnership-claim"
    assert replayed == {
        "2018-06-01": {},
        "2019-06-01": {"partner": none},
        "2021-05-01": {"partner": none},
        "2021-07-15": {"partner": none, "technology": allowed},
        "2021-09-01": {"partner": none, "technology": allowed},
        "2026-11-01": {"partner": none, "technology": allowed, "denied": "disclaimed"},
    }


def test_what_speaks_against_it_grows_with_what_is_known(space):
    def objections(day: str) -> str:
        run_partnerproof("-w", space, "judge", "--as-of", day, "--known-at", day)
        sql = "SELECT objections FROM v_verdicts WHERE relation = 'partner' AND as_of = ? AND is_replay = 1 ORDER BY sequence DESC"
        return str(rows(space, sql, day)[0][0])

    assert "a logo only" in objections("2019-06-01")
    assert "a logo only" not in objections("2021-05-01")
    assert "not affiliated" not in objections("2021-09-01")
    now = objections("2026-11-01")
    assert "another page of the vendor says “We are not affiliated with Acme.”" in now or "the same page says" in now
    assert "it is gone: its pages were read without it on 2026-10-01" in now
    assert "was recorded 3957 days before" in now


def test_a_register_that_allows_it_later_changes_what_is_said_now_and_not_what_was_said_then(space, tmp_path):
    root = tmp_path / "space"
    shutil.copytree(space, root)
    register = tmp_path / "partners.csv"
    register.write_text(
        "company,domain,relation,valid_from,valid_until\nKnown Ltd,known.example,partner,2020-01-01,\n"
        "SenseGrid Ltd,sensegrid.example,partner,2018-01-01,\n",
        encoding="utf-8",
    )
    run_partnerproof("-w", root, "register", "import", "acme", register)
    assert dict(rows(root, "SELECT relation, verdict FROM v_findings"))["partner"] == "authorised"
    run_partnerproof("-w", root, "judge", "--as-of", "2021-05-01", "--known-at", "2021-05-01")
    then = rows(
        root, "SELECT verdict FROM v_verdicts WHERE is_replay = 1 AND relation = 'partner' ORDER BY judging_id DESC"
    )
    assert then[0][0] == "no-authorisation"
    changes = json.loads(run_partnerproof("-w", root, "diff", "--json"))
    # whole lines and ids, however narrow the terminal is
    assert f"    {changes[0]['details'][0]}" in run_partnerproof("-w", root, "diff").splitlines()
    runs = json.loads(run_partnerproof("-w", root, "diff", "--list", "--json"))
    assert runs[0]["judging_id"] in run_partnerproof("-w", root, "diff", "--list")
    told = {c["relation"]: (c["before"], c["after"], c["because"]) for c in changes}
    assert told == {
        "partner": ("no-authorisation", "authorised", ["register"]),
        "technology": ("not-a-partnership-claim", "authorised", ["register"]),
    }
