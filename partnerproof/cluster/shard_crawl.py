"""The crawl of a shard in its own workspace: visits as ever, what they show matched beside them, and a seal in the end."""

from __future__ import annotations

import logging
from pathlib import Path

from scrapy.crawler import CrawlerProcess

from crawler.spiders.partners import PartnersSpider, visit_ended
from crawler.wire.opt_out import read_opt_out
from crawler.wire.pace import AddressPlaces
from ledger.archive.warc import cut_torn_tails
from ledger.errors import OutsideFailureError
from ledger.proof.seals import make_seal, mend_seals
from ledger.typed_texts import CrawlId, VisitId
from ledger.vocabulary import CustodyEvent
from matcher.logo_matches import store_brands
from partnerproof.cluster.address_places import SharedPlaces
from partnerproof.cluster.orders import open_shard_workspace, read_earlier
from partnerproof.cluster.shard_terms import ShardTerms
from partnerproof.crawl_answers import count_captures
from partnerproof.crawl_run import CrawlOrder, scrapy_settings
from partnerproof.flow import IN_A_SHARD, count_unfinished, unjudged_of_crawl
from partnerproof.follower import Follower
from partnerproof.safekeeping.sealing import describe_program
from partnerproof.workspace import Workspace


def run_shard_crawl(root: Path, terms: ShardTerms) -> None:
    """Do the visits of a shard's workspace that are not done, and seal what is stored. Run again it goes on.

    Errors: BadInputError, EvidenceBrokenError, OutsideFailureError.
    """
    workspace, crawl_id = open_shard_workspace(root), CrawlId(terms.crawl_id)
    order = CrawlOrder(
        brands=terms.brands,
        allow_private=terms.allow_private,
        resolve=terms.resolve,
        delay_s=terms.delay_s,
        allow_unverified=terms.allow_unverified,
        is_quiet=True,
    )
    brands = workspace.load_brands(order.brands)
    read_opt_out(workspace.opt_out)
    with workspace.writing_beside("crawl a shard"):
        with workspace.turn("crawl"), workspace.open() as ledger:
            store_brands(ledger, brands)
            if workspace.warc.is_dir():
                cut_torn_tails(workspace.warc, ledger)
            left_over = unjudged_of_crawl(ledger, crawl_id)
        logging.raiseExceptions = False
        follower = Follower(workspace, brands, stages=IN_A_SHARD)
        for visit_id in left_over:
            follower.add(visit_id)
        follower.start()
        _visit(workspace, order, terms, follower)
        follower.finish()
        with workspace.turn("crawl"), workspace.open() as ledger:
            left = count_unfinished(ledger, crawl_id)
            if left:
                raise OutsideFailureError(
                    f"{left} visits of the shard are left; {workspace.var / 'crawl.log'} says why"
                )
            captures = count_captures(ledger, crawl_id)
            log = workspace.custody
            log.add(CustodyEvent.CAPTURED, {"crawl": crawl_id, "captures": captures})
            mend_seals(workspace.seals, log)
            make_seal(
                ledger,
                warc_dir=workspace.warc,
                seals_dir=workspace.seals,
                log=log,
                made_with=describe_program(workspace),
            )


def _visit(workspace: Workspace, order: CrawlOrder, terms: ShardTerms, follower: Follower) -> None:
    settings = scrapy_settings(workspace, order)
    places: AddressPlaces | None = None
    if terms.scheduler is not None:
        per_address = settings.getint("PARTNERPROOF_REQUESTS_PER_ADDRESS")
        places = SharedPlaces(terms.scheduler, terms.tls, per_address=per_address)
    earlier = read_earlier(workspace.root)
    process = CrawlerProcess(settings)
    scrapy_crawler = process.create_crawler(PartnersSpider)

    def hand_over(visit_id: VisitId, state: str, reason: str | None) -> None:
        follower.add(visit_id)

    scrapy_crawler.signals.connect(hand_over, signal=visit_ended)
    process.crawl(scrapy_crawler, crawl=terms.crawl_id, run=terms.run_id, earlier=earlier, places=places)
    process.start()
    spider = scrapy_crawler.spider
    if not isinstance(spider, PartnersSpider):
        raise OutsideFailureError(f"the shard could not be started; {workspace.var / 'crawl.log'} says why")
    if spider.failure is not None:
        raise spider.failure
