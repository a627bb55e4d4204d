"""Bytes of an image file to pixels, within limits, in processes that can be killed."""
