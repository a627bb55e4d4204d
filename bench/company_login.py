"""Log in and out of the review application by a certified OpenID provider, in a real browser.

Usage: npm install --prefix FOLDER oidc-provider && python -m bench.company_login FOLDER [--pictures FOLDER]

The provider (node) and `partnerproof serve` run on loopback; Chromium goes the whole way: consent, return, pages by role, logout here and
there, somebody without a role. It prints a line for each step, and fails where one is not as it should be.
"""

from __future__ import annotations

import argparse
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from socket import create_server
from typing import Any

from playwright.sync_api import sync_playwright

LOGIN = """
[login.oidc]
issuer = "http://127.0.0.1:{port}"
client_id = "partnerproof"
client_secret_file = "client-secret"
roles = {{ "brand-legal" = "approver", "brand-protection" = "reviewer" }}
button = "Log in with Acme"
"""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("modules", type=Path, help="folder in which oidc-provider is installed")
    parser.add_argument("--pictures", type=Path, help="folder for pictures of the pages")
    options = parser.parse_args()
    ours, theirs = free_port(), free_port()
    with tempfile.TemporaryDirectory() as made:
        root = make_workspace(Path(made) / "space", theirs)
        returns_to = f"http://127.0.0.1:{ours}/login/company/return"
        provider = start(
            ["node", str(Path(__file__).with_suffix(".mjs").resolve()), str(theirs), returns_to], options.modules
        )
        server = start(
            [sys.executable, "-m", "partnerproof", "-w", str(root), "serve", "--port", str(ours), "--no-pictures"],
            Path.cwd(),
        )
        try:
            with sync_playwright() as driver:
                browser = driver.chromium.launch(executable_path=shutil.which("chromium"), args=["--no-sandbox"])
                page = browser.new_page(viewport={"width": 1440, "height": 900})
                go_through(page, f"http://127.0.0.1:{ours}", options.pictures)
                browser.close()
        finally:
            for process in (server, provider):
                process.terminate()
                process.wait(30)


def go_through(page: Any, home: str, pictures: Path | None) -> None:
    def keep(name: str) -> None:
        if pictures is not None:
            page.screenshot(path=pictures / f"{name}.png", full_page=True)

    page.goto(f"{home}/help")
    keep("login")
    began = time.perf_counter()
    page.click("text=Log in with Acme")
    log_in_there(page, "ann")
    page.wait_for_url(f"{home}/help")
    assert "ann (127.0.0.1:" in page.inner_text("header"), page.inner_text("header")
    assert "approver" in page.inner_text("header")
    name = page.inner_text("header a[href='/account']")
    print(f"logged in as {name}, {time.perf_counter() - began:.1f} s")
    page.goto(f"{home}/account")
    keep("account")
    page.click("text=Log out")
    page.wait_for_url(f"{home}/login?left=company")
    keep("logged-out")
    page.goto(f"{home}/login/company")
    page.wait_for_url(f"{home}/")
    print("the session at the provider goes on: logged in again without a password")
    page.click("text=Log out")
    page.click("text=end it, too")
    page.click("button[name=logout]")
    page.wait_for_url(f"{home}/login**")
    page.goto(f"{home}/login/company")
    assert page.locator("input[name=password]").count() == 1, page.content()
    print("ended there, too: the provider asks for a password again")
    log_in_there(page, "zoe")
    page.wait_for_selector("text=You have no role here")
    keep("no-role")
    assert page.goto(f"{home}/help").url.startswith(f"{home}/login")
    print("somebody without a role gets in nowhere")


def log_in_there(page: Any, name: str) -> None:
    page.fill("input[name=login]", name)
    page.fill("input[name=password]", "any, at this provider")
    page.click("button[type=submit]")
    page.click("button:has-text('Continue')")  # the consent


def make_workspace(root: Path, theirs: int) -> Path:
    run = [sys.executable, "-m", "partnerproof"]
    subprocess.run([*run, "init", str(root)], check=True, capture_output=True)
    account = [*run, "-w", str(root), "account", "add", "own", "--role", "admin"]
    subprocess.run(account, input=b"a long enough password\n", check=True, capture_output=True, start_new_session=True)
    with (root / "partnerproof.toml").open("a", encoding="utf-8") as file:
        file.write(LOGIN.format(port=theirs))
    (root / "client-secret").touch(0o600)
    (root / "client-secret").write_text("a-secret-of-the-bench\n", encoding="utf-8")
    return root


def start(command: list[str], folder: Path) -> subprocess.Popen[str]:
    process = subprocess.Popen(command, stdout=subprocess.PIPE, cwd=folder, text=True)
    assert process.stdout is not None
    assert process.stdout.readline(), "it did not start"
    return process


def free_port() -> int:
    with create_server(("127.0.0.1", 0)) as server:
        port: int = server.getsockname()[1]
    return port


if __name__ == "__main__":
    main()
