"""Puts all packages of the wheel under one roof: what a checkout imports as `ledger`, an installed program has as `partnerproof.ledger`.

Run by hatchling when it builds a wheel (pyproject.toml). The repository keeps its rooms side by side; in somebody's environment, names such as `crawler`
and `matcher` would clash with other packages. Only import statements are rewritten; whatever names a module in a text builds the name
from `__name__`. An editable install stays as the checkout is.
"""

from __future__ import annotations

import ast
import re
import shutil
import tempfile
from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface

ROOF = "partnerproof"
ROOMS = ("ledger", "crawler", "matcher", "casebook")
DATA = (
    "lexicon", "letters", "demo", "background", "noise.toml", "roles.toml", "relations.toml", "evidence_rates.toml", "shared_hosts.toml", "lists.toml",
)  # fmt: skip
_IMPORT = re.compile(rf"^(\s*)(from|import)( +)({'|'.join(ROOMS)})(?=[. ])", re.M)


class OneRoof(BuildHookInterface[Any]):
    """The hook, as hatchling calls it."""

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Add the packages and their data to the wheel."""
        if version == "editable":
            return
        root = Path(self.root)
        self._folder = Path(tempfile.mkdtemp(prefix="one-roof-"))
        for source, target in [(ROOF, "."), *((room, room) for room in ROOMS)]:
            copy_package(root / source, self._folder / target)
        build_data["force_include"][str(self._folder)] = ROOF
        for name in DATA:
            build_data["force_include"][str(root / "data" / name)] = f"{ROOF}/data/{name}"

    def finalize(self, version: str, build_data: dict[str, Any], artifact_path: str) -> None:
        """Take away the copies."""
        if version != "editable":
            shutil.rmtree(self._folder, ignore_errors=True)


def copy_package(source: Path, target: Path) -> None:
    """Copy a package with its imports rewritten. Errors: ValueError for an import that can't be."""
    for path in sorted(source.rglob("*")):
        copy = target / path.relative_to(source)
        if path.is_dir() or "__pycache__" in path.parts:
            continue
        copy.parent.mkdir(parents=True, exist_ok=True)
        if path.suffix == ".py":
            copy.write_text(rewrite_imports(path.read_text(encoding="utf-8"), str(path)), encoding="utf-8")
        else:
            shutil.copyfile(path, copy)


def rewrite_imports(source: str, name: str) -> str:
    """Return a module's text with the imports of rooms as those of the roof's. Errors: ValueError, with the place."""
    rewritten = _IMPORT.sub(rf"\1\2\3{ROOF}.\4", source)
    for node in ast.walk(ast.parse(rewritten, name)):
        names = [node.module or ""] if isinstance(node, ast.ImportFrom) else []
        if isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
            bare = [alias.name for alias in node.names if alias.asname is None and alias.name.startswith(f"{ROOF}.")]
            if bare:  # `import partnerproof.ledger` would not make the name `ledger`
                raise ValueError(f"{name} line {node.lineno}: write `from … import …` instead of `import {bare[0]}`")
        if any(each.partition(".")[0] in ROOMS for each in names):
            raise ValueError(f"{name} line {node.lineno}: this import can't be rewritten; give it a line of its own")
    return rewritten
