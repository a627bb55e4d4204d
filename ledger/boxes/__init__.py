"""Boxes: processes of ours in which foreign bytes are read, and what comes out of them."""
