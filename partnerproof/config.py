"""partnerproof.toml: read once, at the front door, every mistake named at once."""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Annotated, Literal, Protocol, TypeVar
from urllib.parse import urlsplit

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationError, model_validator

from crawler.wire.hours import Window
from crawler.wire.proxy_address import Proxy
from ledger.errors import BadInputError, Problem
from ledger.vocabulary import RetentionClass, Role

CONFIG_FILE = "partnerproof.toml"
EXAMPLE_CONFIG = """\
# A partnerproof workspace. Every line below shows its default; remove what you do not change.

[crawl]
contact = ""               # web or mail address that the crawler names to the sites it visits; please fill it in
delay_s = 0.25             # least time between two requests to one host; AutoThrottle raises it for slow hosts
requests_per_host = 4      # at once
visits_at_once = 16
requests_per_address = 16  # at once to one IP address, which many small vendors may share
hours = ""                 # visits start only then: "22:00-06:00", or "22:00-06:00 Europe/Berlin"; UTC if no zone is named
proxy = ""                 # "http://proxy.example:3128" or "http://name:password@…": requests go through it
obey_robots = true
timeout_s = 30             # for one answer, from its first byte to its last
recheck_days = 30          # images and style sheets of an unchanged page are asked for again after that
max_pages = 30             # budget of one visit: pages, images, requests, bytes, seconds
max_images = 600
max_requests = 1000
max_bytes = 200000000
max_seconds = 900
max_renders = 3            # pages that scripts draw: shown by a browser, with the extra [browser]; 0 = never
browser = ""               # Chromium's executable; empty: looked for in PATH
browser_user = ""          # the account as which root starts Chromium; empty: a user without an account

[seal]
after_crawl = true         # seal what a crawl has stored as soon as it has ended
# Time-stamping authorities (RFC 3161) say when a seal existed. Name two or more of them, each with its root certificates:
# [[seal.authority]]
# name = "first"
# url = "https://tsa.first.example/tsr"
# roots = "authorities/first.pem"   # relative to this file; old certificates stay in it when new ones are added
# Anchors keep each seal's head and the length of the custody log outside this machine, where nobody here can change them:
# [[seal.anchor]]
# name = "legal"
# to = "/mnt/legal/partnerproof"    # a folder, or a store such as "s3://bucket/path" (extra [anchor]) ...
# alert = "team"                    # ... or a channel of [[watch.alert]]: keep its messages

[retention]                # days that payloads are kept after they were fetched; 0 = for ever (`partnerproof retention` deletes)
finding_days = 0           # of pages with a claim that is not plainly allowed
claim_days = 0             # of pages with other claims
unclaimed_days = 0         # of all others
correspondence_days = 0    # letters, replies and their files, after the last thing that happened to their case

[letters]                  # who writes to vendors; what is empty has to be written into each letter
sender_name = ""
sender_address = ""        # postal; lines are parted by "\\n"
sender_email = ""
letterhead = ""            # a PNG or JPEG at the head of what is exported; its path from this folder
answer_days = 14           # until which a letter asks for an answer

[removal]                  # what proves that a claim is gone
healthy_looks = 3          # looks that found it gone, none between them that found it
over_days = 14             # from the first of these looks to the last

[watch]                    # `partnerproof watch` visits a vendor again after so many days
followed_days = 4          # with a case in which something was asked of it
case_days = 7              # with a case that is undecided or confirmed
other_days = 30
# Who is told when a verdict or case changes, one digest for each brand:
# [[watch.alert]]
# name = "team"
# kind = "email"                     # email, webhook or apprise (extra [alerts])
# to = ["team@brand.example"]        # for webhook and apprise: one address each
# from = "partnerproof@brand.example"
# host = "mail.brand.example"        # for email: the mail server, port 587 with STARTTLS unless said otherwise
# user = "partnerproof"              # its password, or a webhook's secret, is read from the variable PARTNERPROOF_ALERT_TEAM,
#                                    # or from the file that PARTNERPROOF_ALERT_TEAM_FILE names
# brands = ["acme"]                  # leave it out for all

[service]                  # what `partnerproof serve` does besides answering browsers
jobs_at_once = 1           # of the queue; 0: this server runs none
keep_days = 90             # logs and lists of jobs in var/jobs/ are deleted so long after their end; 0 = never
resolve = []               # "HOST:PORT:ADDRESS" of vendors on private addresses that jobs may visit, as --resolve has it
requests_per_minute = 300  # of one token of the API
address = ""               # by which people open it, such as "https://review.brand.example": for links in alerts
metrics_from_loopback = false   # /metrics without a token for whoever asks from this machine, not through a proxy

[login]                    # to the review application
session_hours = 10         # then one logs in again
second_factor = "none"     # own accounts that need a code of an app: "none", "approvers" (and admins) or "all"
# The login of your company (OpenID Connect, extra [oidc]), beside own accounts:
# [login.oidc]
# issuer = "https://id.acme.example/realms/staff"
# client_id = "partnerproof"
# client_secret_file = "/etc/partnerproof/oidc-client-secret"   # mode 600; relative to this file, or from the root
# role_claim = "groups"              # where the provider says what somebody may do; a path such as realm_access.roles
# roles = { "brand-legal" = "approver", "brand-protection" = "reviewer" }   # what it says there, and the role it stands for
# name_claim = "preferred_username"  # the name under which somebody's deeds are entered
# scopes = ["openid", "profile"]
# button = "Company login"
# allow_own_accounts = true          # false: names and passwords open nothing
# hosts = []                         # further hosts of the provider, where its tokens or keys lie elsewhere
# certificates = ""                  # of the authority that vouches for it, if the system does not know it

[paths]                    # relative to this file
brands = "brands"
registers = "registers"
seeds = "seeds"
lexicon = "lexicon"
letters = "letters"        # templates of your own
rdap = "rdap"              # RDAP answers that you saved, as <domain>.json: for contacts
opt_out = "opt-out.txt"    # domains that are never asked, one a line; the file may be missing
var = "var"
"""


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)


def _check_hours(text: str) -> str:
    Window.of(text)
    return text


def _check_proxy(text: str) -> str:
    Proxy.of(text)
    return text


def _check_issuer(text: str) -> str:
    parts = urlsplit(text)
    is_here = parts.hostname in ("127.0.0.1", "::1", "localhost")
    if not parts.hostname or parts.username or parts.query or parts.fragment:
        raise ValueError("an issuer is an address such as https://id.acme.example/realms/staff")
    if parts.scheme != "https" and not (parts.scheme == "http" and is_here):
        raise ValueError("an issuer is asked over https://; over http:// only on this machine")
    return text


def _check_scopes(scopes: list[str]) -> list[str]:
    if "openid" not in scopes or any(not scope or not scope.isascii() or set(scope) & set(' "\\') for scope in scopes):
        raise ValueError('scopes are words without spaces, "openid" among them')
    return scopes


class CrawlConfig(_Strict):
    """[crawl]: how a crawl behaves."""

    contact: str = ""
    delay_s: Annotated[float, Field(ge=0, le=3600, strict=False)] = 0.25
    requests_per_host: Annotated[int, Field(ge=1, le=64)] = 4
    visits_at_once: Annotated[int, Field(ge=1, le=1000)] = 16
    requests_per_address: Annotated[int, Field(ge=1, le=1000)] = 16
    hours: Annotated[str, AfterValidator(_check_hours)] = ""
    proxy: Annotated[str, AfterValidator(_check_proxy)] = ""
    obey_robots: bool = True
    timeout_s: Annotated[float, Field(gt=0, le=600, strict=False)] = 30
    recheck_days: Annotated[float, Field(ge=0, strict=False)] = 30
    max_pages: Annotated[int, Field(ge=1)] = 30
    max_images: Annotated[int, Field(ge=0)] = 600
    max_requests: Annotated[int, Field(ge=1)] = 1_000
    max_bytes: Annotated[int, Field(ge=1)] = 200_000_000
    max_seconds: Annotated[float, Field(gt=0, strict=False)] = 900
    max_renders: Annotated[int, Field(ge=0)] = 3
    browser: str = ""
    browser_user: str = ""


class _Named(Protocol):
    @property
    def name(self) -> str: ...


N = TypeVar("N", bound=_Named)


def _distinct_names(what: str) -> AfterValidator:
    """Each of these entries has a name of its own."""

    def check(entries: list[N]) -> list[N]:
        names = [entry.name for entry in entries]
        if len(names) > len(set(names)):
            raise ValueError(f"each {what} has a name of its own, {', '.join(names)} do not")
        return entries

    return AfterValidator(check)


class PathsConfig(_Strict):
    """[paths]: where things lie, relative to the file."""

    brands: str = "brands"
    registers: str = "registers"
    seeds: str = "seeds"
    lexicon: str = "lexicon"
    letters: str = "letters"
    rdap: str = "rdap"
    opt_out: str = "opt-out.txt"
    var: str = "var"


class AuthorityConfig(_Strict):
    """[[seal.authority]]: one time-stamping authority."""

    name: Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9-]{0,40}$")]
    url: Annotated[str, Field(pattern=r"^https?://\S+$")]
    roots: str


class AnchorConfig(_Strict):
    """[[seal.anchor]]: a place outside this machine. to: a folder or a store; alert: the name of a channel of [[watch.alert]]."""

    name: Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9-]{0,40}$")]
    to: str = ""
    alert: str = ""

    @model_validator(mode="after")
    def _check_place(self) -> AnchorConfig:
        if bool(self.to) == bool(self.alert):
            raise ValueError("an anchor names either a folder or store in to, or a channel in alert")
        return self


class SealConfig(_Strict):
    """[seal]: what is sealed when, who stamps it, and where it is anchored."""

    after_crawl: bool = True
    authority: Annotated[list[AuthorityConfig], _distinct_names("authority")] = []
    anchor: Annotated[list[AnchorConfig], _distinct_names("anchor")] = []


class RetentionConfig(_Strict):
    """[retention]: how long payloads and correspondence are kept."""

    finding_days: Annotated[int, Field(ge=0, le=36500)] = 0
    claim_days: Annotated[int, Field(ge=0, le=36500)] = 0
    unclaimed_days: Annotated[int, Field(ge=0, le=36500)] = 0
    correspondence_days: Annotated[int, Field(ge=0, le=36500)] = 0

    @property
    def days(self) -> dict[RetentionClass, int]:
        return {
            RetentionClass.FINDING: self.finding_days,
            RetentionClass.CLAIM: self.claim_days,
            RetentionClass.UNCLAIMED: self.unclaimed_days,
            RetentionClass.CORRESPONDENCE: self.correspondence_days,
        }


class LettersConfig(_Strict):
    """[letters]: who writes to vendors."""

    sender_name: Annotated[str, Field(max_length=200)] = ""
    sender_address: Annotated[str, Field(max_length=500)] = ""
    sender_email: Annotated[str, Field(pattern=r"^$|^[^@\s]+@[^@\s]+$", max_length=200)] = ""
    letterhead: str = ""
    answer_days: Annotated[int, Field(ge=1, le=365)] = 14


class RemovalConfig(_Strict):
    """[removal]: what proves that a claim is gone."""

    healthy_looks: Annotated[int, Field(ge=1, le=100)] = 3
    over_days: Annotated[int, Field(ge=0, le=3650)] = 14


class AlertConfig(_Strict):
    """[[watch.alert]]: one channel. to: mail addresses, or one address of a webhook or for apprise."""

    name: Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9-]{0,40}$")]
    kind: Literal["email", "webhook", "apprise"]
    to: Annotated[list[str], Field(min_length=1, max_length=20)]
    from_: Annotated[str, Field(alias="from")] = ""
    host: str = ""
    port: Annotated[int, Field(ge=1, le=65535)] = 587
    starttls: bool = True
    user: str = ""
    brands: list[str] = []

    @model_validator(mode="after")
    def _check_kind(self) -> AlertConfig:
        if self.kind == "email" and not (self.host and "@" in self.from_ and all("@" in entry for entry in self.to)):
            raise ValueError("an alert by e-mail names host, from, and mail addresses in to")
        if self.kind == "webhook" and not (len(self.to) == 1 and self.to[0].startswith(("https://", "http://"))):
            raise ValueError("a webhook has one web address in to")
        return self


class WatchConfig(_Strict):
    """[watch]: how often vendors are visited again, and who is told of changes."""

    followed_days: Annotated[float, Field(gt=0, le=3650, strict=False)] = 4
    case_days: Annotated[float, Field(gt=0, le=3650, strict=False)] = 7
    other_days: Annotated[float, Field(gt=0, le=3650, strict=False)] = 30
    alert: Annotated[list[AlertConfig], _distinct_names("alert")] = []


class OidcConfig(_Strict):
    """[login.oidc]: the login of a company."""

    issuer: Annotated[str, AfterValidator(_check_issuer), Field(max_length=500)]
    client_id: Annotated[str, Field(min_length=1, max_length=500)]
    client_secret_file: Annotated[str, Field(min_length=1)]
    roles: Annotated[dict[str, Literal["reader", "reviewer", "approver", "admin"]], Field(min_length=1)]
    role_claim: Annotated[str, Field(min_length=1, max_length=200)] = "groups"
    name_claim: Annotated[str, Field(min_length=1, max_length=200)] = "preferred_username"
    scopes: Annotated[list[str], AfterValidator(_check_scopes)] = ["openid", "profile"]
    button: Annotated[str, Field(min_length=1, max_length=60)] = "Company login"
    allow_own_accounts: bool = True
    hosts: list[Annotated[str, Field(pattern=r"^[A-Za-z0-9.-]+(:\d{1,5})?$")]] = []
    certificates: str = ""


class LoginConfig(_Strict):
    """[login]: how one gets into the review application."""

    session_hours: Annotated[float, Field(gt=0, le=24, strict=False)] = 10
    second_factor: Literal["none", "approvers", "all"] = "none"
    oidc: OidcConfig | None = None

    @property
    def second_factor_roles(self) -> frozenset[Role]:
        """The roles of own accounts that need a second factor."""
        needed = {"none": (), "approvers": (Role.APPROVER, Role.ADMIN), "all": tuple(Role)}
        return frozenset(needed[self.second_factor])


class ServiceConfig(_Strict):
    """[service]: the queue of jobs, the API and the metrics of `serve`."""

    jobs_at_once: Annotated[int, Field(ge=0, le=32)] = 1
    keep_days: Annotated[int, Field(ge=0, le=36500)] = 90
    resolve: list[Annotated[str, Field(pattern=r"^[^:\s-][^:\s]*:\d{1,5}:\[?[0-9a-fA-F.:]+\]?$")]] = []
    requests_per_minute: Annotated[int, Field(ge=1, le=100_000)] = 300
    address: Annotated[str, Field(pattern=r"^$|^https?://[^\s/]+$")] = ""
    metrics_from_loopback: bool = False


class Config(_Strict):
    """A whole partnerproof.toml."""

    crawl: CrawlConfig = CrawlConfig()
    seal: SealConfig = SealConfig()
    retention: RetentionConfig = RetentionConfig()
    letters: LettersConfig = LettersConfig()
    removal: RemovalConfig = RemovalConfig()
    watch: WatchConfig = WatchConfig()
    service: ServiceConfig = ServiceConfig()
    login: LoginConfig = LoginConfig()
    paths: PathsConfig = PathsConfig()

    @model_validator(mode="after")
    def _check_anchors(self) -> Config:
        channels = {channel.name for channel in self.watch.alert}
        for anchor in self.seal.anchor:
            if anchor.alert and anchor.alert not in channels:
                raise ValueError(
                    f"a [[watch.alert]] named {anchor.alert!r}, through which the anchor {anchor.name} goes"
                )
        return self


def read_config(path: Path) -> Config:
    """Return a configuration file. Errors: BadInputError with every mistake."""
    try:
        data = tomllib.loads(path.read_text(encoding="utf-8-sig"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise BadInputError(
            Problem(where=str(path), expected="TOML in UTF-8", got=str(error), next_step="mend the file")
        ) from error
    try:
        return Config.model_validate(data)
    except ValidationError as error:
        lines = path.read_text(encoding="utf-8-sig").splitlines()
        raise BadInputError(
            _problem(path, lines, list(map(str, e["loc"])), e["msg"], e["input"]) for e in error.errors()
        ) from error


def _problem(path: Path, lines: list[str], keys: list[str], message: str, got: object) -> Problem:
    message = message.removeprefix("Value error, ")
    if not keys:  # two tables do not fit together
        return Problem(where=str(path), expected=message, got="none", next_step="add it, or name another one")
    line = next(
        (
            n
            for n, text in enumerate(lines, 1)
            if text.split("=")[0].strip() == keys[-1] or text.strip() == f"[{keys[-1]}]"
        ),
        None,
    )
    where = f"{path} line {line}" if line else str(path)
    unknown = message.startswith("Extra inputs")
    expected = "a key that this version knows" if unknown else message[0].lower() + message[1:]
    return Problem(
        where=f"{where}, {'.'.join(keys)}",
        expected=expected,
        got=repr(keys[-1] if unknown else got)[:80],
        next_step="see the comments in a fresh `partnerproof init`",
    )
