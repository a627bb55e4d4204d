"""Bytes of an image → whether it is a small copy that stands in for a picture: blurred, to be replaced when the picture comes."""

from __future__ import annotations

import io
import warnings

from PIL import Image

from ledger.boxes.boxed_calls import BoxedCallError, read_foreign

MAX_BYTES = 20_000  # of such a copy; most have under 1 kB
SMALL_SIDE_PX = 64  # Gatsby's have 20, Wix's 49, Shopify's 32


def is_small_in_box(content: bytes) -> bool:
    """The same as is_small_picture, for a process that reads nothing foreign itself. An image that can't be read is none."""
    if not content or len(content) > MAX_BYTES:
        return False
    try:
        return read_foreign(is_small_picture, content)
    except BoxedCallError:
        return False


def is_small_picture(content: bytes) -> bool:
    """Tell whether an image announces sides of SMALL_SIDE_PX at most; nothing of it is decoded."""
    if not content or len(content) > MAX_BYTES:
        return False
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # remarks on odd files
            with Image.open(io.BytesIO(content)) as image:
                return max(image.size) <= SMALL_SIDE_PX
    except Exception:  # noqa: BLE001  # parsers of hostile bytes raise whatever they trip over
        return False
