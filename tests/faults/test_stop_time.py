"""How long a signal takes to end a run: SLURM's grace may be 30 s, and some sites give less."""

import os
import signal
import subprocess
import time

import pytest
from harness import launch_words, succeed
from kill_loop import ranks_of, times_of
from program import ROOT

TICK_SECONDS = 0.01  # times of files are those of the kernel's last tick, up to so long ago
BOUND_SECONDS = 10  # for a machine that does other things too; some hundred steps of training take less than one


@pytest.fixture(scope="module")
def cohort(tmp_path_factory):
    path = tmp_path_factory.mktemp("cohort") / "paper.h5mu"
    succeed("simulate", "--preset", "paper", "--seed", 1, "--out", path)
    return path


def await_checkpoints(run, process):
    """Of both ranks."""
    end = time.monotonic() + 300
    while len(list(run.glob("work/networks/*.ckpt"))) < 2:
        assert process.poll() is None and time.monotonic() < end, process.stderr.read()
        time.sleep(0.05)


@pytest.mark.parametrize("kind", [signal.SIGTERM, signal.SIGUSR1])
def test_networks_of_the_paper_are_saved_in_time(kind, cohort, tmp_path):
    """By the rank that got the signal and by the one that hears of it; both have checkpoints of that moment."""
    run = tmp_path / "run"
    words = ["run", ROOT / "jobs/paper.toml", "--data", cohort, "--out", run, "--quiet", "--set", "training.checkpoint_seconds=2"]
    process = subprocess.Popen(launch_words(words, 2, {}), stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
    try:
        await_checkpoints(run, process)
        told = time.time()
        os.kill(max(ranks_of(process)), kind)
        _, errors = process.communicate(timeout=120)
        took = time.time() - told
    finally:
        process.kill()
    print(f"{kind.name}: {took:.2f} s")
    assert process.returncode == 75, errors
    assert took < BOUND_SECONDS
    saved = times_of(run.glob("work/networks/*.ckpt"))
    assert len(saved) == 2 and min(saved) >= told - TICK_SECONDS
