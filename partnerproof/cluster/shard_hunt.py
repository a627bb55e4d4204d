"""A new logo against shards that lie in a store, each as a task: its hashes short-list, its bytes are read by range, and hits come back.

Nothing is merged or stored. A shard that is half copied, or whose archive can't be read now, is told: it may hold what is looked for.
"""

from __future__ import annotations

import tempfile
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from ledger.archive.stores import Store
from ledger.archive.warc_places import AwayFile, note_away
from ledger.database import Ledger
from ledger.errors import BadInputError, OutsideFailureError, PartnerproofError
from ledger.merging.shard_manifest import DATABASE, MANIFEST, WARC, read_shard_manifest
from ledger.typed_texts import Sha256
from matcher.brands.official_logos import Brand
from matcher.hunt import short_list_images
from matcher.hunt_hits import Hit, Verification, verify_images
from matcher.recognition_process import Recogniser


@dataclass(frozen=True, slots=True, kw_only=True)
class ShardHunt:
    """What one shard shows. failure: why it could not be looked at."""

    place: str
    failure: str | None = None
    hits: tuple[Hit, ...] = ()
    short_listed: int = 0
    regions: int = 0
    not_compared: dict[str, int] = field(default_factory=dict)
    not_looked_at: dict[Sha256, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class HuntSum:
    """What was found, and how much was compared. short_listed: images that were looked at closely, or should have been."""

    verified: Verification
    short_listed: int
    regions: int
    not_compared: dict[str, int]


def hunt_shard(place: str, brands: Sequence[Brand]) -> ShardHunt:
    """Look for new logos in one shard. What goes wrong is told, not raised."""
    store = Store(place)
    try:
        data = store.read(MANIFEST)
        if data is None:
            return ShardHunt(place=place, failure=f"it is half copied: it has no {MANIFEST}")
        manifest = read_shard_manifest(data, f"{place}/{MANIFEST}")
        with tempfile.TemporaryDirectory() as made:
            folder = Path(made)
            if store.fetch(DATABASE, folder / DATABASE) != manifest.files[DATABASE]:
                return ShardHunt(place=place, failure=f"{DATABASE} is not as {MANIFEST} says: copy the shard again")
            for name in manifest.warc_files:
                note_away(
                    folder, AwayFile(folder=store.below(WARC.strip("/")), name=name, was=manifest.files[WARC + name])
                )
            return _hunt(place, folder, brands)
    except (PartnerproofError, OSError) as error:
        return ShardHunt(place=place, failure=str(error)[:500])


def _hunt(place: str, folder: Path, brands: Sequence[Brand]) -> ShardHunt:
    with Ledger.open_readonly(folder / DATABASE) as ledger:
        try:
            listed = short_list_images(ledger, brands, hashes_dir=folder / "hashes")
        except BadInputError:  # no image was judged there
            return ShardHunt(place=place)
        with Recogniser(brands) as recogniser:
            verified = verify_images(ledger, recogniser, listed.image_sha256s, warc_dir=folder)
    return ShardHunt(
        place=place,
        hits=verified.hits,
        short_listed=len(listed.image_sha256s),
        regions=listed.regions,
        not_compared=listed.not_compared,
        not_looked_at=verified.not_looked_at,
    )


def hunt_shards(client: Any, shards: Sequence[Store], brands: Sequence[Brand]) -> Iterator[ShardHunt]:
    """Yield what each shard shows. client: of a cluster; None: they are looked at here, one after the other.

    Errors: OutsideFailureError when the scheduler is gone.
    """
    if client is None:
        yield from (hunt_shard(shard.url, brands) for shard in shards)
        return
    from distributed import as_completed

    places = {}
    for shard in shards:
        future = client.submit(hunt_shard, shard.url, list(brands), pure=False)
        places[future] = shard.url
    for future in as_completed(list(places)):
        if future.status == "finished":
            yield future.result()
        elif future.status == "error":
            yield ShardHunt(place=places[future], failure=f"its worker failed: {future.exception()}"[:500])
        else:
            raise OutsideFailureError("the cluster's scheduler is gone; run the same command again")


def add_up(hunts: Sequence[ShardHunt]) -> HuntSum:
    """Return what all shards together show, as one database would."""
    hits = [hit for hunt in hunts for hit in hunt.hits]
    hits.sort(key=lambda hit: (-hit.score, hit.vendor or "", hit.page_url or "", hit.image_url or "", hit.logo))
    not_compared: Counter[str] = Counter()
    not_looked_at: dict[Sha256, str] = {}
    for hunt in hunts:
        not_compared.update(hunt.not_compared)
        not_looked_at |= hunt.not_looked_at
    images = len({hit.image_sha256 for hit in hits})
    return HuntSum(
        verified=Verification(hits=tuple(hits), images=images, not_looked_at=not_looked_at),
        short_listed=sum(hunt.short_listed for hunt in hunts),
        regions=sum(hunt.regions for hunt in hunts),
        not_compared=dict(not_compared),
    )
