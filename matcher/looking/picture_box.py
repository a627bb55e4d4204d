"""A rectangle of a picture: for whoever says where in it something is, and looks at no pixel."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Box:
    """A rectangle; x and y of its upper left corner. In px of whatever picture the owner says."""

    x: int
    y: int
    width: int
    height: int

    def scaled_to_source(self, scale: float, width_px: int, height_px: int) -> Box:
        """The same rectangle in a source picture of that size. scale: working px per source px."""
        x, y = min(width_px - 1, int(self.x / scale)), min(height_px - 1, int(self.y / scale))
        right, bottom = round((self.x + self.width) / scale), round((self.y + self.height) / scale)
        return Box(x=x, y=y, width=max(1, min(width_px, right) - x), height=max(1, min(height_px, bottom) - y))
