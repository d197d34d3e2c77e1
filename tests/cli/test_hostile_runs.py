"""Run folders whose parts claim more than they hold or wait for somebody: named in one line, at once, in little memory."""

import os
import resource
import shutil
import subprocess

import h5py
import pytest
from program import CPLAE, SMOKE, call, refused, succeed
from sums import seal

LATENTS = "variants/cross_validation,lambda=1/latents/T"


@pytest.fixture(scope="module")
def whole(tiny, tmp_path_factory):
    run = tmp_path_factory.mktemp("runs") / "one"
    succeed("run", SMOKE, "--data", tiny, "--out", run)
    return run


@pytest.fixture
def copy(whole, tmp_path):
    return shutil.copytree(whole, tmp_path / "copy")


def test_a_pipe_is_no_unit_and_is_not_waited_for(copy):
    unit = sorted((copy / "work/networks").glob("*.unit"))[0]
    unit.unlink()
    os.mkfifo(unit)
    refused("verify", copy, code=1, names=["networks", unit.stem])
    assert "1 left" in succeed("status", copy).stdout
    table = copy / "tables/accuracy.csv"
    table.unlink()
    os.mkfifo(table)
    assert "accuracy.csv" in call("verify", copy).stdout
    refused("verify", copy, copy, "--statistically", names=["accuracy.csv", "pipe"])


def hostile(change):
    """A command on a run whose results.h5 was changed, in 2 GiB of memory."""

    def bound():
        resource.setrlimit(resource.RLIMIT_DATA, (2 << 30, 2 << 30))

    def run(copy, *words):
        with h5py.File(copy / "results.h5", "r+") as file:
            change(file)
        return subprocess.run([CPLAE, *map(str, words)], capture_output=True, text=True, timeout=60, preexec_fn=bound)

    return run


def add_hollow(file):
    file.create_dataset("hollow", (1, 2**34), dtype="uint8")
    file["hollow"].attrs["sha256_rows"] = "0" * 64


def add_references(file):
    """Texts of variable length behind an array, which HDF5 would look for in heaps that nobody has checked."""
    text = h5py.h5t.py_create(h5py.string_dtype(), logical=True)
    inner = h5py.h5t.array_create(text, (2,))
    row = h5py.h5t.create(h5py.h5t.COMPOUND, inner.get_size())
    row.insert(b"a", 0, inner)
    for name, kind in (("array", inner), ("row", row)):
        h5py.h5d.create(file.id, name.encode(), kind, h5py.h5s.create_simple((2,)))


def make_wide(file):
    del file[LATENTS]
    file.create_dataset(LATENTS, (3, 2**16, 2**16), dtype="float32")


def link_twice(file):
    for level in range(12):
        inner = file.create_group(f"deep{level}")
        if level:
            for name in "abcdefgh":
                inner[name] = file[f"deep{level - 1}"]


HOSTILE = {
    "hollow": (add_hollow, ["/hollow", "bytes of memory"]),
    "references": (add_references, ["/array", "/row", "of a type that cplae does not write"]),
    "names": (link_twice, ["a second name"]),
}


@pytest.mark.parametrize("name", HOSTILE)
def test_results_that_claim_much(copy, name):
    change, words = HOSTILE[name]
    done = hostile(change)(copy, "verify", copy)
    assert done.returncode == 1 and done.stderr.count("\n") == 1, done.stderr
    for word in words:
        assert word in done.stdout, done.stdout


EXPORT = ["--variant", "cross_validation,lambda=1", "--fold", 1]


def test_latents_that_claim_much_are_not_read(copy):
    done = hostile(make_wide)(copy, "export", copy, "--to", copy / "x.csv", *EXPORT)
    assert done.returncode == 2 and LATENTS in done.stderr and done.stderr.count("\n") == 1, done.stderr


def test_latents_of_another_shape_are_not_read(copy):
    with h5py.File(copy / "results.h5", "r+") as file:
        del file[LATENTS]
        file.create_dataset(LATENTS, (3, 7, 2), dtype="float32", fillvalue=1).attrs["sha256_rows"] = ""
    seal(copy / "results.h5")
    line = refused("export", copy, "--to", copy / "x.csv", *EXPORT, names=["not of the shape that the study says"])
    assert LATENTS in line
