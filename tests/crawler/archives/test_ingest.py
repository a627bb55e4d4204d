"""An ingest that was stopped goes on; all ids follow from the file."""

from __future__ import annotations

from contextlib import closing
from pathlib import Path

import pytest

from crawler.archives.archive_files import open_archive
from crawler.archives.archive_index import ArchiveIndex
from crawler.archives.ingest import Ingest, begin_ingest, plan_ingest
from ledger.archive.warc import WarcArchive
from ledger.database import Ledger
from tests.flow.archives import PAGE, URL, Maker, Space


@pytest.fixture
def space(tmp_path: Path) -> Space:
    return Space(tmp_path)


def test_an_ingest_that_was_stopped_goes_on(space):
    maker = Maker()
    for day in range(1, 6):
        maker.answer(URL, f"{PAGE}<p>{day}</p>", at=f"2019-05-0{day}T00:00:00Z")
    file = space.folder / "made.warc.gz"
    file.write_bytes(maker.data)
    with (
        Ledger.open(space.folder / "p.db") as ledger,
        open_archive(file, space.folder) as opened,
        closing(ArchiveIndex(opened)) as index,
    ):
        order = plan_ingest(index, ledger, space.lexicon, [])
        assert begin_ingest(ledger, order, file=file.name, settings={}, tool="partnerproof test")
        with WarcArchive(space.folder / "warc", ledger, order.crawl_id, tool="partnerproof test") as archive:
            steps = Ingest(index, ledger, archive, space.lexicon).read_visits(order)
            assert next(steps)
            assert next(steps)
            steps.close()
    ids = "SELECT page_id, (SELECT count(*) FROM captures) FROM pages ORDER BY page_id"
    before = space.rows("SELECT page_id FROM pages")
    again = space.read(maker.data)
    assert len(before) == 2
    assert set(before) < set(again.rows("SELECT page_id FROM pages"))
    undisturbed = Space(space.folder / "other")
    undisturbed.folder.mkdir()
    assert undisturbed.read(maker.data).rows(ids) == again.rows(ids)
