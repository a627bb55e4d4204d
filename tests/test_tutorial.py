"""Every command of docs/tutorial.md does what the page says, in its order, in an empty folder."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
import urllib.parse
import urllib.request
from collections.abc import Iterator
from http.cookiejar import CookieJar
from pathlib import Path

from bs4 import BeautifulSoup

from tests.conftest import run_partnerproof

PAGE = Path(__file__).parents[1] / "docs" / "tutorial.md"
VENDOR = "Merrow & Tate Advisory"


def steps() -> Iterator[tuple[str, str]]:
    """Yield each command with what the page shows of its output."""
    for block in re.findall(r"^```console\n(.*?)^```", PAGE.read_text(encoding="utf-8"), re.M | re.S):
        yield from re.findall(r"^\$ (.*)\n((?:(?!\$ ).*\n)*)", block, re.M)


def assert_shown(shown: str, output: str) -> None:
    """Each line of the page is found in the output, in order; … stands for anything."""
    left = re.sub(r"[ \t]+", " ", output)
    for line in shown.splitlines():
        pattern = ".*".join(re.escape(part.strip()) for part in re.sub(r"[ \t]+", " ", line).split("…"))
        if pattern.strip(".*"):
            match = re.search(rf"^ ?{pattern}", left, re.M)
            assert match is not None, f"{line!r} is not in\n{left}"
            left = left[match.end() :]


def decide(address: str) -> None:
    """Press the buttons of step 4 without a browser: open the case, say that there is an agreement which the register lacks."""
    opener = urllib.request.build_opener(urllib.request.HTTPCookieProcessor(CookieJar()))

    def get(url: str) -> BeautifulSoup:
        with opener.open(url) as answer:
            return BeautifulSoup(answer.read(), "lxml")

    queue = get(address)
    link = next(link for link in queue.select("a.open") if VENDOR in link.find_parent("tr").get_text(" "))
    case = get(urllib.parse.urljoin(address, str(link["href"])))
    button = next(button for button in case.select("button[name=decision]") if "register lacks" in button.get_text())
    form = button.find_parent("form")
    fields = [
        (field["name"], field.get("value", "")) for field in form.select("input[name]") if field.get("type") == "hidden"
    ]
    fields += [(str(button["name"]), str(button["value"]))]
    action = urllib.parse.urljoin(address, str(form["action"]))
    with opener.open(action, urllib.parse.urlencode(fields).encode()) as answer:
        assert VENDOR in BeautifulSoup(answer.read(), "lxml").select_one("[role=status]").get_text()


def test_the_tutorial_leads_from_nothing_to_a_closed_case(tmp_path, demo_once):
    folder, proposal, commands = tmp_path, "", []
    for command, shown in steps():
        words = re.findall(r'"[^"]*"|\S+', command)
        arguments = [word.strip('"').replace("PROPOSAL", proposal) for word in words[1:]]
        commands.append(command)
        if words[0] == "cd":
            folder /= arguments[0]
        elif arguments[-1] == "demo":  # run once for all tests
            shutil.copytree(demo_once / "space", folder / arguments[1])
            output = (demo_once / "out.txt").read_text(encoding="utf-8")
            assert_shown(shown, output.replace("space/var", f"{arguments[1]}/var"))
        elif arguments[0] == "serve":
            server = subprocess.Popen(
                [sys.executable, "-m", "partnerproof", *arguments, "--port", "0"], cwd=folder, stdout=subprocess.PIPE, text=True
            )  # fmt: skip
            assert server.stdout is not None
            try:
                address = server.stdout.readline()
                assert_shown(shown, address)
                decide(address.strip())
            finally:
                server.terminate()
                server.wait(30)
                server.stdout.close()
        else:
            # nobody has stamped the seals: so verify says, and ends with 3
            output = run_partnerproof(*arguments, cwd=folder, code=3 if arguments == ["verify"] else 0)
            assert_shown(shown, output)
            if arguments == ["register", "proposals"]:
                found = re.search(r"^(\w{26}) ", output, re.M)
                assert found is not None
                proposal = found[1]
    assert len(commands) > 8
    assert run_partnerproof("register", "proposals", cwd=folder).startswith("nothing is proposed")
