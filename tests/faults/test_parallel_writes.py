"""results.h5 by many ranks, most of them without rows, through either engine of MPI-IO: the same bytes as from one process.

Each dataset's checksum is made from memory before it is written, so `cplae verify` sees what the engine spoils."""

import shutil
import subprocess

import pytest
from harness import call_with

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
    """A user's own setting wins over the program's. Where no locks lose bytes, the rank that wrote them says so: no file of wrong bytes."""
    if not has_engine("ompio"):
        pytest.skip("this MPI has no ompio: it was NOT tested")
    run = shutil.copytree(bench.reference, tmp_path / "run")
    (run / "results.h5").unlink()
    settings = {**ENGINES["ompio"], "OMPI_MCA_fs_ufs_lock_algorithm": algorithm}
    done = call_with(settings, bench.words(run, command="train"), ranks=7)
    if done.returncode == 0:
        bench.assert_same(run)
    else:
        assert algorithm != 3 and done.returncode == 1 and "do not read back as they were written" in done.stderr, done.stderr
        assert not (run / "results.h5").exists()
