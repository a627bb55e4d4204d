"""Domains that wish not to be visited: a text file, one domain a line, `#` begins a comment. They are never asked."""

from __future__ import annotations

from pathlib import Path

from ledger.domains import normal_domain
from ledger.errors import BadInputError, Problem


def read_opt_out(path: Path) -> frozenset[str]:
    """Return the normal domains of a list; none when there is no such file. Errors: BadInputError with every mistake."""
    try:
        lines = path.read_text(encoding="utf-8-sig").splitlines()
    except FileNotFoundError:
        return frozenset()
    except (OSError, UnicodeDecodeError) as error:
        raise BadInputError(
            Problem(
                where=str(path), expected="a readable text file in UTF-8", got=str(error), next_step="mend the file"
            )
        ) from error
    domains: set[str] = set()
    problems: list[Problem] = []
    for number, line in enumerate(lines, 1):
        entry = line.partition("#")[0].strip()
        if not entry:
            continue
        domain = normal_domain(entry)
        if domain is None:
            problems.append(
                Problem(
                    where=f"{path} line {number}",
                    expected="a domain",
                    got=repr(entry)[:80],
                    next_step="write it as vendor.example",
                )
            )
        else:
            domains.add(domain)
    if problems:
        raise BadInputError(problems)
    return frozenset(domains)
