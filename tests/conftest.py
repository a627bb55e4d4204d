"""What tests of every room share: a fixed instant, drawn logos, a workspace, a small server."""

from __future__ import annotations

import fcntl
import io
import os
import shutil
import ssl
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings
from PIL import Image, ImageDraw

from ledger.lexicon import Lexicon
from matcher import LogoMatcher, thresholds
from matcher.brands.official_logos import make_official_logo
from tests.launcher import close, launch
from tests.new_ledger import copy_from, make_template

# on a busy machine nothing is wrong with an example that takes long by the clock
settings.register_profile("any machine", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("any machine")

NOW = "2026-11-23T06:34:29Z"


def made_once(factory: pytest.TempPathFactory, name: str, make: Callable[[Path], object]) -> Path:
    """Return the folder that `make` filled, once for all processes of a test run; nobody writes to it afterwards."""
    base = factory.getbasetemp()
    folder = (base.parent if "PYTEST_XDIST_WORKER" in os.environ else base) / "once" / name
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not (folder / "made").exists():
            shutil.rmtree(folder / "it", ignore_errors=True)
            (folder / "it").mkdir()
            make(folder / "it")
            (folder / "made").touch()
    return folder / "it"


@pytest.fixture(scope="session", autouse=True)
def new_database(tmp_path_factory: pytest.TempPathFactory) -> None:
    """The database that new_ledger copies."""
    copy_from(made_once(tmp_path_factory, "new-database", make_template))


@pytest.fixture(scope="session", autouse=True)
def own_cache(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """A cache folder of the test run, also for the processes that it starts: the user's own is left alone."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("XDG_CACHE_HOME", str(made_once(tmp_path_factory, "cache", lambda _: None)))
        yield


def pytest_sessionfinish() -> None:
    close()


@pytest.fixture(scope="session")
def lexicon() -> Lexicon:
    return Lexicon.load()


def draw_logo(size: tuple[int, int] = (220, 80), ink: str = "#123c7a") -> Image.Image:
    """A fictional mark that no other shape resembles: arrow, ring and three bars."""
    picture = Image.new("RGBA", (880, 320), (0, 0, 0, 0))
    draw = ImageDraw.Draw(picture)
    draw.polygon([(20, 300), (150, 20), (280, 300), (150, 220)], fill=ink)
    draw.ellipse((330, 60, 530, 260), outline=ink, width=44)
    for place, height in enumerate((240, 130, 190)):
        draw.rectangle((590 + place * 95, 290 - height, 650 + place * 95, 290), fill=ink)
    return picture.resize(size, Image.Resampling.LANCZOS)


def draw_lookalike(strangeness: float, size: tuple[int, int] = (220, 80), ink: str = "#123c7a") -> Image.Image:
    """A mark that is not Acme's and was drawn after it: 0 = the same, 1 = another one."""
    picture = Image.new("RGBA", (880, 320), (0, 0, 0, 0))
    draw = ImageDraw.Draw(picture)

    def between(mine: float, other: float) -> float:
        return mine + (other - mine) * strangeness

    draw.polygon([(20, 300), (150, between(20, 260)), (280, between(300, 40)), (150, between(220, 300))], fill=ink)
    draw.ellipse((330, 60, 530, between(260, 180)), outline=ink, width=44)
    for place, (height, other) in enumerate(((240, 60), (130, 280), (190, 40))):
        draw.rectangle((590 + place * 95, 290 - between(height, other), 650 + place * 95, 290), fill=ink)
    return picture.resize(size, Image.Resampling.LANCZOS)


@pytest.fixture(scope="session")
def lookalike_png(logo_png: bytes) -> bytes:
    """A picture that resembles Acme's logo too little to count as a match, and too much to be passed over."""
    matcher = LogoMatcher([make_official_logo("acme", "acme.png", logo_png)])
    for step in range(100):
        picture = png(draw_lookalike(step / 100))
        if matcher.best_scores(picture).get("acme", 0) < thresholds.ACCEPT_SCORE - 0.05:
            return picture
    pytest.fail("no drawing lies between the official one and a stranger's")


def png(picture: Image.Image) -> bytes:
    buffer = io.BytesIO()
    picture.save(buffer, "PNG")
    return buffer.getvalue()


@pytest.fixture(scope="session")
def logo_png() -> bytes:
    return png(draw_logo())


Answer = Callable[[BaseHTTPRequestHandler], None]


class QuietHandler(BaseHTTPRequestHandler):
    """Says nothing of requests, nor of clients that hang up."""

    protocol_version = "HTTP/1.1"

    def log_message(self, *args: object) -> None:
        pass

    def handle(self) -> None:
        try:
            super().handle()
        except (ConnectionError, TimeoutError, ssl.SSLError):
            self.close_connection = True


class SmallServer:
    """A real HTTP server on loopback; answers maps paths to functions that write the whole answer."""

    def __init__(self, answers: dict[str, Answer]) -> None:
        self.requests: list[str] = []
        outer = self

        class Handler(QuietHandler):
            def do_GET(self) -> None:
                outer.requests.append(self.path)
                answers.get(self.path.split("?")[0], not_found)(self)

            do_POST = do_GET  # noqa: N815  # the name that http.server asks for

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        self.url = f"http://127.0.0.1:{self._server.server_address[1]}"
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()


def send(body: bytes | str, kind: str = "text/html; charset=utf-8", status: int = 200, **headers: str) -> Answer:
    data = body.encode() if isinstance(body, str) else body

    def answer(handler: BaseHTTPRequestHandler) -> None:
        handler.send_response(status)
        handler.send_header("Content-Type", kind)
        handler.send_header("Content-Length", str(len(data)))
        for name, value in headers.items():
            handler.send_header(name.replace("_", "-"), value)
        handler.end_headers()
        handler.wfile.write(data)

    return answer


not_found = send("<title>Page not found</title>", status=404)


@pytest.fixture
def serve() -> Iterator[Callable[[dict[str, Answer]], SmallServer]]:
    servers: list[SmallServer] = []

    def start(answers: dict[str, Answer]) -> SmallServer:
        servers.append(SmallServer(answers))
        return servers[-1]

    yield start
    for server in servers:
        server.close()


def run_partnerproof(*arguments: str | Path, cwd: Path | None = None, code: int = 0, timeout: float = 1_200) -> str:
    """Run the program as a user does, in a process of its own; returns stdout and checks the exit code."""
    done = launch([str(one) for one in arguments], cwd=cwd, timeout_s=timeout)
    assert done.returncode == code, f"exit {done.returncode}\n{done.stdout}\n{done.stderr}"
    assert "Traceback" not in done.stderr, done.stderr
    return done.stdout if code == 0 else done.stdout + done.stderr


def add_account(root: Path, name: str, role: str, password: str) -> None:
    """Make an account of a workspace, the password as a line of the input."""
    command = [sys.executable, "-m", "partnerproof", "-w", str(root), "account", "add", name, "--role", role]
    subprocess.run(command, input=f"{password}\n", capture_output=True, text=True, check=True, start_new_session=True)


@pytest.fixture(scope="session")
def demo_once(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder in which the demo was run once: space/ is its workspace, out.txt what it printed."""

    def make(folder: Path) -> None:
        printed = run_partnerproof("-w", "space", "demo", cwd=folder)
        (folder / "out.txt").write_text(printed, encoding="utf-8")

    return made_once(tmp_path_factory, "demo", make)


@pytest.fixture
def crawled_shards(tmp_path_factory: pytest.TempPathFactory, tmp_path: Path) -> object:
    """A workspace where a crawl began, with its two shards as they came home."""
    from tests.shards import CrawledShards, make_shards  # takes long to import, and few tests need it

    return CrawledShards(made_once(tmp_path_factory, "shards", make_shards), tmp_path)


@pytest.fixture(scope="session")
def acme_once(tmp_path_factory: pytest.TempPathFactory, logo_png: bytes) -> Path:
    return made_once(tmp_path_factory, "acme", lambda folder: make_acme(folder, logo_png)) / "space"


def make_acme(folder: Path, logo_png: bytes) -> Path:
    """Make folder/space: a workspace with the brand Acme and a register that knows one company."""
    root, logos, register = folder / "space", folder / "logos", folder / "partners.csv"
    logos.mkdir()
    (logos / "acme.png").write_bytes(logo_png)
    register.write_text(
        "company,domain,relation,valid_from,valid_until\nKnown Ltd,known.example,partner,2020-01-01,\n",
        encoding="utf-8",
    )
    named = ("--name", "Acme", "--alias", "艾克米", "--domain", "acme.example")
    run_partnerproof("init", root)
    run_partnerproof("-w", root, "brand", "add", "acme", *named, "--logos", logos)
    run_partnerproof("-w", root, "register", "import", "acme", register)
    return root


@pytest.fixture
def acme(acme_once: Path, tmp_path: Path) -> Path:
    """A workspace of the test's own with the brand Acme and a register that knows one company."""
    return shutil.copytree(acme_once, tmp_path / "space")
