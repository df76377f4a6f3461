"""A folder in which commands are typed as documents write them, beside a portal that has a week behind it."""

from __future__ import annotations

import html
import io
import os
import re
import shutil
import subprocess
import sys
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

import requests
from cryptography.hazmat.primitives.asymmetric import ec

from aggregator.config.settings import ROOT, Settings
from aggregator.instants import now
from aggregator.worker.backups.backup import backup
from tests.conftest import seal
from tests.ledger.outside.test_stamps import OwnAuthority
from tests.loopback import Loopback
from tests.portal import MONDAY
from tests.web.conftest import BROWSER
from tests.week import AFTER, served

AT = AFTER + timedelta(hours=1)
LIST = """gid;nom;com_cp;com_nom;lat_coor1;long_coor1;rdv_site_web;rdv_tel;centre_fermeture
1;Salle des Fêtes;69003;Lyon;45.76;4.85;https://partners.doctolib.fr/centre/lyon/salle?pid=practice-1;;
"""
TOOLS = {"python": "", "aiguillage": "-m aggregator", "pybabel": "-m babel.messages.frontend"}


@dataclass
class TypingPlace:
    """`stands_for`: what a reader puts in place of words and examples, by regular expression, in this order.

    `variables`: the settings of that portal.
    """

    settings: Settings
    origin: str
    stands_for: dict[str, str]
    variables: dict[str, str]

    def type(self, command: str, folder: Path) -> subprocess.CompletedProcess[str]:
        """What a shell makes of it in this folder; what a command changes are data of its own."""
        environment = tools_in(folder) | self.variables
        command = re.sub(r"(?<= )/(tmp|srv)/", f"{folder}/", command)
        for words, instead in self.stands_for.items():
            command = re.sub(words, lambda _, instead=instead: instead, command)
        self.prepare(command, folder)
        return subprocess.run(
            ["bash", "-euc", command], cwd=folder, env=environment, capture_output=True, text=True, check=False,
            timeout=300,
        )  # fmt: skip

    def prepare(self, command: str, folder: Path) -> None:
        """What the document says has been done before."""
        data = folder / "run"
        if "aiguillage" in command:
            shutil.copytree(self.settings.data_dir, data, symlinks=True)
        if "/backups" in command:
            backup(Settings(data_dir=data), folder / "backups" / "2026-11-23T1200", AT)
        if command.startswith("aiguillage restore"):  # "into a data folder that has none of these files, but `keys/`"
            keep(data, "keys")
        if command.startswith(
            ("aiguillage seal", "aiguillage stamp")
        ):  # by this machine's clock: a log that begins now
            keep(data, "gazetteer.json.gz", "outlines.npz")
            seal(Settings(data_dir=data), now())
        if re.fullmatch(r"python verify\.py .* \.", command):  # "download `/preuves/2026-12-01.zip`, unpack"
            got = requests.get(f"{self.origin}/preuves/{MONDAY}.zip", timeout=60)
            zipfile.ZipFile(io.BytesIO(got.content)).extractall(folder)
        if "pybabel extract" in command:
            for name in ("templates", "aggregator", "data/translations"):
                shutil.copytree(ROOT / name, folder / name)
            shutil.copy(ROOT / "babel.cfg", folder)
        elif "pybabel" in command:
            self.type(".venv/bin/pybabel extract -F babel.cfg -o messages.pot .", folder)


def keep(data: Path, *names: str) -> None:
    """These of the data folder, and nothing else."""
    for path in data.iterdir():
        if path.name not in names:
            shutil.rmtree(path) if path.is_dir() else path.unlink()


def tools_in(folder: Path) -> dict[str, str]:
    """Puts `verify.py`, `.venv/bin` and a list of the State there. The environment that finds them, and data."""
    tools = folder / ".venv" / "bin"
    tools.mkdir(parents=True, exist_ok=True)
    for name, words in TOOLS.items():
        (tools / name).write_text(f'#!/bin/sh\nexec {sys.executable} {words} "$@"\n')
        (tools / name).chmod(0o755)
    shutil.copy(ROOT / "verify.py", folder)
    (folder / "centres-vaccination.csv").write_text(LIST, encoding="utf-8")
    ours = {name: value for name, value in os.environ.items() if not name.startswith(("AIGUILLAGE_", "DATABASE_"))}
    return ours | {
        "AIGUILLAGE_DATA_DIR": str(folder / "run"),
        "PATH": f"{tools}:{os.environ['PATH']}",
        "PYTHONPATH": str(ROOT),
    }


@contextmanager
def beside(week: Settings, folder: Path) -> Iterator[TypingPlace]:
    """A copy of the week, served; somebody looks at a list there, keeps the page, and the receipt of a click."""
    settings = Settings(data_dir=shutil.copytree(week.data_dir, folder / "run", symlinks=True))
    log = settings.published_dir / "log"
    old = shutil.copy(log / "checkpoint", folder / "old")
    somebody = requests.Session()
    somebody.headers["User-Agent"] = BROWSER
    with served(settings, AT) as origin, stamping(folder) as variables:
        page = somebody.get(f"{origin}/recherche?insee=69123&rayon=25").text
        button = found(r'action="(/rdv/[^"?]+)"', page)
        kept = somebody.post(f"{origin}{button}?preuve=1").text
        seal(settings, AT)
        told = html.unescape(somebody.get(origin + html.unescape(found(r'href="(/verifier\?.+?)"', page))).text)
        (folder / "page.html").write_text(page, encoding="utf-8")
        vkey = (log / "vkey").read_text().strip()
        (folder / "policy").write_text(f"log {vkey}\nquorum none\n", encoding="utf-8")
        yield TypingPlace(
            settings,
            origin,
            {
                r"--epoch HOUR --query KEY --snapshot SHORT --hash H\b": found(
                    r"verify\.py order (.+) \S+</code>", told
                ),
                r"(?<=--policy )FILE\b": str(folder / "policy"),
                r"(?<=page )FILE\b": str(folder / "page.html"),
                r"(?<=count-hosts )FILE\b": "centres-vaccination.csv",
                r"(?<=receipt )TEXT\b": found(r"<code>(r2\.[\w-]+)</code>", kept),
                r"(?<=incident )TEXT\b": "'Une heure de panne'",
                r"\bKEY\b": vkey,
                r"\bOLD\b": str(old),
                r"\bFOLDER\b": "copied",
                r"\bDAY\b|(?<=--date )D\b|2026-12-01": MONDAY,
                r"\bSLUG\b": "maiia",
                r"\bLOG\b": f"{origin}/log",
                r"http://127\.0\.0\.1:8000": origin,
            },
            variables | {"AIGUILLAGE_LOG_ORIGIN": settings.log_origin},
        )


@contextmanager
def stamping(folder: Path) -> Iterator[dict[str, str]]:
    """The settings of an authority that answers, OpenSSL's; none where there is no OpenSSL."""
    if shutil.which("openssl") is None:
        yield {}
        return
    authority = OwnAuthority(folder / "authority", ec.generate_private_key(ec.SECP256R1()))
    with Loopback({"/tsr": authority.answer}) as web:
        roots = str(authority.folder / "roots.pem")
        yield {"AIGUILLAGE_STAMP_URL": f"{web.origin}/tsr", "AIGUILLAGE_STAMP_ROOTS": roots}


def found(pattern: str, text: str) -> str:
    match = re.search(pattern, text)
    assert match, pattern
    return match[1]
