"""Drawings are rendered in a process of its own that can be killed.

Tests: matcher/decoding/svg_child.py, matcher/decoding/svg_cleaning.py.
"""

from __future__ import annotations

import os
import resource
import signal
import subprocess
import sys
import threading
from pathlib import Path

import pytest
from drawings import encode
from PIL import Image

from ledger.vocabulary import RefusalReason
from matcher import Refusal, thresholds
from matcher.decoding.decode import Picture, decode_image
from matcher.decoding.svg_cleaning import CleanSvg, clean_svg
from matcher.decoding.svg_worker import SvgWorker

SQUARE = b'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 10 10"><rect width="10" height="10"/></svg>'


def cleaned(content: bytes) -> CleanSvg:
    svg = clean_svg(content)
    assert isinstance(svg, CleanSvg), svg
    return svg


def wrapped(inner: str) -> bytes:
    names = 'xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink"'
    return f'<svg {names} viewBox="0 0 10 10">{inner}</svg>'.encode()


@pytest.mark.parametrize(
    "inner",
    [
        '<image xlink:href="FILE" width="10" height="10"/>',
        '<image href="FILE" width="10" height="10"/>',
        '<image href="file://FILE" width="10" height="10"/>',
        '<image href="picture.png" width="10" height="10"/>',
        '<image href="http://127.0.0.1:9/x.png" width="10" height="10"/>',
        '<use href="FILE#a"/>',
        '<style>@import "FILE"; rect { fill: url(FILE) }</style>',
        '<rect style="fill:url(\'FILE\')" width="0" height="0"/>',
        "<script>alert(1)</script>",
        "<foreignObject><p>HTML</p></foreignObject>",
        '<g onload="x()"/>',
        '<image href="data:image/svg+xml,&lt;svg/&gt;" width="9" height="9"/>',
    ],
)
def test_nothing_that_loads_or_runs_reaches_the_renderer(inner: str, tmp_path: Path) -> None:
    secret = tmp_path / "picture.png"
    secret.write_bytes(encode(Image.new("RGB", (10, 10), "red")))
    content = wrapped(inner.replace("FILE", str(secret)))
    text = cleaned(content).content.decode().lower()
    for word in ("picture.png", "http://127", "script", "foreignobject", "onload", "@import", "svg+xml"):
        assert word not in text
    refusal = decode_image(content)
    assert isinstance(refusal, Refusal)
    assert refusal.reason is RefusalReason.BLANK
    drawn = decode_image(content.replace(b"</svg>", b'<path d="M0 0h5v10h-5z"/></svg>'))
    assert isinstance(drawn, Picture), "what the drawing holds of its own is still drawn"
    assert not drawn.pixels[:, 170:, 3].any()


def test_fragments_and_raster_data_images_stay() -> None:
    gradient = '<linearGradient id="g"><stop stop-color="red"/></linearGradient><rect fill="url(#g)"/>'
    assert b"url(#g)" in cleaned(wrapped(gradient)).content
    assert b"data:image/png" in cleaned(wrapped('<image href="data:image/png;base64,AA=="/>')).content


def test_external_entity_is_not_read(tmp_path: Path) -> None:
    secret = tmp_path / "secret.txt"
    secret.write_text("SECRET")
    content = f'<!DOCTYPE svg [<!ENTITY x SYSTEM "file://{secret}">]>'.encode() + wrapped("<text>&x;</text>")
    svg = clean_svg(content)
    assert isinstance(svg, Refusal) or b"SECRET" not in svg.content


def test_worker_that_died_is_replaced() -> None:
    worker = SvgWorker()
    try:
        assert isinstance(worker.render(cleaned(SQUARE)), bytes)
        process = worker._process
        assert process is not None
        os.kill(process.pid, signal.SIGKILL)
        process.wait()
        assert isinstance(worker.render(cleaned(SQUARE)), bytes)
    finally:
        worker.close()


def test_worker_that_is_kept_waiting_refuses_nothing() -> None:
    worker, results = SvgWorker(), list[bytes | Refusal]()
    try:
        worker.render(cleaned(SQUARE))
        process = worker._process
        assert process is not None
        process.send_signal(signal.SIGSTOP)  # as a busy machine does, only more so
        thread = threading.Thread(target=lambda: results.append(worker.render(cleaned(SQUARE))))
        thread.start()
        thread.join(2 * thresholds.WORKER_CPU_LIMIT_S)
        assert results == []
        process.send_signal(signal.SIGCONT)
        thread.join()
        assert isinstance(results[0], bytes)
        assert worker._process is process
    finally:
        worker.close()


def test_worker_that_never_answers_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(thresholds, "WORKER_CLOCK_LIMIT_S", 0.5)
    worker = SvgWorker()
    try:
        worker._started().send_signal(signal.SIGSTOP)
        refusal = worker.render(cleaned(SQUARE))
        assert isinstance(refusal, Refusal)
        assert refusal.reason is RefusalReason.TOO_SLOW
        assert refusal.detail == "the process that decodes it gave no answer within 0.5 s"
    finally:
        worker.close()


def test_threads_share_one_worker() -> None:
    worker, results = SvgWorker(), list[bytes | Refusal]()
    threads = [threading.Thread(target=lambda: results.append(worker.render(cleaned(SQUARE)))) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    worker.close()
    assert len(set(results)) == 1
    assert isinstance(results[0], bytes)


def test_worker_starts_from_any_directory_and_ends_with_its_parent(tmp_path: Path) -> None:
    program = (
        "import sys; sys.path.insert(0, sys.argv[1])\n"
        "from matcher.decoding.decode import decode_image\n"
        "from matcher.decoding import svg_worker\n"
        f"print(decode_image({SQUARE!r}).width_px, svg_worker._WORKER._process.pid)"
    )
    (tmp_path / "struct.py").write_text("raise SystemExit('a stranger\\'s module was imported')")
    done = subprocess.run(
        [sys.executable, "-P", "-W", "error", "-c", program, str(Path(__file__).parents[3])],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.stderr == ""
    width, pid = done.stdout.split()
    assert width == "10"
    with pytest.raises(ProcessLookupError):
        os.kill(int(pid), 0)


def test_worker_may_use_a_limited_amount_of_memory() -> None:
    worker = SvgWorker()
    try:
        process = worker._started()
        limit, hard_limit = resource.prlimit(process.pid, resource.RLIMIT_AS)
        assert limit == hard_limit
        # the most that it used so far: since the limit was set, it may have given some of it back
        status = Path(f"/proc/{process.pid}/status").read_text()
        used = next(int(line.split()[1]) * 1024 for line in status.splitlines() if line.startswith("VmPeak:"))
        assert limit <= used + thresholds.SVG_MEMORY_LIMIT_BYTES
    finally:
        worker.close()


def test_picture_that_takes_too_much_memory_costs_one_refusal() -> None:
    large = CleanSvg(content=SQUARE.replace(b"viewBox", b'width="9000" height="9000" viewBox'), width_px=1, height_px=1)
    worker = SvgWorker()
    try:
        refusal = worker.render(large)
        assert isinstance(refusal, Refusal)
        assert refusal.reason is RefusalReason.CRASHED
        assert isinstance(worker.render(cleaned(SQUARE)), bytes)
    finally:
        worker.close()
