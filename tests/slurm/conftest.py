import subprocess

import pytest
from cluster import Cluster, obstacle
from jobs import CPLAE, Desk, enough_steps, run_alone


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
def steps(cohort, tmp_path_factory):
    return enough_steps(cohort, tmp_path_factory.mktemp("few"))


@pytest.fixture(scope="session")
def undisturbed(cohort, steps, tmp_path_factory):
    run = tmp_path_factory.mktemp("undisturbed") / "run"
    seconds = run_alone(cohort, run, steps)
    (run / "seconds").write_text(str(seconds))
    return run


@pytest.fixture
def desk(cluster, cohort, steps, tmp_path):
    made = Desk(cluster, cohort, steps, tmp_path)
    yield made
    cluster.scancel_all()
