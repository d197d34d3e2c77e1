"""Runs that meet: a rank that stands still, two runs at one folder, another study in it; and what is told of a run from its files."""

import os
import random
import signal
import subprocess
import time

import pytest
from harness import Bench, hashes, launch_words, succeed
from kill_loop import ranks_of
from program import call, refused

LONG = ["training.steps=4000", "training.validate_every=500", "training.keep_best_after=1000", "training.checkpoint_seconds=0.1"]
PAUSE_SECONDS = 5


@pytest.fixture(scope="module")
def long_bench(tmp_path_factory):
    return Bench(tmp_path_factory.mktemp("long"), *LONG)


def started(bench, run, ranks):
    """A run in the midst of its work."""
    process = subprocess.Popen(launch_words(bench.words(run), ranks, {}), stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
    end = time.monotonic() + 120
    while not list((run / "work").glob("networks/*.ckpt")):
        assert process.poll() is None and time.monotonic() < end, "no checkpoint: " + process.stderr.read()
        time.sleep(0.01)
    return process


@pytest.mark.parametrize("rank", [0, 1, 2])
def test_a_rank_that_stands_still_delays(long_bench, tmp_path, rank):
    run = tmp_path / "run"
    process = started(long_bench, run, 3)
    try:
        pid = sorted(ranks_of(process))[rank]
        time.sleep(random.Random(rank).uniform(0, 0.3))
        os.kill(pid, signal.SIGSTOP)
        time.sleep(PAUSE_SECONDS)
        os.kill(pid, signal.SIGCONT)
        _, errors = process.communicate(timeout=300)
    finally:
        process.kill()
    assert process.returncode == 0, errors
    long_bench.assert_same(run)


def test_a_second_run_is_refused(long_bench, tmp_path):
    run = tmp_path / "run"
    process = started(long_bench, run, 2)
    ranks = ranks_of(process)
    try:
        for pid in ranks:  # so that it is still at work when the others have tried
            os.kill(pid, signal.SIGSTOP)
        for words in (long_bench.words(run), [*long_bench.words(run), "--overwrite"]):
            refused(*words, names=[run, "another run", "process"])
        succeed("status", run)
        for pid in ranks:
            os.kill(pid, signal.SIGCONT)
        _, errors = process.communicate(timeout=300)
    finally:
        process.kill()
    assert process.returncode == 0, errors
    long_bench.assert_same(run)


def test_a_changed_study_is_refused(bench):
    before = hashes(bench.reference, "*.*")
    refused(*bench.words(bench.reference), "--set", "modality.T.dropout=0.4", names=["modality.T.dropout", "0.5", "0.4", "--overwrite"])
    assert hashes(bench.reference, "*.*") == before


def test_overwrite_says_what_it_removes(bench, tmp_path):
    run, other = tmp_path / "run", ["--set", "study.seed=12"]
    succeed(*bench.words(run), *other)
    (run / "notes.txt").write_text("mine")
    units = [len(list((run / "work" / kind).glob("*.unit"))) for kind in ("networks", "statistics")]
    tables = len(list((run / "tables").glob("*.csv")))
    done = succeed(*bench.words(run), "--overwrite")
    line = next(line for line in done.stderr.splitlines() if "--overwrite" in line)
    parts = [f"{units[0]} networks", f"{units[1]} statistics", "results.h5", f"{tables} tables", "study.toml", "provenance.json"]
    assert all(part in line for part in parts), line
    assert (run / "notes.txt").read_text() == "mine"
    bench.assert_same(run)


def test_overwrite_leaves_what_is_no_run(bench, tmp_path):
    (tmp_path / "run").mkdir()
    (tmp_path / "run/results.h5").write_text("mine")
    refused(*bench.words(tmp_path / "run"), "--overwrite", names=["no run folder"])
    assert (tmp_path / "run/results.h5").read_text() == "mine"


def test_overwrite_removes_a_link_and_not_its_target(bench, tmp_path):
    run = tmp_path / "run"
    succeed(*bench.words(run), "--set", "study.seed=12")
    (run / "results.h5").rename(tmp_path / "kept.h5")
    (run / "results.h5").symlink_to(tmp_path / "kept.h5")
    before = hashes(tmp_path, "kept.h5")
    succeed(*bench.words(run), "--overwrite")
    assert hashes(tmp_path, "kept.h5") == before and not (run / "results.h5").is_symlink()
    bench.assert_same(run)


def test_overwrite_of_a_bad_study_removes_nothing(bench, tmp_path):
    before = hashes(bench.reference, "*.*")
    refused(*bench.words(bench.reference), "--overwrite", "--set", "labels.column=none", names=["none", "leaf"])
    assert hashes(bench.reference, "*.*") == before


def test_status_of_a_stopped_run(long_bench, tmp_path):
    """Done, running, failed and left, from the files alone: also where nobody is at work."""
    run = tmp_path / "run"
    process = started(long_bench, run, 2)
    for pid in [process.pid, *ranks_of(process)]:
        os.kill(pid, signal.SIGKILL)
    process.communicate(timeout=60)
    text = succeed("status", run).stdout
    done, total = (int(word) for word in text.split("networks")[1].split(" done")[0].split(" of "))
    running = text.count(": checkpoint at step ")
    assert total == 3 and 1 <= running and done + running <= 3 and f"{total - done - running} left" in text
    assert "results.h5  not yet" in text and "progress    last" in text
    long_bench.resume(run, ranks=3)
    assert "3 of 3 done, 0 left" in succeed("status", run).stdout
