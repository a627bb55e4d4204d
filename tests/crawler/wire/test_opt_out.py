"""The list of domains that are never asked."""

from __future__ import annotations

import pytest

from crawler.wire.opt_out import read_opt_out
from ledger.errors import BadInputError


def test_domains_are_read_in_one_form(tmp_path):
    file = tmp_path / "opt-out.txt"
    file.write_text("# asked by letter\nVendor.example  # 2026\n\nbücher.example\n", encoding="utf-8-sig")
    assert read_opt_out(file) == {"vendor.example", "xn--bcher-kva.example"}


def test_no_list_names_nobody(tmp_path):
    assert read_opt_out(tmp_path / "none.txt") == frozenset()


def test_every_mistake_is_named_with_its_line(tmp_path):
    file = tmp_path / "opt-out.txt"
    file.write_text("vendor.example\nnot a domain\n/\n")
    with pytest.raises(BadInputError) as refused:
        read_opt_out(file)
    assert [problem.where.rpartition(" ")[2] for problem in refused.value.problems] == ["2", "3"]
