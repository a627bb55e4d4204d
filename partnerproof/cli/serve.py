"""`partnerproof serve`: the review application, the API, the jobs of the queue and the alerts."""

from __future__ import annotations

import errno
import getpass
import secrets
import signal
import sys
import threading
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from socket import AF_INET, AF_INET6, IPPROTO_TCP, SO_REUSEADDR, SOL_SOCKET, TCP_NODELAY, gaierror, socket

import click

from casebook.api.api_calls import ApiSettings
from casebook.api.metrics import ServiceHealth
from casebook.api.service_app import make_service
from casebook.cases.casework import update_casework
from casebook.cases.letter_templates import LetterTemplates
from casebook.jobs.job_orders import JobPlaces
from casebook.web.access.accounts import list_accounts
from casebook.web.access.head_timeout import patient_protocol
from casebook.web.application_context import ApplicationContext
from casebook.web.dashboard import warm_up
from ledger.database import Ledger
from ledger.errors import BadInputError, OutsideFailureError, Problem
from matcher.brands.official_logos import find_four_eyes
from partnerproof.background_pictures import BackgroundPictures
from partnerproof.cli.choice import Choice, pass_choice
from partnerproof.cli.login_settings import has_own_accounts, make_provider, make_terms
from partnerproof.crawl_answers import brands_with_rejections
from partnerproof.flow import follow_rejections
from partnerproof.service.alert_sender import AlertSender
from partnerproof.service.job_runner import JobRunner
from partnerproof.workspace import Workspace


@click.command()
@click.option("--host", default="127.0.0.1", show_default=True, help="Address to listen on.")
@click.option(
    "--port", default=8742, show_default=True, type=click.IntRange(0, 65535), help="Port; 0: any that is free."
)
@click.option("--token", "with_token", is_flag=True, help="For one person: print an address that opens the application without an account.")  # fmt: skip
@click.option("--public-host", "public_hosts", multiple=True, metavar="NAME", help="Name by which browsers ask for it, as of the server with HTTPS before it; others are refused. Repeatable.")  # fmt: skip
@click.option("--proxy", metavar="ADDRESS", help="Address of the server before it: what that says of a browser's address and of HTTPS counts.")  # fmt: skip
@click.option("--no-pictures", is_flag=True, help="Do not draw the pages of waiting cases in the background (extra [browser]).")  # fmt: skip
@pass_choice
def serve(  # an option each
    choice: Choice,
    host: str,
    port: int,
    with_token: bool,  # noqa: FBT001  # click passes by name
    public_hosts: tuple[str, ...],
    proxy: str | None,
    no_pictures: bool,  # noqa: FBT001
) -> None:
    """Open the review application in a browser on this machine, run jobs from a queue, and answer the API.

    Accounts are made with `partnerproof account add`, tokens of the API with `partnerproof token add`. A crawl may run beside it, or as
    one of its jobs. To use it from elsewhere, put a server with HTTPS before it, and name that with --proxy and --public-host.

    \b
    Example:
      partnerproof serve --token
      partnerproof serve --proxy 127.0.0.1 --public-host review.acme.example
    """
    door = _Door(host=host, port=port, public_hosts=public_hosts, proxy=proxy)
    door.require_names()
    workspace = choice.workspace()
    if not workspace.database.exists() and not workspace.config.service.jobs_at_once:
        raise click.UsageError("nothing was crawled here yet: run `partnerproof crawl` first")
    # what stops services sends SIGTERM: it ends in order, so that the log tells of the end and how the database was left
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    with workspace.writing_beside("serve"):
        _serve(workspace, door, with_token=with_token, with_pictures=not no_pictures)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Door:
    """Where the application is asked for. proxy: whose word on a browser's address counts; None: nobody's."""

    host: str
    port: int
    public_hosts: tuple[str, ...]
    proxy: str | None

    def names(self) -> frozenset[str]:
        own = {"127.0.0.1", "localhost", "::1"} if self.host in _LOOPBACK else {self.host.lower()}
        return frozenset(own - set(_EVERYWHERE) | {name.lower() for name in self.public_hosts})

    def require_names(self) -> None:
        """Errors: BadInputError where nobody could say by which name it is asked for."""
        if not self.names():
            raise BadInputError(
                Problem(
                    where="--public-host",
                    expected=f"the name by which browsers ask for it, as it listens on {self.host}",
                    got="none",
                    next_step="name it, as in --public-host review.acme.example",
                )
            )


_LOOPBACK, _EVERYWHERE = ("127.0.0.1", "localhost", "::1"), ("0.0.0.0", "::", "")  # noqa: S104  # told apart, not bound


def _serve(workspace: Workspace, door: _Door, *, with_token: bool, with_pictures: bool) -> None:
    import uvicorn

    with workspace.open() as ledger:
        if not with_token and workspace.config.login.oidc is None:
            _require_account(ledger)
        summary = update_casework(ledger, workspace.removal_terms).tell()
        rejecting = brands_with_rejections(ledger)
        if rejecting:
            with workspace.turn("serve"):
                follow_rejections(ledger, rejecting, workspace.warc)  # what a killed server had not done yet
    with_four_eyes = find_four_eyes(workspace.brands)  # a copy of var/ alone, without brands, can be reviewed too
    service = workspace.config.service
    runner = JobRunner(workspace) if service.jobs_at_once else None

    def follow(ledger: Ledger, brands: Sequence[str], warc_dir: Path) -> None:
        with workspace.turn("serve"):
            follow_rejections(ledger, brands, warc_dir)

    context = ApplicationContext(
        database=workspace.database,
        warc_dir=workspace.warc,
        pictures_dir=workspace.var / "pictures",
        log=workspace.custody,
        follow_rejections=follow,
        four_eyes=lambda brand: brand in with_four_eyes,
        token=secrets.token_urlsafe(24) if with_token else None,
        user=getpass.getuser(),
        templates=LetterTemplates(workspace.own_letters),
        sender=workspace.sender,
        answer_days=workspace.config.letters.answer_days,
        rdap_dir=workspace.rdap,
        hosts=door.names(),
        terms=make_terms(workspace.config.login),
        company=make_provider(workspace.config.login, workspace.root),
        own_accounts=has_own_accounts(workspace.config.login),
        job_places=_job_places(workspace, runner),
    )
    context.cases.read(context.ledger)  # so that the first who asks does not wait for it
    if summary:
        click.echo(summary, err=True)
    settings = ApiSettings(
        requests_per_minute=service.requests_per_minute,
        address=service.address,
        metrics_from_loopback=service.metrics_from_loopback,
    )
    health = ServiceHealth(
        database=workspace.database, runs_jobs=runner.is_alive if runner is not None else lambda: True
    )
    config = uvicorn.Config(
        make_service(context, settings, health), host=door.host, port=door.port, log_level="warning", server_header=False, access_log=False,
        http=patient_protocol(), ws="none", proxy_headers=door.proxy is not None, forwarded_allow_ips=door.proxy,
    )  # fmt: skip
    server = uvicorn.Server(config)
    config.load()
    listener = _listen(door.host, door.port)  # before the address is told: whoever reads it may ask at once
    address = f"http://{_in_address(door.host)}:{listener.getsockname()[1]}"
    click.echo(f"{address}/enter?token={context.token}" if context.token else f"{address}/")
    sys.stdout.flush()
    threading.Thread(target=warm_up, args=[context], daemon=True).start()
    pictures = BackgroundPictures(workspace)
    if with_pictures and (why := pictures.start()):
        click.echo(f"pages of cases are not drawn: {why}", err=True)
    alerts = AlertSender(workspace)
    alerts.start()
    if runner is not None:
        runner.start()
    try:
        server.run(sockets=[listener])
    finally:
        pictures.stop()
        alerts.stop()
        if runner is not None:
            runner.stop()


def _job_places(workspace: Workspace, runner: JobRunner | None) -> JobPlaces | None:
    if runner is None:
        return None
    return JobPlaces(
        jobs=workspace.jobs,
        seeds=workspace.seeds,
        registers=workspace.registers,
        brands=workspace.brands,
        wake=runner.wake,
    )


def _require_account(ledger: Ledger) -> None:
    """Errors: BadInputError when nobody could log in."""
    if not any(account.is_active for account in list_accounts(ledger)):
        raise BadInputError(
            Problem(
                where="serve",
                expected="an account that may log in, or --token",
                got="neither",
                next_step="run `partnerproof account add NAME --role admin` first, or `partnerproof serve --token`",
            )
        )


def _listen(host: str, port: int) -> socket:
    """Return a socket that listens. Errors: OutsideFailureError when the address or the port can't be had."""
    listener = socket(AF_INET6 if ":" in host else AF_INET)
    try:
        listener.setsockopt(SOL_SOCKET, SO_REUSEADDR, 1)  # else a server that is started anew waits for a minute
        # asyncio sees no TCP in a socket without a protocol number, and then the body waits 40 ms for the head's receipt
        listener.setsockopt(IPPROTO_TCP, TCP_NODELAY, 1)
        listener.bind((host, port))
        listener.listen()
    except OSError as error:
        listener.close()
        is_host = isinstance(error, gaierror) or error.errno == errno.EADDRNOTAVAIL
        next_step = (
            "name an address of this machine with --host"
            if is_host
            else "choose another port with --port (0: any that is free)"
        )
        raise OutsideFailureError(
            f"{_in_address(host)}:{port}: could not listen there ({error.strerror}); {next_step}"
        ) from error
    return listener


def _in_address(host: str) -> str:
    return f"[{host}]" if ":" in host else host
