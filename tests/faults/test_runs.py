"""Runs that meet: a rank that stands still, two runs at one folder, another study in it; and what is told of a run from its files."""

import contextlib
import os
import random
import shutil
import signal
import subprocess
import time
from pathlib import Path

import pytest
from harness import HERE, Bench, call_with, fault_settings, hashes, launch_words, succeed
from kill_loop import is_ours, ranks_of
from program import call, refused

LONG = ["training.steps=20000", "training.validate_every=500", "training.keep_best_after=1000", "training.checkpoint_seconds=0.1"]
PAUSE_SECONDS = 5
STUDY = HERE / "study.toml"


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


@pytest.mark.parametrize(("still", "told"), [(2, 1), (0, 2), (1, 0)])
def test_a_rank_that_stands_still_for_good_is_given_up(still, told, long_bench, tmp_path, monkeypatch):
    """Once another one was told to stop: all that answer have saved, and none of them waits for ever."""
    monkeypatch.setenv("CPLAE_STOP_PATIENCE_SECONDS", "2")
    run = tmp_path / "run"
    process = started(long_bench, run, 3)
    ranks = sorted(ranks_of(process))
    try:
        os.kill(ranks[still], signal.SIGSTOP)
        os.kill(ranks[told], signal.SIGTERM)
        _, errors = process.communicate(timeout=60)
    finally:
        for pid in [process.pid, *(pid for pid in ranks if is_ours(pid))]:
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
    assert process.returncode == 75, errors
    assert "another rank has not answered for" in errors and "run the same command again" in errors, errors
    long_bench.resume(run, ranks=2)


def test_a_failure_is_told_though_a_rank_stands_still_for_good(long_bench, tmp_path, monkeypatch):
    """Nobody asked for a stop: two ranks cannot write, the third never answers. Exit 1, and the reason, not 75."""
    monkeypatch.setenv("CPLAE_STOP_PATIENCE_SECONDS", "2")
    run = tmp_path / "run"
    process = started(long_bench, run, 3)
    ranks = sorted(ranks_of(process))
    try:
        os.kill(ranks[0], signal.SIGSTOP)
        (run / "work/networks").rename(run / "work/away")
        _, errors = process.communicate(timeout=60)
    finally:
        for pid in [process.pid, *(pid for pid in ranks if is_ours(pid))]:
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
    assert process.returncode == 1, errors
    last = [line for line in errors.splitlines() if line.startswith("cplae: ")][0]
    assert "No such file or directory" in last and "another rank has not answered for" in last, errors
    assert any("error" in line and "No such file or directory" in line for line in errors.splitlines() if not line.startswith("cplae: ")), errors
    (run / "work/away").rename(run / "work/networks")
    long_bench.resume(run, ranks=2)


@pytest.mark.parametrize("seconds", ["inf", "1e300", "nan", "-1", "soon"])
def test_a_patience_that_is_no_time_is_the_usual_one(seconds, long_bench, tmp_path, monkeypatch):
    """Not none at all, which would end ranks that are about to save."""
    monkeypatch.setenv("CPLAE_STOP_PATIENCE_SECONDS", seconds)
    process = started(long_bench, tmp_path / "run", 2)
    try:
        os.kill(max(ranks_of(process)), signal.SIGTERM)
        _, errors = process.communicate(timeout=60)
    finally:
        process.kill()
    assert process.returncode == 75 and "not answered" not in errors, errors


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


def test_a_batch_job_waits_for_the_lock(long_bench, tmp_path):
    """Whoever asks for it: with exit 75 where the other one is still there after that, and on with the work where it is gone."""
    run = tmp_path / "run"
    process = started(long_bench, run, 0)
    try:
        os.kill(process.pid, signal.SIGSTOP)
        done = call(*long_bench.words(run), "--wait-for-lock", 1)
        assert done.returncode == 75 and "another run is at work" in done.stderr and "in vain" in done.stderr, done.stderr
        waiting = subprocess.Popen(launch_words([*long_bench.words(run), "--wait-for-lock", 600], 2, {}), stderr=subprocess.PIPE, text=True)
        line = next(line for line in waiting.stderr if "waiting for its end" in line)
        assert str(process.pid) in line
        process.kill()
        _, errors = waiting.communicate(timeout=300)
    finally:
        process.kill()
    assert waiting.returncode == 0, errors
    long_bench.assert_same(run)


def test_a_waiting_job_hears_signals(long_bench, tmp_path):
    run = tmp_path / "run"
    process = started(long_bench, run, 0)
    try:
        os.kill(process.pid, signal.SIGSTOP)
        waiting = subprocess.Popen(launch_words([*long_bench.words(run), "--wait-for-lock", 600], 0, {}), stderr=subprocess.PIPE, text=True)
        assert any("waiting for its end" in line for line in waiting.stderr)
        os.kill(waiting.pid, signal.SIGUSR1)
        waiting.communicate(timeout=60)
    finally:
        process.kill()
    assert waiting.returncode == 75


def test_overwrite_needs_a_lock(bench, tmp_path):
    """Without one, nobody knows whether a run is at work there."""
    run = tmp_path / "run"
    succeed(*bench.words(run))
    before = hashes(run, "*.*")
    settings = fault_settings(run, "NOLOCKS")
    done = call_with(settings, [*bench.words(run), "--overwrite"])
    assert done.returncode == 2 and "--overwrite needs a file system with locks" in done.stderr, done.stderr
    assert hashes(run, "*.*") == before
    done = call_with(settings, bench.words(run))
    assert done.returncode == 0 and "gives no locks" in done.stderr, done.stderr


def test_a_unit_that_shows_late_is_waited_for(bench, tmp_path):
    """As on a network file system that remembers that it was not there."""
    run = shutil.copytree(bench.reference, tmp_path / "run")
    unit = next((run / "work/statistics").glob("*.unit"))
    unit.rename(tmp_path / "late.unit")
    process = subprocess.Popen(launch_words(bench.words(run, command="reduce"), 0, {}), stderr=subprocess.PIPE, text=True)
    time.sleep(1.5)
    (tmp_path / "late.unit").rename(unit)
    _, errors = process.communicate(timeout=300)
    assert process.returncode == 0, errors


def test_a_failing_disk_is_no_bad_input(bench, tmp_path):
    """Exit 1, which a batch job tries again, and not 2, which ends it."""
    folder = tmp_path / "data"
    folder.mkdir()
    shutil.copy(bench.cohort, folder)
    words = ["run", STUDY, "--data", folder / bench.cohort.name, "--out", tmp_path / "run", "--quiet"]
    log = tmp_path / "reads"
    assert call_with(fault_settings(folder, "COUNT", log=log), words).returncode == 0
    reads = len(log.read_text().splitlines())
    assert reads >= 2
    for at in range(1, reads + 1):
        done = call_with(fault_settings(folder, "EIO", at), words)
        assert done.returncode == 1 and bench.cohort.name in done.stderr, (at, done.stderr)


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


def test_a_rank_of_the_earlier_run_writes_into_the_next(bench, tmp_path):
    """It outlived its rank 0 and the lock: what it renames into place is whole, of the same names and keys, and of other numbers."""
    earlier, run = tmp_path / "earlier", tmp_path / "run"
    stopped = [*bench.words(run), "--set", "training.checkpoint_seconds=0", "--max-minutes", 0]
    succeed(*bench.words(earlier), "--set", "modality.T.dropout=0.4")
    assert call(*stopped).returncode == 75
    units = list(earlier.rglob("*.unit"))
    for unit in units:
        shutil.copy(unit, run / unit.relative_to(earlier))
    before = succeed("status", run)
    assert "networks    0 of 3 done" in before.stdout and "statistics  0 of" in before.stdout
    done = succeed(*bench.words(run))
    assert all(f"{unit.name}: a unit of another study" in done.stderr for unit in units), done.stderr
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


def test_ranks_do_not_outlive_a_launcher_that_is_killed_while_mpi_starts(bench, tmp_path):
    """Open MPI 4.1 would wait for ever in MPI_Init, once in some 400 kills at random; here it never ends at all."""
    stuck = {"LD_PRELOAD": Path(os.environ["CPLAE_BIN_DIR"]) / "libcplae_stuck_start.so"}
    process = subprocess.Popen(launch_words(bench.words(tmp_path / "run"), 2, stuck), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        end = time.monotonic() + 60
        while len(ranks := ranks_of(process)) < 2:
            assert time.monotonic() < end, "no two ranks"
            time.sleep(0.01)
        time.sleep(1)  # they look five times a second who their parent is, and stay
        assert all(is_ours(pid) for pid in ranks)
        process.kill()
        process.wait()
        end = time.monotonic() + 20
        while any(is_ours(pid) for pid in ranks):
            assert time.monotonic() < end, "ranks live on"
            time.sleep(0.05)
    finally:
        process.kill()
        for pid in filter(is_ours, ranks):
            os.kill(pid, signal.SIGKILL)
