"""Files are added to a zip file a piece at a time, and not a byte of it differs from one that was written whole."""

from __future__ import annotations

import io
import zipfile

import pytest

from ledger.proof.verifier import CHUNK_BYTES, OK, check_container, zip_info
from ledger.proof.wacz import add_stored


@pytest.mark.parametrize("size", [0, 1, CHUNK_BYTES, 2 * CHUNK_BYTES + 7])
def test_a_file_that_is_added_in_pieces_is_as_one_that_is_added_whole(tmp_path, size):
    data = bytes(range(256)) * (size // 256) + b"x" * (size % 256)
    whole, pieces = tmp_path / "whole.zip", tmp_path / "pieces.zip"
    with zipfile.ZipFile(whole, "w") as archive:
        archive.writestr(zip_info("a.bin"), data)
    with zipfile.ZipFile(pieces, "w") as archive:
        add_stored(archive, "a.bin", io.BytesIO(data), len(data))
    assert pieces.read_bytes() == whole.read_bytes()
    assert check_container(pieces).outcome == OK
