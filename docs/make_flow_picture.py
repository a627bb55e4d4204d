"""The flow as a picture (SVG), made from partnerproof/flow.py: a row a stage, with what it reads and what it writes."""

from __future__ import annotations

from html import escape

from partnerproof.flow import AFTER_A_VISIT, STAGES, Stage

WIDTH, ROW, TOP = 1000, 54, 44
_READS_X, _STAGE_X, _WRITES_X = 16, 370, 640
_STAGE_WIDTH = 240


def draw_flow() -> str:
    """Return the picture. Stages that a visit goes through as it ends are joined by a bar."""
    height = TOP + ROW * len(STAGES) + 12
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height}" width="{WIDTH}" height="{height}"'
        ' font-family="sans-serif" font-size="13" role="img" aria-label="The flow: stages with what they read and write">',
        f'<rect width="{WIDTH}" height="{height}" fill="#ffffff"/>',
        *(
            f'<text x="{x}" y="26" font-weight="bold" fill="#444444">{word}</text>'
            for x, word in ((_READS_X, "reads"), (_STAGE_X, "command"), (_WRITES_X, "writes"))
        ),
    ]
    names = [stage.name for stage in STAGES]
    first, last = names.index(AFTER_A_VISIT[0]), names.index(AFTER_A_VISIT[-1])
    bar_y, bar_height = TOP + first * ROW, (last - first + 1) * ROW - 14
    parts.append(f'<rect x="{_STAGE_X - 12}" y="{bar_y}" width="5" height="{bar_height}" fill="#c9a227"/>')
    for number, stage in enumerate(STAGES):
        parts += _draw_stage(stage, TOP + number * ROW)
    return "\n".join([*parts, "</svg>"]) + "\n"


def _draw_stage(stage: Stage, y: int) -> list[str]:
    middle = y + 25
    return [
        f'<rect x="{_STAGE_X}" y="{y}" width="{_STAGE_WIDTH}" height="40" rx="4" fill="#eef3f8" stroke="#2b5d8a"/>',
        f'<text x="{_STAGE_X + 10}" y="{middle}" fill="#123c5a">{escape(stage.command)}</text>',
        f'<text x="{_READS_X}" y="{middle}" fill="#222222">{escape(stage.reads)}</text>',
        f'<path d="M{_STAGE_X - 30} {y + 20} h10 m0 0 l-6 -4 m6 4 l-6 4" stroke="#2b5d8a" fill="none"/>',
        f'<path d="M{_STAGE_X + _STAGE_WIDTH + 6} {y + 20} h14 m0 0 l-6 -4 m6 4 l-6 4" stroke="#2b5d8a" fill="none"/>',
        f'<text x="{_WRITES_X}" y="{middle}" fill="#222222">{escape(stage.writes)}</text>',
    ]
