"""Make a workspace with the brands of a corpus: brands.json and brands/<slug>/*.svg, as shared/corpus has them.

python bench/corpus_workspace.py CORPUS WORKSPACE
"""

from __future__ import annotations

import json
import sys
from pathlib import Path

from matcher.brands.official_logos import write_brand
from partnerproof.workspace import create_workspace


def main(corpus: Path, root: Path) -> None:
    workspace = create_workspace(root, contact=None)
    brands = json.loads((corpus / "brands.json").read_text(encoding="utf-8"))
    for slug, brand in brands.items():
        write_brand(
            workspace.brands / slug,
            name=brand["name"],
            aliases=brand.get("aliases", []),
            domains=brand.get("domains", []),
            logo_files=[corpus / "brands" / slug / file for file in brand["logos"]],
        )
    print(f"{len(brands)} brands in {workspace.brands}")


if __name__ == "__main__":
    if len(sys.argv) != 3:
        sys.exit(__doc__)
    main(Path(sys.argv[1]), Path(sys.argv[2]))
