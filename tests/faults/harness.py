"""A small study, its undisturbed run, and the program with faults preloaded; shared by the programs of this folder."""

import hashlib
import os
import subprocess
import sys
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent / "cli"))

from bits import assert_same_bits  # noqa: E402
from program import CPLAE, MPIRUN, succeed  # noqa: E402

FAULT_LIBRARY = Path(os.environ["CPLAE_BIN_DIR"]) / "libcplae_fault.so"
PATIENCE_SECONDS = 300  # a run of a second that takes longer hangs


class Bench:
    """The study, its cohort and its undisturbed run, in a folder of their own."""

    def __init__(self, folder, *changes):
        self.folder = Path(folder).resolve()
        self.changes = [word for change in changes for word in ("--set", change)]
        self.cohort = self.folder / "tiny.h5mu"
        succeed("simulate", "--preset", "tiny", "--seed", 1, "--out", self.cohort)
        self.reference = self.folder / "reference"
        succeed(*self.words(self.reference))

    def words(self, out, command="run"):
        study = HERE / "study.toml"
        return [command, study, "--data", self.cohort, "--out", out, "--quiet", *self.changes]

    def assert_same(self, run):
        """Every dataset and table as in the undisturbed run, by two readers; every checksum right, nothing left over."""
        succeed("verify", self.reference, run)
        succeed("verify", run)
        assert_same_bits(run, self.reference)
        leftovers = [path for path in run.rglob("*") if ".part" in path.name or path.suffix == ".ckpt"]
        assert leftovers == [], leftovers

    def resume(self, run, ranks=0):
        succeed(*self.words(run), ranks=ranks)
        self.assert_same(run)


def launch_words(words, ranks, settings):
    """The words of a call whose ranks, and not their launcher, have `settings` in their environment."""
    launcher = [*MPIRUN, "-n", str(ranks)] if ranks else []
    return [*launcher, "env", *(f"{name}={value}" for name, value in settings.items()), str(CPLAE), *map(str, words)]


def fault_settings(below, kind, at=0, rank=0, log="/dev/null"):
    """Environment that has the `at`-th call of one rank on files below a folder fail (tests/faults/fault.c)."""
    return {
        "LD_PRELOAD": FAULT_LIBRARY,
        "CPLAE_FAULT_BELOW": below,
        "CPLAE_FAULT_KIND": kind,
        "CPLAE_FAULT_AT": at,
        "CPLAE_FAULT_RANK": rank,
        "CPLAE_FAULT_LOG": log,
    }


def call_with(settings, words, ranks=0):
    """Runs the program to its end with settings in the environment of its ranks."""
    return subprocess.run(launch_words(words, ranks, settings), capture_output=True, text=True, timeout=PATIENCE_SECONDS)


def calls_of(bench, out, ranks=0, rank=0):
    """[(call, path)] of all calls of one rank that a run makes on files below its folder; the first is call 1."""
    log = bench.folder / "calls.log"
    log.unlink(missing_ok=True)
    done = call_with(fault_settings(out, "COUNT", rank=rank, log=log), bench.words(out), ranks)
    assert done.returncode == 0, done.stderr
    return [tuple(line.split(" ", 2)[1:]) for line in log.read_text().splitlines()]


def error_lines(done):
    return [line for line in done.stderr.splitlines() if line.startswith("cplae: ")]


def hashes(folder, pattern="*.unit"):
    return {str(path.relative_to(folder)): hashlib.sha256(path.read_bytes()).hexdigest() for path in sorted(Path(folder).rglob(pattern))}
