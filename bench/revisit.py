"""What a second crawl costs against the first, when 0 %, 5 % or all of the vendors have changed.

    python -m bench.revisit [--vendors 200] [--images 20]

Each share is a crawl of its own after the same first one. Requests are those that reached the server; bytes are bodies that
it sent.
"""

from __future__ import annotations

import argparse
import shutil
import sys
import tempfile
from pathlib import Path

from bench.generated_web import GeneratedWeb
from bench.kill import make_workspace, run_to_end

SHARES = (0, 5, 100)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--vendors", type=int, default=200)
    parser.add_argument("--images", type=int, default=20)
    options = parser.parse_args()
    with (
        tempfile.TemporaryDirectory() as folder,
        GeneratedWeb(options.vendors, images=options.images, is_realistic=True) as web,
    ):
        first, seeds = Path(folder, "first"), Path(folder, "seeds.csv")
        web.write_seeds(seeds)
        make_workspace(first)
        seconds = run_to_end(first, seeds)
        print(f"first crawl:    {_told(web, seconds)}", flush=True)
        for share in SHARES:
            web.edition, web.changed_percent = 1, share
            again = shutil.copytree(first, Path(folder, f"again-{share}"))
            _forget(web)
            seconds = run_to_end(again, seeds)
            print(f"{share:3d} % changed:  {_told(web, seconds)}", flush=True)
            shutil.rmtree(again)
    return 0


def _told(web: GeneratedWeb, seconds: float) -> str:
    sent = web.sent_bytes / 1e6
    return f"{web.requests.total():7d} requests ({web.not_modified} answered 304), {sent:8.2f} MB sent, {seconds:.0f} s"


def _forget(web: GeneratedWeb) -> None:
    web.requests.clear()
    web.sent_bytes = web.not_modified = 0


if __name__ == "__main__":
    sys.exit(main())
