import pytest
from program import succeed


@pytest.fixture(scope="session")
def tiny(tmp_path_factory):
    """The cohort that jobs/smoke.toml is for."""
    path = tmp_path_factory.mktemp("cohort") / "tiny.h5mu"
    succeed("simulate", "--preset", "tiny", "--seed", 1, "--out", path)
    return path
