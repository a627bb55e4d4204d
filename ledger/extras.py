"""How to install what an extra needs, in a command that works wherever this program runs from."""

from __future__ import annotations

import re
import shlex
from functools import cache
from importlib.metadata import PackageNotFoundError, requires


@cache
def how_to_install(extra: str) -> str:
    """Return the command that installs the packages of an extra, by this program's own metadata: `pip install 'openpyxl<4,>=3.1.5'`.

    It names the packages, not this program: as long as its name is not registered with an index, whoever registers it
    there could be anybody.
    """
    try:
        listed = requires("partnerproof") or []
    except PackageNotFoundError:  # a checkout that is not installed
        return f"pip install --editable '.[{extra}]'"
    named = re.compile(rf"extra == ['\"]{re.escape(extra)}['\"]")
    packages = sorted(line.partition(";")[0].strip() for line in listed if named.search(line))
    return shlex.join(["pip", "install", *packages])
