"""Figures as SVG, drawn on the server: bars, columns over time, and curves of what remains.

A figure is a picture to a screen reader, with a title and one sentence; its numbers stand in a table beside it. Colours are classes
(`k0` …) of charts.css, so that they follow light and dark mode; what they tell is also told by order, dash or label.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from xml.etree import ElementTree as ET

from markupsafe import Markup

from casebook.cases.survival import Curve
from casebook.files.figures import FULL_WIDTH as WIDTH
from casebook.files.figures import add_shape, add_text, begin_svg, shorten_label, write_svg

COLOURS = 7  # k0 to k6 in charts.css; the last is for what is left over
_BARS_WIDTH = 420  # narrower, so that a phone shows all of it
_BAR, _GAP, _LEFT, _RIGHT = 20, 8, 150, 56
_PLOT_HEIGHT, _TOP, _BOTTOM = 190, 12, 28
_LABEL_CELLS = 16  # beside a bar; a sign of Chinese takes two
_RISK_LINE = 17


@dataclass(frozen=True, slots=True, kw_only=True)
class Series:
    """One kind of thing, bin by bin."""

    name: str
    counts: Sequence[int]


def draw_bars(identity: str, title: str, summary: str, bars: Sequence[tuple[str, int]]) -> Markup:
    """Return one bar for each name, the longest first; for no names the summary."""
    if not bars:
        return _draw_words(identity, title, summary, width=_BARS_WIDTH, kind="chart bars")
    height = max(1, len(bars)) * (_BAR + _GAP) + _GAP
    svg = begin_svg(identity, title, summary, height, width=_BARS_WIDTH, kind="chart bars")
    most = max((count for _, count in bars), default=0) or 1
    for number, (name, count) in enumerate(bars):
        y = _GAP + number * (_BAR + _GAP)
        length = (_BARS_WIDTH - _LEFT - _RIGHT) * count / most
        add_text(svg, _LEFT - 8, y + 15, shorten_label(name, _LABEL_CELLS), "end")
        add_shape(
            svg, "rect", x=_LEFT, y=y, width=round(max(length, 1 if count else 0), 1), height=_BAR, **{"class": "k0"}
        )
        add_text(svg, _LEFT + length + 6, y + 15, f"{count:,}", "start")
    return write_svg(svg)


def draw_columns(identity: str, title: str, summary: str, bins: Sequence[str], series: Sequence[Series]) -> Markup:
    """Return one column for each bin, a part for each series, the first at the bottom; for no bins the summary."""
    if not bins:
        return _draw_words(identity, title, summary)
    svg = begin_svg(identity, title, summary, _TOP + _PLOT_HEIGHT + _BOTTOM)
    totals = [sum(part.counts[at] for part in series) for at in range(len(bins))]
    top = nice_top(max(totals, default=0))
    left, plot = 46, WIDTH - 46 - 6
    _grid(svg, left, top, lambda value: f"{value:,.0f}")
    step = plot / max(1, len(bins))
    for at, name in enumerate(bins):
        x, bottom = left + at * step, float(_TOP + _PLOT_HEIGHT)
        for number, kind in enumerate(series):
            part = _PLOT_HEIGHT * kind.counts[at] / top
            if part:
                bottom -= part
                column = {"class": f"k{min(number, COLOURS - 1)}"}
                add_shape(svg, "rect", x=round(x + step * 0.1, 1), y=round(bottom, 1), width=round(step * 0.8, 1), height=round(part, 1), **column)  # fmt: skip
        if at % math.ceil(len(bins) / 8) == 0:
            add_text(svg, x + step / 2, _TOP + _PLOT_HEIGHT + 18, name, "middle")
    return write_svg(svg)


def draw_survival(identity: str, title: str, summary: str, curves: Sequence[tuple[str, Curve]]) -> Markup:
    """Return a falling stair for each name, a stroke across it where a case is censored, and the numbers at risk below.

    For no curves: the summary.
    """
    if not curves:
        return _draw_words(identity, title, summary)
    height = _TOP + _PLOT_HEIGHT + _BOTTOM + 20 + _RISK_LINE * (len(curves) + 1)
    svg = begin_svg(identity, title, summary, height)
    last = nice_top(max((curve.steps[-1].day for _, curve in curves if curve.steps), default=0))
    left, plot = 132, WIDTH - 132 - 14
    _grid(svg, left, 1.0, lambda value: f"{value:.0%}")

    def x(day: float) -> float:
        return round(left + plot * day / last, 1)

    def y(share: float) -> float:
        return round(_TOP + _PLOT_HEIGHT * (1 - share), 1)

    days = sorted({round(last * part / 5) for part in range(6)})
    for day in days:
        add_text(svg, x(day), _TOP + _PLOT_HEIGHT + 18, str(day), "middle")
    add_text(svg, left + plot / 2, _TOP + _PLOT_HEIGHT + 36, "days since the first letter", "middle")
    risk_top = _TOP + _PLOT_HEIGHT + _BOTTOM + 28
    add_text(svg, left - 96, risk_top, "at risk", "start")
    for number, (name, curve) in enumerate(curves):
        path, share = f"M{x(0)} {y(1)}", 1.0
        for step in curve.steps:
            path += f"H{x(step.day)}" + (f"V{y(step.remaining)}" if step.removed else "")
            share = step.remaining
            if step.censored:
                add_shape(svg, "path", d=f"M{x(step.day)} {y(share) - 5}v10", **{"class": f"tick s{number}"})
        add_shape(svg, "path", d=path, **{"class": f"curve s{number} d{number}"})
        line = risk_top + _RISK_LINE * (number + 1)
        add_shape(svg, "path", d=f"M{left - 126} {line - 4}h24", **{"class": f"curve s{number} d{number}"})
        add_text(svg, left - 96, line, name, "start")
        for day in days:
            add_text(svg, x(day), line, str(curve.at_risk(day)), "middle")
    return write_svg(svg)


def _draw_words(identity: str, title: str, summary: str, *, width: int = WIDTH, kind: str = "chart") -> Markup:
    """Return a figure of nothing: axes without a curve would look like one that failed to be drawn."""
    svg = begin_svg(identity, title, summary, _BAR + 2 * _GAP, width=width, kind=kind)
    add_text(svg, 0, _GAP + 15, summary, "start")
    return write_svg(svg)


def nice_top(most: float) -> int:
    """Return a round number that is not below another: 1, 2, 4, 5 or 10 times a power of ten."""
    if most <= 5:
        return 5
    power = 10 ** math.floor(math.log10(most))
    return next(int(power * factor) for factor in (1, 2, 4, 5, 10) if power * factor >= most)


def _grid(svg: ET.Element, left: float, top: float, label: Callable[[float], str]) -> None:
    for part in range(6 if top != 1.0 else 5):
        share = part / (5 if top != 1.0 else 4)
        y = round(_TOP + _PLOT_HEIGHT * (1 - share), 1)
        add_shape(svg, "path", d=f"M{left} {y}H{WIDTH - 6}", **{"class": "grid"})
        add_text(svg, left - 6, y + 5, label(top * share), "end")
