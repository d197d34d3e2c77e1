"""What the tests submit: the scripts of slurm/ on a small study, and what they compare."""

import os
import subprocess
import sys
import time
from pathlib import Path

from cluster import await_

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "tests" / "cli"))

from bits import assert_same_bits  # noqa: E402

CPLAE = Path(os.environ["CPLAE_BIN_DIR"]) / "cplae"
STUDY = ROOT / "jobs" / "demo.toml"
SETTINGS = {
    "training.keep_best_after": 300,
    "training.validate_every": 100,
    "training.checkpoint_seconds": 1,
    "experiment.consensus.initialisations": 2,
    "experiment.consensus.components": "[6,8]",
    "experiment.consensus.starts": 2,
}
LONG_ENOUGH_SECONDS = 12  # of one rank: what SLURM is asked to do has to come while there is work left
SITE = """
launcher="${CPLAE_LAUNCHER:-srun}"
srun_options="--mpi=pmix --wait=5"         # two nodes on one host: no binding
gpu_options="--gpu-bind=none"
mpirun_options="--bind-to none"
go_on="${CPLAE_GO_ON:-auto}"
reserve_seconds="${CPLAE_RESERVE_SECONDS:-120}"
load_modules() { export SITE_WAS_LOADED=1; }
"""
TWO_RANKS = ["--nodes=2", "--ntasks-per-node=1"]


def study_words(data, run, steps):
    settings = {**SETTINGS, "training.steps": steps}
    return [STUDY, data, run, *(word for key, value in settings.items() for word in ("--set", f"{key}={value}"))]


def run_alone(data, run, steps):
    """The study on one rank, without SLURM and without its report; how many seconds it took."""
    study, _, _, *options = study_words(data, run, steps)
    began = time.monotonic()
    subprocess.run([CPLAE, "run", study, "--data", data, "--out", run, "--device", "cpu", "--no-report", *options], check=True, capture_output=True)
    return time.monotonic() - began


def enough_steps(data, folder):
    """So many that training goes on long after SLURM has done what it is asked to, however fast this machine is: by the slope of two runs."""
    few, more = 500, 2500
    seconds = run_alone(data, folder / "more", more) - run_alone(data, folder / "few", few)
    steps = (more - few) / max(seconds, 0.01) * LONG_ENOUGH_SECONDS
    return min(20_000, max(1500, 100 * round(steps / 100)))


def sessions(run):
    """Of the sessions that did not finish the study and lived to tell: (exit code, whether there was progress)."""
    path = run / "sessions.tsv"
    rows = [line.split("\t") for line in path.read_text().splitlines()] if path.exists() else []
    return [(int(row[4]), row[5]) for row in rows]


class Desk:
    """Submits jobs from a folder and waits for them."""

    def __init__(self, cluster, data, steps, folder):
        self.cluster, self.data, self.steps, self.folder = cluster, data, steps, folder
        self.run = folder / "run"
        (folder / "site.sh").write_text(SITE)

    def words(self, *more):
        """What the scripts are given for the study of these tests."""
        return [*study_words(self.data, self.run, self.steps), *more]

    def submit(self, *options, script="cpu", words=None, cwd=None, **environment):
        """The number of the job; `cwd`: where sbatch is called, if not in this folder."""
        words = self.words() if words is None else words
        given = {"CPLAE_HOME": str(ROOT), "CPLAE_SITE": str(self.folder / "site.sh"), "CPLAE_PROGRAM": str(CPLAE), "CPLAE_DEVICE": "cpu"}
        call = ["sbatch", "--parsable", "--mem-per-cpu=100", *options, ROOT / "slurm" / f"{script}.sbatch", *words]
        return self.cluster.call(*call, cwd=cwd or self.folder, **{**given, **environment})

    def submit_urgent(self):
        """A job that others have to make room for."""
        self.cluster.call("sbatch", "-p", "urgent", "-N", 2, "-o", "/dev/null", "--wrap", "sleep 1", cwd=self.folder)

    def await_midst(self):
        """Until a network is finished; there are a dozen."""
        await_("work in progress", lambda: any(self.run.glob("work/networks/*.unit")), log=self.log)
        assert not (self.run / "results.h5").exists()

    def await_end(self):
        """Until no job waits or runs."""
        await_("an empty queue", lambda: not self.cluster.jobs(), log=self.log)

    def log(self):
        return "\n".join(path.read_text(errors="replace") for path in sorted(self.folder.glob("*.log")))

    def assert_results(self, undisturbed):
        assert (self.run / "results.h5").exists(), self.log()
        assert_same_bits(self.run, undisturbed)
        assert list((self.run / "work").rglob("*.ckpt")) == []
