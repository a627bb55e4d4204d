"""The closed lists of words that stand in the database: one StrEnum for each."""

from __future__ import annotations

from enum import StrEnum


class CrawlKind(StrEnum):
    """Where the visits of a crawl come from."""

    CRAWL = "crawl"
    CHECK = "check"  # of one page
    INGEST = "ingest"  # an archive that others made: visits are days of captures, and no request was made


class VisitState(StrEnum):
    PENDING = "pending"
    RUNNING = "running"
    DONE = "done"
    FAILED = "failed"


class Purpose(StrEnum):
    """Why a URL was requested."""

    PAGE = "page"
    IMAGE = "image"
    STYLESHEET = "stylesheet"
    SITEMAP = "sitemap"
    ROBOTS = "robots"
    SCRIPT = "script"
    PROBE = "probe"  # an address that can't exist, to know what the site answers to such


class Tls(StrEnum):
    """Whether the certificate was checked on an HTTPS exchange."""

    VERIFIED = "verified"
    UNVERIFIED = "unverified"  # the operator allowed a second try after the check had failed


class RobotsRule(StrEnum):
    """On what ground an address was asked for."""

    ALLOWED = "allowed"  # a robots.txt that was read allows it
    NO_ROBOTS = "no-robots"  # the host answers that it has none (4xx), which allows all (RFC 9309)
    NOT_ASKED = "not-asked"  # the operator said so in the configuration


class DnsSource(StrEnum):
    """Who said which addresses a host has."""

    RESOLVER = "resolver"
    PINNED = "pinned"  # the operator, with --resolve: nobody was asked


class DrawnFrom(StrEnum):
    """What a picture of a page was drawn from."""

    ARCHIVE = "archive"  # later, by a browser that got nothing but stored captures
    CRAWL = "crawl"  # by the browser of the crawl: its screenshot, with the places outlined


class LookOutcome(StrEnum):
    """What came of a wish to look at a URL."""

    LOOKED = "looked"
    COULD_NOT_LOOK = "could-not-look"


class PageKind(StrEnum):
    PARTNERS = "partners"
    CLIENTS = "clients"
    TECHNOLOGY = "technology"
    CERTIFICATIONS = "certifications"
    MEMBERS = "members"
    SPONSORS = "sponsors"
    SUPPLIERS = "suppliers"
    RESELLERS = "resellers"
    ABOUT = "about"
    HOME = "home"
    NEWS = "news"
    OTHER = "other"


class PageHealth(StrEnum):
    OK = "ok"
    ERROR = "error"
    CHALLENGE = "challenge"
    CONSENT_WALL = "consent-wall"
    PARKED = "parked"
    LISTING = "listing"  # a server's list of files: its links are followed
    SOFT_404 = "soft-404"
    EMPTY_SHELL = "empty-shell"
    LOGIN = "login"
    NOT_HTML = "not-html"
    UNREADABLE = "unreadable"  # reading it took too long or too much memory
    NO_TEXT = "no-text"  # bytes that no charset and no coding makes a text of
    EMPTY = "empty"
    MAINTENANCE = "maintenance"
    SERVER_ERROR = "server-error"  # said in words, with a status that says that all is well
    NOT_HERE = "not-in-your-country"


class Continuity(StrEnum):
    """Whether a page that was read again is still the page that it was."""

    SAME = "same"
    CHANGED = "changed-beyond-recognition"  # what it lacks proves nothing


class FoundBy(StrEnum):
    """The technique that found an image in a page."""

    IMG = "img"
    SRCSET = "srcset"
    LAZY = "lazy"
    PICTURE = "picture"
    NOSCRIPT = "noscript"
    CSS_BACKGROUND = "css-background"
    CSS_CONTENT = "css-content"
    CSS_MASK = "css-mask"
    INLINE_STYLE = "inline-style"
    INLINE_SVG = "inline-svg"
    SVG_USE = "svg-use"
    SVG_IMAGE = "svg-image"
    DATA_URI = "data-uri"
    OBJECT = "object"
    EMBED = "embed"
    INPUT_IMAGE = "input-image"
    VIDEO_POSTER = "video-poster"
    LINK = "link"  # a link in words that leads to an image
    PRELOAD = "preload"  # named in the page's head only
    SCRIPT_STATE = "script-state"  # named in JSON that scripts draw the page from


class Noise(StrEnum):
    """What an image is when it is surely no logo that says something about another company."""

    OWN_LOGO = "own-logo"
    SOCIAL = "social"
    PAYMENT = "payment"
    APP_BADGE = "app-badge"
    COOKIE_BANNER = "cookie-banner"
    FLAG = "flag"
    ICON = "icon"
    AVATAR = "avatar"
    DECORATION = "decoration"


class SectionKind(StrEnum):
    """What the part of a page around an image or a passage is about."""

    PARTNERS = "partners"
    RESELLERS = "resellers"
    CLIENTS = "clients"
    SUPPLIERS = "suppliers"
    TECHNOLOGY = "technology"
    CERTIFICATIONS = "certifications"
    MEMBERS = "members"
    SPONSORS = "sponsors"
    SOCIAL = "social"
    PAYMENT = "payment"
    APP_STORE = "app-store"
    NEWS = "news"
    OWN = "own"
    NONE = "none"


class Relation(StrEnum):
    """What a vendor says that it is to a brand, or why the mark stands there without saying so."""

    PARTNER = "partner"
    RESELLER = "reseller"
    DISTRIBUTOR = "distributor"
    CUSTOMER = "customer"
    SUPPLIER = "supplier"
    TECHNOLOGY = "technology"
    MEMBER = "member"
    CERTIFICATION = "certification"
    SPONSOR = "sponsor"
    INVESTOR = "investor"
    PRESS = "press"
    DENIED = "denied"
    SOCIAL = "social"
    PAYMENT = "payment"
    APP_STORE = "app-store"
    SIGN_IN = "sign-in"  # "Sign in with …"
    REVIEW_WIDGET = "review-widget"
    SOFTWARE_USED = "software-used"  # what the site itself is made with
    TEMPLATE_FILLER = "template-filler"  # came with a bought page template, and stands on many strangers' sites
    OWN = "own"
    UNSTATED = "unstated"  # in a wall of companies' logos of which nothing says what they are to the vendor
    INCIDENTAL = "incidental"


class StatementKind(StrEnum):
    """What a sentence that names a brand says about it."""

    PARTNER_CLAIM = "partner-claim"
    CUSTOMER_CLAIM = "customer-claim"
    CERTIFICATION = "certification"
    MENTION_ONLY = "mention-only"
    DENIAL = "denial"
    PAST = "past"


class Certainty(StrEnum):
    """How sure it is that a sentence claims what it seems to claim (matcher/words/certainty.py)."""

    SURE = "sure"
    LIKELY = "likely"  # something in it leaves a doubt: a person has to read it


class AssertedBy(StrEnum):
    """Who says what a sentence says."""

    VENDOR = "vendor"
    PRESS = "press"  # a quoted article or press release of others
    TESTIMONIAL = "testimonial"  # a customer's words
    BIOGRAPHY = "biography"  # of a person who works, or worked, there
    JOB_ADVERT = "job-advert"
    THIRD_PARTY = "third-party"  # the sentence's subject is another company


class Modality(StrEnum):
    """Whether a relation is said to hold, to be over, to come, or to be wished for."""

    IS = "is"
    WAS = "was"
    WILL_BE = "will-be"
    WANTS_TO_BE = "wants-to-be"


class Polarity(StrEnum):
    AFFIRMED = "affirmed"
    DENIED = "denied"  # "we are not a partner of …"
    DISCLAIMED = (
        "disclaimed"  # "trademarks of their owners; no affiliation is implied", "without claiming partner status"
    )


class Evidence(StrEnum):
    """What a claim rests on, in the order in which it is named."""

    PICTURE = "picture"  # an official logo was recognised
    WORDS = "words"  # the brand's name was read in a picture
    NAME = "name"  # what stands beside a picture names the brand
    TEXT = "text"  # a sentence of the page


class MatchKind(StrEnum):
    """How an image ties to a brand."""

    PICTURE = "picture"
    WORDS = "words"


class NameSource(StrEnum):
    """What stands beside an image and names a brand."""

    ALT = "alt"
    TITLE = "title"
    LABEL = "label"  # aria-label
    CAPTION = "caption"
    FILE = "file"  # the name of the image's file
    LINK = "link"  # host or path of what the image leads to


class VerdictKind(StrEnum):
    AUTHORISED = "authorised"
    LAPSED = "lapsed"
    NOT_YET = "not-yet"
    EXCEEDS_GRANT = "exceeds-grant"
    GROUP_MEMBER = "group-member"
    NO_AUTHORISATION = "no-authorisation"
    DISCLAIMED = "disclaimed"
    TEMPLATE = "template"
    OWN_PROPERTY = "own-property"
    NOT_A_PARTNERSHIP_CLAIM = "not-a-partnership-claim"
    UNDETERMINED = "undetermined"


class JudgingCause(StrEnum):
    """What made a run of judging run."""

    CRAWL = "crawl"
    REGISTER = "register"
    JUDGE = "judge"
    REPLAY = "replay"


class MarkMisuse(StrEnum):
    """How an official mark is shown otherwise than its brand allows."""

    OUTDATED = "outdated"
    STRETCHED = "stretched"
    TURNED = "turned"
    CROPPED = "cropped"
    RECOLOURED = "recoloured"
    TOO_SMALL = "too-small"
    CROWDED = "crowded"  # something stands within its clear space, as in a mark combined with the vendor's own


class RefusalReason(StrEnum):
    """Why an image was not judged."""

    EMPTY = "empty"
    UNKNOWN_FORMAT = "unknown-format"
    NEEDS_EXTRA = "needs-extra"  # a format whose decoder is not installed
    BROKEN = "broken"
    TOO_MANY_BYTES = "too-many-bytes"
    TOO_MANY_PIXELS = "too-many-pixels"
    TOO_MANY_FRAMES = "too-many-frames"
    TOO_SMALL = "too-small"
    BLANK = "blank"
    DEGENERATE = "degenerate"
    TOO_SLOW = "too-slow"
    CRASHED = "crashed"


class MatchStrength(StrEnum):
    """How sure a match with an official logo is."""

    MATCH = "match"
    PERHAPS = "perhaps"  # a person has to look; no evidence of a claim


class PerhapsReason(StrEnum):
    """Why a match is only a perhaps."""

    LOW_SCORE = "low-score"  # it resembles the logo too little
    PLAIN = "plain"  # a mark that many drawings resemble, with nothing in its colours or size that speaks for it
    IN_PASSING = "in-passing"  # a tiny part of a photograph: the maker's name on a machine
    INSIDE_OTHER_BRAND = "inside-other-brand"  # what is seen lies in a better match of another brand's logo
    STRANGE_WORDS = "strange-words"  # words beside the name may make it another firm's
    LETTERS_WRONG = "letters-wrong"  # the name was read with wrong letters
    READ_BADLY = "read-badly"  # the engine was not sure of what it read


class RejectionEvent(StrEnum):
    """What a person decided about an image and a brand."""

    REJECTED = "rejected"
    UNDONE = "undone"


class Recolouring(StrEnum):
    """What became of an official drawing's colours."""

    NONE = "none"
    GREY = "grey"
    OTHER = "other-colours"


class LogoVariant(StrEnum):
    COLOUR = "colour"
    WHITE = "white"
    MONO = "mono"
    ICON = "icon"
    STACKED = "stacked"
    BADGE = "badge"


class CustodyEvent(StrEnum):
    """What the custody log tells of."""

    BEGAN = "began"  # a command that writes to the database
    ENDED = "ended"  # … with the digest of the database as it left it
    CAPTURED = "captured"
    SEALED = "sealed"
    STAMPED = "stamped"
    VIEWED = "viewed"
    DECIDED = "decided"
    EXPORTED = "exported"
    ACCOUNT = "account"  # an account was made, changed or closed, with what it has since
    TOKEN = "token"  # noqa: S105  # a token of the API was made or closed, with what it has since
    ORDERED = "ordered"  # a job was ordered, or its stop
    SENT = "sent"
    VERIFIED = "verified"
    HELD = "held"  # a legal hold was laid or lifted
    DELETING = "deleting"
    DELETED = "deleted"
    ANCHORED = "anchored"  # a statement about a seal and this log was left outside this machine
    BACKED_UP = "backed up"
    RESTORED = "restored"  # this workspace was put back from a backup
    CHANGED = "changed"  # somebody else changed the database between two commands of ours
    MERGED = "merged"  # a shard that other machines crawled came home
    MENDED = "mended"  # the unfinished last line of a killed process was cut off


class HoldEvent(StrEnum):
    """What was decided about keeping all that is stored of a vendor."""

    LAID = "laid"
    LIFTED = "lifted"


class NearMissEvent(StrEnum):
    """What a person said of a near miss of a search."""

    REFUSED = "refused"  # looked at: it is another company
    WITHDRAWN = "withdrawn"


class RetentionClass(StrEnum):
    """Why something is kept, and so for how long: the first three are of captures."""

    FINDING = "finding"  # a claim that is not plainly allowed rests on it
    CLAIM = "claim"  # another claim rests on it
    UNCLAIMED = "unclaimed"
    CORRESPONDENCE = "correspondence"  # texts of letters, replies and their files


class CaseState(StrEnum):
    """What a case waits for, or how it was decided."""

    OPEN = "open"
    LATER = "later"
    WAITING_APPROVAL = "waiting-approval"
    CONFIRMED = "confirmed"
    AUTHORISED = "authorised"
    FALSE_MATCH = "false-match"
    NOT_A_CLAIM = "not-a-claim"
    DUPLICATE = "duplicate"
    CLOSED = "closed"  # nothing is left to decide: the claim is allowed by now


UNDECIDED = frozenset({CaseState.OPEN, CaseState.LATER, CaseState.WAITING_APPROVAL})


class CaseEvent(StrEnum):
    """What happened to a case."""

    OPENED = "opened"
    CHANGED = "changed"  # what the decision rested on is another now
    DECIDED = "decided"
    APPROVED = "approved"
    RETURNED = "returned"  # a second person did not approve
    UNDONE = "undone"
    ASSIGNED = "assigned"
    COMMENTED = "commented"
    PUT_OFF = "put-off"
    CLOSED = "closed"
    WRITTEN = "letter-written"  # a letter was drafted, or its draft changed
    LETTER_APPROVED = "letter-approved"
    LETTER_RETURNED = "letter-returned"
    LETTER_SENT = "letter-sent"  # a person sent it and says so: the program sends none
    LETTER_DROPPED = "letter-dropped"
    REPLIED = "replied"
    ESCALATED = "escalated"
    ENDED = "follow-up-ended"
    DEADLINE_PASSED = "deadline-passed"
    REMOVED = "removed"  # a healthy look did not show the claim any more
    VERIFIED_REMOVED = "verified-removed"
    REAPPEARED = "reappeared"


class FollowUp(StrEnum):
    """How far a case has come after it was decided: what was asked of the vendor, and what came of it."""

    DRAFT = "draft"
    APPROVED = "approved"
    SENT = "sent"
    ACKNOWLEDGED = "acknowledged"
    DISPUTED = "disputed"
    REMOVED = "removed"  # not there on the last healthy look; not proven yet
    VERIFIED_REMOVED = "verified-removed"  # enough healthy looks over enough days
    REAPPEARED = "reappeared"
    ESCALATED = "escalated"
    CLOSED = "closed"


class LetterState(StrEnum):
    """How far one letter has come."""

    DRAFT = "draft"
    APPROVED = "approved"
    SENT = "sent"
    DROPPED = "dropped"


class Tone(StrEnum):
    """What a letter asks for, the mildest first."""

    ENQUIRY = "enquiry"
    CORRECTION = "correction"  # to a partner: to show no more than its grant allows
    REQUEST = "request"
    HOST_NOTICE = "host-notice"
    DEMAND = "demand"


class ReplyKind(StrEnum):
    """What a reply comes to."""

    ACKNOWLEDGES = "acknowledges"
    SAYS_REMOVED = "says-removed"  # what a reply says is not what was seen
    DISPUTES = "disputes"
    OTHER = "other"


class RemovalOutcome(StrEnum):
    """What one visit tells of a claim that was asked to be removed."""

    SHOWN = "shown"
    GONE = "gone"
    COULD_NOT_LOOK = "could-not-look"


class Role(StrEnum):
    """What an account may do; each role may do what those before it may."""

    READER = "reader"
    REVIEWER = "reviewer"
    APPROVER = "approver"
    ADMIN = "admin"


class JobKind(StrEnum):
    """What the service can be asked to do: the command of the same name."""

    CRAWL = "crawl"
    CHECK = "check"
    IMPORT = "import"  # of a register
    WATCH = "watch"  # one round


class JobState(StrEnum):
    """How far a job is."""

    QUEUED = "queued"
    RUNNING = "running"
    DONE = "done"
    FAILED = "failed"
    STOPPED = "stopped"


class TokenScope(StrEnum):
    """What a token of the API may do."""

    FINDINGS_READ = "findings:read"
    CASES_READ = "cases:read"
    CRAWLS_READ = "crawls:read"
    JOBS_READ = "jobs:read"
    JOBS_WRITE = "jobs:write"
    METRICS_READ = "metrics:read"
