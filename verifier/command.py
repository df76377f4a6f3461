"""Check an Aiguillage portal without trusting it: one file, the standard library and `cryptography`, nothing of ours.

    python verify.py log    [--vkey KEY] [--from OLD] [--policy FILE] URL|DIR   whole, signed, witnessed, only grew
    python verify.py seed   --date D URL|DIR                               the draw of a day was fixed in advance
    python verify.py order  --epoch E --query Q [--hash H] URL|DIR         one list, recomputed from published files
    python verify.py page   FILE|ADDRESS URL|DIR                           a list as somebody saw it: their saved page
    python verify.py ids    URL|DIR                                        no place's id was kept back, or replaced
    python verify.py totals --day D URL|DIR                                a day's totals are the sum of its minutes
    python verify.py metrics --day D URL|DIR                               published figures follow from the counts
    python verify.py figures [--edition E] URL|DIR                         what pages and editions print follows too
    python verify.py all    [--vkey KEY] [--days N] URL|DIR                all of these that need no more to be said
    python verify.py receipt TEXT URL|DIR                                  one redirect was counted, and as what
    python verify.py copy   [--day D]… --to FOLDER URL                     the log, and the snapshots of some days

URL is a portal's address, or its `/log`; DIR is a copy of it. Exit code 0: it agrees. 1: it does not, and the first
difference is named. 2: it could not be checked. What is written here is the rule again, from its text (docs/ranking.md,
docs/log.md, docs/figures.md), not the portal's code. With `--langue fr` all of it is said in French.
"""

from __future__ import annotations

import argparse
import hashlib
import sys
from pathlib import Path

from verifier.events import check_totals
from verifier.figures.metrics import check_metrics
from verifier.log import check_log, check_seed, read_log
from verifier.order import check_order
from verifier.outside.ids import check_ids
from verifier.outside.policy import check_policy, key_in_policy
from verifier.page import check_page
from verifier.receipts import check_receipt
from verifier.source import CannotCheck, Missing, Source, Wrong
from verifier.whole.copying import check_copy
from verifier.whole.everything import FAILURES, check_all, check_figures
from verifier.whole.gaps import check_gaps
from verifier.words.french import USAGE_IN_FRENCH, FrenchParser, in_french

NUMBER = "2"
COMMANDS = {
    "log": check_log,
    "seed": check_seed,
    "order": check_order,
    "page": check_page,
    "ids": check_ids,
    "totals": check_totals,
    "metrics": check_metrics,
    "figures": check_figures,
    "all": check_all,
    "receipt": check_receipt,
    "copy": check_copy,
}


def main(argv: list[str] | None = None) -> int:
    language, rest = language_of(argv)
    arguments = parsed_arguments(rest, language)
    say = arguments.say
    try:
        for line in run(arguments):
            print(say(line))
    except Wrong as error:
        print(say("WRONG") + say(": ") + say(error))
        return 1
    except FAILURES as error:
        kind = "" if isinstance(error, CannotCheck) else f"{type(error).__name__}: "
        print(say("CANNOT CHECK") + say(": ") + kind + say(error))
        return 2
    print("OK")
    return 0


def language_of(argv):
    """The language that is asked for, wherever it stands, and all other arguments."""
    parser = argparse.ArgumentParser(add_help=False, allow_abbrev=False)
    parser.add_argument("--langue", "--lang", choices=("en", "fr"), default="en")
    known, rest = parser.parse_known_args(argv)
    return known.langue, rest


def parsed_arguments(argv, language):
    kind, description = (FrenchParser, USAGE_IN_FRENCH) if language == "fr" else (argparse.ArgumentParser, __doc__)
    say = in_french if language == "fr" else str
    parser = kind(description=description, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.set_defaults(say=say)
    parser.add_argument("--version", action="version", version=version())
    commands = parser.add_subparsers(dest="command", required=True)
    for name in COMMANDS:
        command = commands.add_parser(name)
        for words, options in options_of(name):
            command.add_argument(*words, **{**options, "help": say(options["help"])} if "help" in options else options)
    return parser.parse_args(argv)


def options_of(name):
    """(names, what argparse is told) of each argument of a command, in their order."""
    yield ["--vkey"], {"help": "the log's verifier key, from the press kit or an old copy"}
    if name == "receipt":
        yield ["receipt"], {"metavar": "TEXT"}
        yield ["--platform"], {"help": "where you were sent, as the log names it: the receipt must say so"}
    if name == "page":
        yield ["page"], {"metavar": "FILE|ADDRESS", "help": "a page of a list, as a browser saved it"}
    yield ["where"], {"metavar": "URL|DIR"}
    if name == "copy":
        yield ["--to"], {"required": True, "metavar": "FOLDER"}
        yield ["--day"], {"action": "append", "help": "a day whose snapshots are copied too; may be repeated"}
    if name in ("log", "copy"):
        yield ["--from"], {"dest": "old", "help": "an old checkpoint: a file, or its text"}
    if name in ("log", "all"):
        days = 14 if name == "all" else 2
        yield ["--days"], {"type": int, "default": days, "help": f"how many days back files are read ({days})"}
    if name == "figures":
        yield ["--edition"], {"help": "2026-11-23, 2026-W47, en-cours; else all of them and the pages"}
    if name in ("log", "copy", "all"):
        yield ["--policy"], {"help": "whose cosignatures the head must bear: a file, C2SP tlog-policy"}
        yield ["--within"], {"type": int, "default": 24, "help": "hours that a cosignature counts for (24)"}
    if name == "seed":
        yield ["--date"], {"required": True}
    if name == "all":
        yield ["--day"], {"help": "one closed day alone, as /preuves/DAY.zip holds it"}
    if name == "totals":
        yield ["--day"], {"required": True, "help": "2026-11-23"}
    if name == "metrics":
        yield ["--day"], {"required": True, "help": "2026-11-23, or a week: 2026-W47"}
    if name == "order":
        yield ["--epoch"], {"required": True, "help": "the hour of the list, 2026-11-23T13"}
        yield ["--query"], {"required": True, "help": "the question, insee=01053&need=any&radius=10&…"}
        yield ["--snapshot"], {"help": "the short hash of the reference, 7f3a91c2"}
        yield ["--hash"], {"help": "the fingerprint printed under the list, to compare with"}


def version():
    """A number for people, and the hash of this very file for those who compare."""
    return f"verify.py {NUMBER}, SHA-256 {hashlib.sha256(Path(__file__).read_bytes()).hexdigest()}"


def run(arguments):
    arguments.old = getattr(arguments, "old", None)
    source = Source(arguments.where, getattr(arguments, "to", None))
    try:
        source.get("checkpoint")
    except Missing as error:
        raise CannotCheck(f"nothing sealed yet, or no portal there: {error}") from error
    policy = getattr(arguments, "policy", None)
    arguments.vkey = arguments.vkey or (key_in_policy(policy) if policy else None)
    given = arguments.vkey is not None
    arguments.vkey = arguments.vkey or source.text("vkey").strip()
    log = read_log(source, arguments.vkey)
    if not log.entries:
        raise CannotCheck("nothing sealed yet: the log has no entry")
    if not given:
        yield f"key taken from the portal itself (give --vkey to check it): {arguments.vkey}"
    if policy:
        log = yield from check_policy(log, arguments)
    yield from COMMANDS[arguments.command](log, arguments)
    if arguments.command == "log":
        yield from check_gaps(log, arguments.days)


if __name__ == "__main__":
    sys.exit(main())
