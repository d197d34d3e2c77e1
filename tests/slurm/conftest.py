import subprocess
import time

import pytest
from cluster import Cluster, obstacle
from jobs import CPLAE, OPTIONS, STUDY, Desk


@pytest.fixture(scope="session")
def cluster():
    if reason := obstacle():
        pytest.skip(f"NO SLURM: the scripts of slurm/ were NOT tested: {reason}")
    with Cluster() as started:
        yield started


@pytest.fixture(scope="session")
def cohort(tmp_path_factory):
    path = tmp_path_factory.mktemp("cohort") / "demo.h5mu"
    subprocess.run([CPLAE, "simulate", "--preset", "demo", "--seed", "1", "--out", path], check=True, capture_output=True)
    return path


@pytest.fixture(scope="session")
def undisturbed(cohort, tmp_path_factory):
    """The study on one rank, without SLURM."""
    run = tmp_path_factory.mktemp("undisturbed") / "run"
    began = time.monotonic()
    subprocess.run([CPLAE, "run", STUDY, "--data", cohort, "--out", run, "--device", "cpu", *OPTIONS], check=True, capture_output=True)
    (run / "seconds").write_text(str(time.monotonic() - began))
    return run


@pytest.fixture
def desk(cluster, cohort, tmp_path):
    made = Desk(cluster, cohort, tmp_path)
    yield made
    cluster.scancel_all()
