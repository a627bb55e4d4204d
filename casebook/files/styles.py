"""The look that screens, reports, dossiers and certificates share: tokens, components, icons.

styles/tokens.css      type, space, colour and state, as custom properties; light and dark
styles/components.css  badges, tables, notes, pictures, forms, drawn with the tokens
styles/paper.css       sheets that are printed and signed
styles/components.html the same components as macros of templates: `{% from "components.html" import badge %}`
"""

from __future__ import annotations

from pathlib import Path

STYLES = Path(__file__).parent / "styles"  # a folder of templates, too


def read_style(*names: str) -> str:
    """Return style sheets one after the other. names: without .css."""
    return "\n".join((STYLES / f"{name}.css").read_text(encoding="utf-8") for name in names)
