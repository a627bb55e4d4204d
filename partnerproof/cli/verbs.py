"""The verbs of the command line, in groups, in the order in which one needs them.

Help is made from this table: to import every verb's module takes two seconds.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Verb:
    """One verb, and what it does in one line."""

    name: str  # also of its module in partnerproof/cli, with _ for -
    summary: str


GROUPS: dict[str, tuple[Verb, ...]] = {
    "Set up": (
        Verb("init", "Make a workspace: the folder that holds all that follows."),
        Verb("brand", "Add brands with their official logos; check how well the logos do."),
        Verb("register", "Import registers of authorised partners, ask them, compare them."),
        Verb("account", "Make, list and close accounts of the review application."),
        Verb("token", "Make, list and close tokens of the API."),
        Verb("doctor", "Say whether foreign bytes are read in a whole box on this machine."),
        Verb("completion", "Let the shell complete commands and options."),
        Verb("demo", "See the main job done on a fictional web on this machine."),
    ),
    "Run": (
        Verb("plan", "Say what a crawl of a list would cost."),
        Verb("crawl", "Visit the vendors of a list; match, claim and judge what they show."),
        Verb("check", "Look at one page and say what it claims."),
        Verb("ingest", "Read WARC and WACZ files made by others, with their own dates."),
        Verb("merge", "Take in shards that other machines crawled."),
        Verb("watch", "Visit again what is due, prove removals, tell who asked to be told."),
        Verb("status", "Show how far the latest crawl is, also while it runs."),
        Verb("extract", "Read stored pages again: pages → sightings, passages."),
        Verb("match", "Compare what was seen with the brands: → logo and text matches."),
        Verb("claims", "Turn matches and what stands around them into claims."),
        Verb("judge", "Check every claim against the register as of its day."),
    ),
    "Look": (
        Verb("findings", "Print the findings with the verdicts that hold."),
        Verb("changes", "Show which claims appeared, stayed or went."),
        Verb("passages", "Find where words stand, in any script."),
        Verb("report", "Write an HTML report: index, coverage, one dossier a claim."),
        Verb("picture", "Draw pages of findings from the archive, with what was found outlined."),
        Verb("analyst-copy", "Write one SQLite file for analysts, with the dictionary inside."),
        Verb("diff", "Show which verdicts changed between two runs of judging, and why."),
    ),
    "Decide": (
        Verb("serve", "Open the review application in a browser; run jobs; answer the API."),
        Verb("reject", "Say that an image does not show a brand's logo."),
        Verb("reply", "Note an answer that the reply form of an export saved as a file."),
    ),
    "Prove": (
        Verb("seal", "Seal what was stored, and have the seals stamped by authorities."),
        Verb("verify", "Check that everything stored, or an export, is as it was sealed."),
        Verb("backup", "Copy the whole workspace into a new folder, and check the copy."),
        Verb("restore", "Make a workspace from a backup."),
        Verb("export", "Write all evidence of one claim, for anybody to check offline."),
        Verb("retention", "Show and delete what has been kept as long as the rules say."),
        Verb("hold", "Keep all that is stored of a vendor, whatever the rules say."),
    ),
    "Library": (
        Verb("recognise", "Say which official logos files show; needs no workspace."),
        Verb("lake", "Ask many shards as one, without merging them."),
        Verb("hunt", "Look for new logos in every image that was ever seen."),
    ),
}
READ_FOREIGN_BYTES = frozenset(
    [
        "demo",
        "plan",
        "crawl",
        "check",
        "ingest",
        "merge",
        "watch",
        "extract",
        "match",
        "serve",
        "picture",
        "report",
        "export",
        "recognise",
        "hunt",
    ]
)
VERBS: dict[str, Verb] = {verb.name: verb for verbs in GROUPS.values() for verb in verbs}
