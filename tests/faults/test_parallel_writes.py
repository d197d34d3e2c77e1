"""results.h5 by many ranks, most of them without rows, through either engine of MPI-IO: the same bytes as from one process.

Each dataset's checksum is made from memory before it is written, so `cplae verify` sees what the engine spoils."""

import shutil
import subprocess

import pytest
from harness import call_with

ENGINES = {"ompio": {"OMPI_MCA_io": "ompio"}, "romio": {"OMPI_MCA_io": "romio321"}}
COLLECTIVES = ["vulcan", "dynamic_gen2", "individual", "two_phase"]


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


@pytest.mark.parametrize("algorithm", COLLECTIVES)
def test_collective_algorithms(bench, tmp_path, algorithm):
    write(bench, tmp_path, 3, {**ENGINES["ompio"], "OMPI_MCA_fcoll": algorithm})
