"""results.h5 by many ranks, most of them without rows, through either engine of MPI-IO: the same bytes as from one process.

Each dataset's checksum is made from memory before it is written, so `cplae verify` sees what the engine spoils."""

import shutil
import subprocess

import pytest
from harness import call_with, fault_settings

ENGINES = {"ompio": {"OMPI_MCA_io": "ompio"}, "romio": {"OMPI_MCA_io": "romio321"}}


def has_engine(name):
    done = subprocess.run(["ompi_info", "--parsable"], capture_output=True, text=True, check=False)
    return f"mca:io:{name}:" in done.stdout


def write(bench, folder, ranks, settings):
    """Lets many ranks write the results of networks that one process has trained."""
    run = shutil.copytree(bench.reference, folder / "run")
    (run / "results.h5").unlink()
    done = call_with(settings, bench.words(run, command="train"), ranks)
    assert done.returncode == 0, done.stderr
    bench.assert_same(run)


@pytest.mark.parametrize(("ranks", "engine"), [(2, "romio"), (3, "ompio"), (4, "romio"), (7, "ompio"), (16, "romio"), (31, "ompio")])
def test_ranks(bench, tmp_path, ranks, engine):
    """The largest variant has two rows."""
    if not has_engine(ENGINES[engine]["OMPI_MCA_io"]):
        pytest.skip(f"this MPI has no {engine}: it was NOT tested")
    write(bench, tmp_path, ranks, ENGINES[engine])


@pytest.mark.parametrize("algorithm", [0, 1, 2, 3], ids=["theirs", "no locks", "whole file", "ranges"])
def test_locks_as_a_user_sets_them(bench, tmp_path, algorithm):
    """A user's own setting wins over the program's. With locks nothing is lost. Where none may lose bytes (two ranks at the edge of a block at
    one moment, which no test can make), the rank that wrote them says so: no file of wrong bytes."""
    if not has_engine("ompio"):
        pytest.skip("this MPI has no ompio: it was NOT tested")
    run = shutil.copytree(bench.reference, tmp_path / "run")
    (run / "results.h5").unlink()
    settings = {**ENGINES["ompio"], "OMPI_MCA_fs_ufs_lock_algorithm": algorithm}
    done = call_with(settings, bench.words(run, command="train"), ranks=7)
    if done.returncode == 0:
        bench.assert_same(run)
    else:
        assert algorithm in (0, 1) and done.returncode == 1 and "do not read back as they were written" in done.stderr, done.stderr
        assert not (run / "results.h5").exists()


def without_results(bench, run):
    shutil.copytree(bench.reference, run)
    (run / "results.h5").unlink()
    return run


def test_a_lost_write_is_seen(bench, tmp_path):
    """By the rank whose write was said to be done and was not, in whatever dataset: it reads its rows back."""
    log, words = tmp_path / "calls", bench.words(without_results(bench, tmp_path / "counted"), command="train")
    assert call_with(fault_settings(tmp_path / "counted", "COUNT", rank=1, log=log), words, ranks=2).returncode == 0
    calls = [tuple(line.split(" ", 2)[1:]) for line in log.read_text().splitlines()]
    rows = calls[: next(number for number, (call, _) in enumerate(calls) if call == "fsync")]  # then HDF5 writes what it knows of the file again
    writes = [number for number, (call, path) in enumerate(rows, start=1) if call == "write" and path.endswith("results.h5.part")]
    assert len(writes) >= 3
    for at in (writes[0], writes[len(writes) // 2], writes[-1]):
        run = without_results(bench, tmp_path / f"run-{at}")
        done = call_with(fault_settings(run, "LOST", at, rank=1), bench.words(run, command="train"), ranks=2)
        assert done.returncode == 1 and "do not read back as they were written" in done.stderr, (at, done.stderr)
        assert not (run / "results.h5").exists()
