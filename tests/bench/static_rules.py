"""Row 29: bandit over what runs, and rules of ours read off the code: one client, checks never switched off."""

from __future__ import annotations

import ast
import json
import subprocess
import sys
import tempfile
from pathlib import Path

from aggregator.config.settings import ROOT
from tests.bench.score import Score, report

TITLE = "files with a finding of bandit (medium or high) or of our own rules"
BAR = "0; planted ones found"
CODE = sorted([ROOT / "app.py", *(ROOT / "aggregator").rglob("*.py"), *(ROOT / "providers").rglob("*.py")])
PLANTED = {
    "no check of certificates": "import requests\nrequests.get('https://x', verify=False)\n",
    "a redirect of request data": "from flask import redirect, request\nredirect(request.args['u'])\n",
    "requests outside the client": "import requests\n",
    "a shell": "import subprocess\nsubprocess.run(input(), shell=True)\n",
}


def bandit(paths: list[Path]) -> set[str]:
    """Files with a finding of medium severity or more, but for lines that the linter's own `noqa: S…` has judged."""
    command = [sys.executable, "-m", "bandit", "-q", "-ll", "-f", "json", *map(str, paths)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    found = json.loads(done.stdout)["results"]
    return {Path(one["filename"]).name for one in found if "# noqa: S" not in one["code"]}


def ours(path: Path) -> list[str]:
    """Findings of our own rules."""
    found = []
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        names = {alias.name.split(".")[0] for alias in getattr(node, "names", []) if isinstance(node, ast.Import)}
        if isinstance(node, ast.ImportFrom) and node.module:
            names.add(node.module.split(".")[0])
        if "requests" in names and path.name != "http.py":
            found.append("requests outside the client")
        if isinstance(node, ast.Call):
            if any(word.arg == "verify" and getattr(word.value, "value", True) is False for word in node.keywords):
                found.append("no check of certificates")
            if getattr(node.func, "id", "") == "redirect" and any(
                isinstance(part, ast.Attribute) and getattr(part.value, "id", "") == "request"
                for part in ast.walk(node)
            ):
                found.append("a redirect of request data")
    return found


def score() -> Score:
    flagged = bandit(CODE)
    bad = [path for path in CODE if path.name in flagged or ours(path)]
    with tempfile.TemporaryDirectory() as name:
        caught = 0
        for number, text in enumerate(PLANTED.values()):
            path = Path(name) / f"planted{number}.py"
            path.write_text(text, encoding="utf-8")
            caught += bool(ours(path) or bandit([path]))
    said = ", ".join(sorted(path.name for path in bad)) or "bandit and three rules"
    return Score(len(CODE), len(CODE) - len(bad), len(PLANTED), caught, said)


if __name__ == "__main__":
    report(TITLE, score)
