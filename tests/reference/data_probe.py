"""Calls the program data_probe (tests/probe/data) and the interpreters that have an anndata."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

HERE = Path(__file__).parent
PROBE = Path(os.environ.get("CPLAE_BIN_DIR", HERE.parents[1] / "build" / "bin")) / "data_probe"
# The tests' own interpreter and the system's, where Debian's python3-anndata is older by years; one more may be named.
INTERPRETERS = list(dict.fromkeys([sys.executable, "/usr/bin/python3", *filter(None, [os.environ.get("CPLAE_OTHER_PYTHON")])]))


def ask(request):
    """One request to the probe; an error of cplae comes back as {"error", "message"}."""
    done = subprocess.run([PROBE], input=json.dumps(request), capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, f"data_probe ended with {done.returncode}: {done.stderr[-2000:]}"
    return json.loads(done.stdout)


def refused(request, kind, *words):
    """The message of a request that must fail, in one line that holds all the words."""
    answer = ask(request)
    assert answer.get("error") == kind, str(answer)[:500]
    assert "\n" not in answer["message"]
    for word in words:
        assert word in answer["message"], answer["message"]
    return answer["message"]


def samples(interpreter, *arguments):
    """Runs data_samples.py under an interpreter; skips, loudly, where that has no anndata."""
    found = subprocess.run([interpreter, "-c", "import anndata, scipy"], capture_output=True, text=True) if Path(interpreter).exists() else None
    if found is None or found.returncode != 0:
        pytest.skip(f"{interpreter} has no anndata: files of that version were NOT tested")
    done = subprocess.run([interpreter, "-W", "ignore", HERE / "data_samples.py", *map(str, arguments)], capture_output=True, text=True, timeout=600)
    assert done.returncode == 0, done.stderr[-3000:]
    return done.stdout
