"""The look that screens, reports, dossiers and certificates share: tokens, components, icons.

styles/tokens.css      type, space, colour and state, as custom properties; light and dark
styles/components.css  badges, tables, notes, pictures, forms, drawn with the tokens
styles/paper.css       sheets that are printed and signed
styles/components.html the same components for templates: `{{ badge(verdict) }}`, after add_components
"""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path

from jinja2 import Environment

STYLES = Path(__file__).parent / "styles"  # a folder of templates, too


def read_style(*names: str) -> str:
    """Return style sheets one after the other. names: without .css."""
    return "\n".join((STYLES / f"{name}.css").read_text(encoding="utf-8") for name in names)


def add_components(environment: Environment) -> None:
    """Let templates write badge(verdict), evidence_kinds(evidence), icon(name) and icon_drawings(). STYLES is among its folders.

    What they give is kept: a queue shows the same few badges in every row.
    """
    components = environment.get_template("components.html").module
    for name in ("badge", "evidence_kinds", "icon", "icon_drawings"):
        environment.globals[name] = lru_cache(maxsize=512)(getattr(components, name))
