"""What must be the same to the bit in two runs, by h5py and not by the program itself."""

import hashlib

import h5py


def datasets(run):
    """Name -> (dtype, shape, SHA-256 of the bytes) of every dataset of a run's results.h5."""
    found = {}

    def visit(name, item):
        if isinstance(item, h5py.Dataset):
            values = item[()]
            content = repr(values.tolist()).encode() if item.dtype.hasobject else values.tobytes()
            found[name] = (str(item.dtype), item.shape, hashlib.sha256(content).hexdigest())

    with h5py.File(run / "results.h5") as file:
        file.visititems(visit)
    return found


def tables(run):
    return {path.name: path.read_bytes() for path in sorted((run / "tables").glob("*.csv"))}


def assert_same_bits(run, other):
    here, there = datasets(run), datasets(other)
    assert here.keys() == there.keys() and len(here) > 10
    assert [name for name in here if here[name] != there[name]] == []
    assert tables(run) == tables(other) and len(tables(other)) > 5
