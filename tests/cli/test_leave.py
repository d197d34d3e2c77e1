"""How two ranks leave when one or both have failed: no rank waits for ever, and every error is told once."""

import os
import subprocess
from pathlib import Path

import pytest
from program import MPIRUN

PROBE = Path(os.environ["CPLAE_BIN_DIR"]) / "leave_probe"


@pytest.mark.parametrize(
    ("mode", "code", "lines"),
    [
        ("none", 0, []),
        ("all", 2, ["cplae: the same everywhere"]),
        ("each", 1, ["cplae: rank 0 has its own", "cplae: rank 1 has its own"]),
        ("last", 2, ["cplae: after all that is collective"]),
        ("alone", 1, ["cplae: rank 1: nobody knows"]),
    ],
)
def test_two_ranks_leave(mode, code, lines):
    done = subprocess.run([*MPIRUN, "-n", "2", PROBE, mode], capture_output=True, text=True, timeout=120)
    assert done.returncode == code, done.stderr
    assert [line for line in done.stderr.splitlines() if line.startswith("cplae: ")] == lines
