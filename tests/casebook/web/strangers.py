"""Requests as no browser of ours would send them: every route, method and role, with hostile values in every place.

The names of fields and parameters are read from the templates and sources, so that a new form is covered when it is written.
"""

from __future__ import annotations

import asyncio
import re
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote_from_bytes, unquote, urlencode

from hypothesis import strategies as st
from starlette.types import ASGIApp, Message

from casebook.cases.decisions import REASONS
from casebook.web.app import COOKIE, ReviewApp
from casebook.web.application_context import ApplicationContext
from casebook.web.queue import FACETS
from casebook.web.responses import MAX_FIELDS
from ledger.vocabulary import CaseState, ReplyKind, Role, Tone
from tests.casebook.ledgers import rows_of
from tests.casebook.web.contexts import client, csrf, write_approved_letter

ROOT = Path(__file__).parents[3] / "casebook"
NAMES = sorted(
    {
        name
        for file in (*ROOT.glob("web/templates/*.html"), *ROOT.glob("web/*.py"))
        for name in re.findall(
            r'name="([a-z_]+)"|one_field\(form, "([a-z_]+)"\)|query\.get\("([a-z_]+)"', file.read_text(encoding="utf-8")
        )
        for name in name
        if name
    }
    | {*FACETS, "job_id", "look_id", "page", "image", "template", "vendor", "done", "token"}
)
HOSTILE = [
    "", " ", "\x00", "0", "-1", "1e999", "nan", "inf", "9" * 400, "9223372036854775808", "١٢", "²", "½", "true", "None", "null",
    "' OR 1=1 --", '"; DROP TABLE cases; --', "%", "_", "*", '"', '"""', "NEAR(", "a AND", "col:x", "^x", "(((", "微软", "ﷺ" * 50,
    "<script>alert(1)</script>", "{{ 7*7 }}", "../../../../etc/passwd", "..%2f..", "\\\\host\\share", "a\r\nSet-Cookie: x=1",
    "\u202e\u200b\ufeff", "\ud800", "𝔘" * 200, "x" * 70_000, "2026-02-30", "9999-12-31", "0000-00-00", "0001-01-01", "+2026-1-1",
    "2026-12-24", "=1+1", "case", ":", "::", "a:b:c", "\t", "İıſ", "\x85\u2028", "1_000", "０", "%00", "&", "a=b&c", "#", "?x", "//evil.example",
]  # fmt: skip
METHODS = ["GET", "POST", "HEAD", "PUT", "DELETE", "PATCH", "OPTIONS", "TRACE", "CONNECT", "get", "QUERY"]
TYPES = [
    b"application/x-www-form-urlencoded", b"multipart/form-data; boundary=b", b"multipart/form-data", b"application/json", b"text/plain",
    b"application/x-www-form-urlencoded; charset=utf-16", b"multipart/form-data; boundary=" + b"x" * 300, b"\xff\xfe", b"",
    b"application/x-www-form-urlencoded, multipart/form-data; boundary=b", b"multipart/form-data; boundary=\"", b"multipart/form-data; boundary=b; charset=utf-7",
    b"multipart/form-data; application/x-www-form-urlencoded",
]  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class StrangeRequest:
    """One request as it goes to the application."""

    method: str
    path: bytes  # as it stands in the request line
    query: bytes
    headers: tuple[tuple[bytes, bytes], ...]
    body: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class Answered:
    status: int
    headers: tuple[tuple[bytes, bytes], ...]
    body: bytes


class Strangers:
    """A context with cases and letters, a session of each role, and requests to it."""

    def __init__(self, context: ApplicationContext) -> None:
        self.context = context
        write_approved_letter(context, "meadow.example")
        review = ReviewApp(context)
        # a table starts a process: it is asked for apart from the others, not some hundred times
        self.routes = sorted(
            {(route.path, min(route.methods - {"HEAD"})) for route in review.routes()} - {("/table.{kind}", "GET")}
        )
        self.cookies, self.secrets = [""], [""]
        for role in Role:
            who = client(context, f"{role}-one")
            self.secrets.append(csrf(who.get("/help").text))
            self.cookies.append(who.cookies[COOKIE])

    def plausible(self) -> dict[str, list[str]]:
        """Of each field and parameter, values that lead further into the application than any hostile one."""
        ledger = self.context.ledger
        rows = rows_of(ledger, "SELECT case_id, last_event_id, vendor_domain FROM cases ORDER BY case_id")
        cases, ticks = [row[0] for row in rows], [f"{row[0]}:{row[1]}" for row in rows]
        letters, replies = (
            [row[0] for row in rows_of(ledger, f"SELECT {column} FROM {table} ORDER BY {column} DESC LIMIT 5")] or ["x"]
            for table, column in (("letters", "letter_id"), ("replies", "reply_id"))
        )
        batches = [row[0] for row in rows_of(ledger, "SELECT batch_id FROM case_events ORDER BY event_id DESC LIMIT 5")]
        jobs = [row[0] for row in rows_of(ledger, "SELECT job_id FROM jobs ORDER BY job_id LIMIT 5")] or ["x"]
        tones, kinds, days = [str(tone) for tone in Tone], [str(kind) for kind in ReplyKind], ["2026-12-24", ""]
        return {
            "job_id": jobs, "job": jobs, "stored": ["vendors.csv", ""], "url": ["https://vendor.example/partners"], "brands": ["acme"],
            "before": jobs, "register": ["partners"], "strict": ["yes", ""], "lenient": ["yes", ""], "last_day": ["yes", ""],
            "case_id": cases, "case": [*ticks, *cases], "letter": letters, "letter_id": letters, "reply": replies, "reply_id": replies,
            "look_id": [row[0] for row in rows_of(ledger, "SELECT look_id FROM looks LIMIT 3")] or ["x"],
            "batch": batches, "done": batches, "number": ["0", "1"], "tone": tones, "until": days, "day": days, "on": days, "received": days, "seen": ["x"], "how": ["by post"], "counsel": ["C. Ounsel"],
            "received_on": days, "answer_by": days, "language": ["en", "de", "zh"], "jurisdiction": ["GB", "DE", "other"],
            "kind": ["crawl", "check", "import", "watch", "official", "found", "outlined", "screenshot", "html", "docx", "pdf", *kinds], "name": ["app.js", "tokens.css", "A view"],
            "decision": [f"{state}:{reason}" for state, reasons in REASONS.items() for reason in reasons],
            "approval": ["approve", "return"], "from": ["case", "queue"], "query": ["evidence=picture%2Ctext&sort=vendor", ""], "forget": ["yes", ""],
            "to": ["reviewer-one", ""], "comment": ["seen"], "state": [*map(str, CaseState)], "page": ["1", "2"], "brand": ["acme"],
            "step": ["approve", "sent", "drop", "approved", "dropped"], "recipient": ["Harbour Ltd"], "contact": ["info@harbour.example"],
            "subject": ["Your page"], "body": ["Dear colleagues"], "sender": ["Ann"], "words": ["gone"], "q": ["acme", "艾克米"],
        }  # fmt: skip

    def requests(self, path: str, method: str) -> st.SearchStrategy[StrangeRequest]:
        """Requests to one route, most of them of its own method and from somebody who may."""
        plausible = self.plausible()
        values = st.one_of(
            st.sampled_from(HOSTILE), st.sampled_from(HOSTILE), st.text(max_size=30), st.integers().map(str)
        )
        named = {name: st.sampled_from(plausible.get(name, ["x"])) for name in {*NAMES, *plausible}}
        changes = st.lists(
            st.tuples(st.one_of(st.sampled_from(sorted(named)), st.text(max_size=8)), values), max_size=3
        )
        usual = st.just
        return st.builds(
            self._ask,
            path=usual(path),
            fields=st.fixed_dictionaries(named),
            changes=changes,
            method=st.one_of(usual(method), usual(method), usual(method), st.sampled_from(METHODS)),
            who=st.one_of(usual(len(self.cookies) - 1), st.integers(0, len(self.cookies) - 1)),
            query=st.one_of(changes.map(_encoded), st.binary(max_size=60)),
            has_secret=st.sampled_from([True, True, True, True, False]),
            kind=st.one_of(usual(TYPES[0]), usual(TYPES[0]), usual(TYPES[1]), st.sampled_from(TYPES)),
            raw=st.one_of(*[st.none()] * 6, st.binary(max_size=200)),
            length=st.one_of(*[st.none()] * 6, st.sampled_from([b"", b"-1", b"0", b"7", b"9" * 30, b"1e3", b"0x10", "²".encode(), b" 5", b"abc"])),
            more=st.one_of(usual([]), st.lists(
                st.tuples(
                    st.sampled_from([b"cookie", b"sec-fetch-site", b"host", b"x-forwarded-for", b"accept-language", b"range", b"if-modified-since", b"transfer-encoding", b"expect"]),
                    st.one_of(st.sampled_from(HOSTILE).map(lambda text: text[:500].encode("utf-8", "replace")), st.binary(max_size=40)),
                ),
                max_size=3,
            )),
        )  # fmt: skip

    def _ask(
        self,
        *,
        path: str,
        fields: dict[str, str],
        changes: list[tuple[str, str]],
        method: str,
        who: int,
        query: bytes,
        has_secret: bool,
        kind: bytes,
        raw: bytes | None,
        length: bytes | None,
        more: list[tuple[bytes, bytes]],
    ) -> StrangeRequest:
        changed = dict(changes)
        path = re.sub(r"\{(\w+)\}", lambda found: changed.get(found[1], fields[found[1]]), path)
        # a changed field comes instead of the plausible one; twice changed, it comes twice
        form = [*((name, value) for name, value in fields.items() if name not in changed), *changes]
        if has_secret:
            form = [("csrf", self.secrets[who]), *form]
        body = raw if raw is not None else _multipart(form) if b"multipart" in kind else _encoded(form)
        headers = [(b"content-type", kind), (b"content-length", str(len(body)).encode() if length is None else length)]
        if self.cookies[who]:
            headers.append((b"cookie", f"{COOKIE}={self.cookies[who]}".encode()))
        escaped = quote_from_bytes(path.encode("utf-8", "surrogatepass"), safe="/%").encode()
        return StrangeRequest(method=method, path=escaped, query=query, headers=(*headers, *more), body=body)


async def send(app: ASGIApp, request: StrangeRequest) -> Answered:
    """Give a request to the application as a server would, and return its answer. Whatever it raises comes through."""
    scope = {
        "type": "http", "asgi": {"version": "3.0"}, "http_version": "1.1", "method": request.method, "scheme": "http",
        "path": unquote(request.path.decode("ascii")), "raw_path": request.path, "query_string": request.query, "root_path": "",
        "headers": list(request.headers), "client": ("127.0.0.1", 1), "server": ("testserver", 80), "state": {},
    }  # fmt: skip
    sent: list[Message] = []
    parts = [request.body[:7], request.body[7:]]  # a body comes in pieces

    async def receive() -> Message:
        if not parts:
            await asyncio.sleep(3600)
        return {"type": "http.request", "body": parts.pop(0), "more_body": bool(parts)}

    async def take(message: Message) -> None:
        sent.append(message)

    await app(scope, receive, take)
    return Answered(
        status=sent[0]["status"],
        headers=tuple(sent[0]["headers"]),
        body=b"".join(message.get("body", b"") for message in sent[1:]),
    )


def _encoded(pairs: list[tuple[str, str]]) -> bytes:
    return urlencode(
        [(name.encode("utf-8", "surrogatepass"), value.encode("utf-8", "surrogatepass")) for name, value in pairs]
    ).encode()


def _multipart(pairs: list[tuple[str, str]]) -> bytes:
    parts = [
        f'--b\r\nContent-Disposition: form-data; name="{name}"{"; filename=" + chr(34) + value[:30] + chr(34) if name == "file" else ""}\r\n\r\n{value}\r\n'
        for name, value in pairs
    ]
    return f"{''.join(parts)}--b--\r\n".encode("utf-8", "surrogatepass")


TOO_MANY = _encoded([("case", "x")] * (MAX_FIELDS + 5))
