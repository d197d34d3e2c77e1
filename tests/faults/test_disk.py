"""A full disk: a run on a file system that is too small says so, keeps what is finished, and goes on once there is room."""

import shutil
import subprocess

import pytest
from harness import Bench, call_with, error_lines, succeed


@pytest.fixture
def disk(tmp_path):
    """A function that gives the folder of a tmpfs of so many KiB, and makes it larger when called again."""
    place = tmp_path / "disk"
    place.mkdir()

    def make(kibibytes, options=""):
        words = ["mount", "-t", "tmpfs", "-o", f"{options}size={kibibytes}k", "tmpfs", place]
        done = subprocess.run(words, capture_output=True, text=True)
        assert done.returncode == 0 or not options, done.stderr
        if done.returncode != 0:
            pytest.skip(f"no right to mount a tmpfs: a full disk was NOT tested ({done.stderr.strip()})")
        return place

    yield make
    subprocess.run(["umount", place], capture_output=True, check=False)


def kibibytes_of(run):
    """Whole pages, as a tmpfs counts."""
    done = subprocess.run(["du", "-sk", run], capture_output=True, text=True, check=True)
    return int(done.stdout.split()[0])


@pytest.mark.parametrize("percent", [15, 60, 85])
def test_full(bench, disk, percent):
    run = disk(kibibytes_of(bench.reference) * percent // 100) / "run"
    done = call_with({}, bench.words(run))
    assert done.returncode == 1, done.stderr
    lines = error_lines(done)
    assert len(lines) == 1 and str(run) in lines[0] and "No space left on device" in lines[0], done.stderr
    if (run / "provenance.json").exists():
        succeed("verify", run)
    disk(65536, "remount,")
    bench.resume(run)


# Weights of 50 MB a network: more than MPI-IO writes in one go.
LARGE = ("modality.T.hidden=[2500, 2500]", "training.steps=2", "training.validate_every=1", "training.keep_best_after=1", "training.checkpoint_seconds=3600")


@pytest.mark.parametrize(("changes", "part"), [((), 0.5), (LARGE, 0.3), (LARGE, 0.8)], ids=["small", "large, early", "large, late"])
def test_full_for_both_ranks(disk, tmp_path, changes, part):
    """The networks and statistics fit, results.h5 does not: both ranks hear of it, neither hangs."""
    room = 16 << 20
    place = disk(room)
    bench = Bench(place, *changes)
    run = shutil.copytree(bench.reference, place / "run")
    size = kibibytes_of(run / "results.h5")
    (run / "results.h5").unlink()
    disk(kibibytes_of(place) + int(size * part), "remount,")
    done = call_with({}, bench.words(run), ranks=2)
    assert done.returncode != 0 and len(error_lines(done)) == 1, done.stderr
    assert "results.h5" in error_lines(done)[0] and "No space left on device" in error_lines(done)[0], done.stderr
    disk(room, "remount,")
    bench.resume(run, ranks=3)
