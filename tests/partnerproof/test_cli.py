"""The command line: overview, help with examples, and mistakes explained with exit code 2.

Tests: ledger/errors.py, partnerproof/cli/choice.py, partnerproof/cli/command.py, partnerproof/cli/init.py,
partnerproof/cli/progress.py, partnerproof/cli/status.py, partnerproof/config.py, partnerproof/crawl_status.py,
partnerproof/next_step.py, partnerproof/version.py, partnerproof/workspace.py.
"""

from __future__ import annotations

import hashlib
import json
import sqlite3

import click
import pytest

from partnerproof.cli.command import root
from partnerproof.config import read_config
from tests.conftest import add_account, run_partnerproof


def commands(group: click.Group, path: tuple[str, ...] = ()) -> list[tuple[tuple[str, ...], click.Command]]:
    found: list[tuple[tuple[str, ...], click.Command]] = []
    context = click.Context(group)
    for name in group.list_commands(context):
        command = group.get_command(context, name)
        assert command is not None
        found.append(((*path, name), command))
        if isinstance(command, click.Group):
            found += commands(command, (*path, name))
    return found


@pytest.mark.parametrize(
    ("path", "command"), commands(root), ids=lambda value: " ".join(value) if isinstance(value, tuple) else ""
)
def test_every_command_has_a_sentence_and_a_runnable_example(path, command):
    assert command.help
    example = command.help.split("Example:")[1].strip().splitlines()[0]
    words = example.split()
    assert words[0] == "partnerproof"
    assert words[1] == path[0]


def test_without_arguments_the_flow_and_the_next_step_are_shown(tmp_path, acme):
    assert "partnerproof init myspace" in run_partnerproof(cwd=tmp_path)
    assert "partnerproof crawl vendors.csv --brand acme" in run_partnerproof("-w", acme)


def test_a_workspace_is_made_once(tmp_path):
    run_partnerproof("init", tmp_path / "w")
    assert sorted(p.name for p in (tmp_path / "w").iterdir()) == [
        ".gitignore",
        "brands",
        "lexicon",
        "partnerproof.toml",
        "registers",
        "scrapy.cfg",
        "seeds",
        "var",
    ]
    assert "one that has it" in run_partnerproof("init", tmp_path / "w", code=2)


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (("crawl", "none.csv"), "none.csv: expected a readable file, got No such file or directory"),
        (("crawl", "none.csv", "--brand", "nobody"), "nobody"),
        (("register", "import", "acme", "none.csv"), "none.csv"),
        (("register", "import", "nobody", "none.csv"), "nobody"),
        (("brand", "add", "Bad Slug", "--name", "X", "--logos", "."), "logos"),
        (("check", "nonsense", "--brand", "acme"), "expected a web address"),
        (("check", "http://v.example/", "--resolve", "v.example:80"), "HOST:PORT:ADDRESS"),
        (("findings", "--verdict", "guilty"), "guilty"),
        (("findings",), "no such file"),
        (("report",), "no such file"),
        (("nonsense",), "nonsense"),
    ],
)
def test_mistakes_are_explained_without_a_traceback(acme, arguments, told, tmp_path):
    if arguments[0] in ("findings", "report"):
        (acme / "var" / "partnerproof.db").unlink()
    assert told in run_partnerproof("-w", acme, *arguments, code=2, cwd=tmp_path)


def test_every_mistake_of_a_configuration_is_named_at_once(tmp_path):
    run_partnerproof("init", tmp_path / "w")
    (tmp_path / "w" / "partnerproof.toml").write_text('[crawl]\ndelay_s = "fast"\nmax_pages = 0\ncolour = "red"\n')
    told = run_partnerproof("-w", tmp_path / "w", "brand", "list", code=2)
    for place in ("line 2, crawl.delay_s", "line 3, crawl.max_pages", "line 4, crawl.colour"):
        assert place in told


def test_a_file_that_is_no_database_is_explained(acme):
    (acme / "var" / "partnerproof.db").write_bytes(b"this is no database" * 100)
    assert "made by partnerproof" in run_partnerproof("-w", acme, "findings", code=2)


def test_two_writers_do_not_meet(acme, tmp_path):
    import fcntl

    with (acme / "var" / "lock").open("a+") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        assert "is writing here" in run_partnerproof("--wait", "0.1", "-w", acme, "match", code=3)


def test_a_file_where_a_folder_is_needed_is_told(acme, tmp_path, logo_png):
    (acme / "brands" / "file").write_text("")
    (tmp_path / "x.png").write_bytes(logo_png)
    (acme / "report").write_text("no folder")
    assert "report" in run_partnerproof("-w", acme, "report", "--out", acme / "report", code=3)


def test_scrapy_reads_the_workspace_configuration(acme):
    import subprocess
    import sys

    config = acme / "partnerproof.toml"
    config.write_text(
        config.read_text()
        .replace("delay_s = 0.25", "delay_s = 9")
        .replace('contact = ""', 'contact = "mailto:a@b.example"')
    )
    command = [sys.executable, "-m", "scrapy", "settings", "--get"]
    told = [
        subprocess.run([*command, name], cwd=acme, capture_output=True, text=True, check=True).stdout
        for name in ("DOWNLOAD_DELAY", "USER_AGENT")
    ]
    assert told[0].strip() in ("9", "9.0")
    assert "(+mailto:a@b.example)" in told[1]


def test_scrapy_lists_and_runs_the_spider(acme, serve, tmp_path):
    import subprocess
    import sys

    from tests.conftest import send

    server = serve({"/": send("<title>V</title><p>" + "Words. " * 100)})
    (tmp_path / "v.csv").write_text(f"url\n{server.url}/\n")
    scrapy = [sys.executable, "-m", "scrapy"]
    assert (
        subprocess.run([*scrapy, "list"], cwd=acme, capture_output=True, text=True, check=True).stdout == "partners\n"
    )
    settings = ["-s", "PARTNERPROOF_ALLOW_PRIVATE=1", "-s", "DOWNLOAD_DELAY=0"]
    subprocess.run(
        [*scrapy, "crawl", "partners", "-a", f"seeds={tmp_path / 'v.csv'}", *settings],
        cwd=acme,
        check=True,
        capture_output=True,
    )
    assert '"done": 1' in run_partnerproof("-w", acme, "status", "--json")
    with sqlite3.connect(f"file:{acme}/var/partnerproof.db?mode=ro", uri=True) as database:
        made_with = json.loads(database.execute("SELECT made_with FROM crawls").fetchone()[0])
    assert {"tool", "scrapy", "extractor_version", "settings_sha256", "lexicon_digest"} <= made_with.keys()
    assert made_with["settings_sha256"] == hashlib.sha256((acme / "partnerproof.toml").read_bytes()).hexdigest()


def test_a_configuration_may_begin_with_the_mark_that_some_editors_write(tmp_path):
    path = tmp_path / "partnerproof.toml"
    path.write_text("[crawl]\nmax_pages = 7\n", encoding="utf-8-sig")
    assert read_config(path).crawl.max_pages == 7


def test_what_is_written_is_for_its_user_alone(tmp_path):
    run_partnerproof("init", tmp_path / "space")
    add_account(tmp_path / "space", "ann", "reader", "a long enough password")
    open_to_others = [path for path in (tmp_path / "space").rglob("*") if path.stat().st_mode & 0o077]
    assert open_to_others == []
    assert (tmp_path / "space").stat().st_mode & 0o077 == 0
