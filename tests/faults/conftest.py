import pytest
from harness import Bench


@pytest.fixture(scope="session")
def bench(tmp_path_factory):
    """The study of a second, with its undisturbed run."""
    return Bench(tmp_path_factory.mktemp("bench"))
