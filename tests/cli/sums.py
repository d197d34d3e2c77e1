"""Checksums of results.h5 as docs/file-formats.md says them, for tests that change such a file on purpose."""

import hashlib

import h5py
import numpy as np


def sum_of_rows(dataset):
    rows = "".join(hashlib.sha256(row.tobytes()).hexdigest() for row in dataset[()])
    return hashlib.sha256(rows.encode()).hexdigest()


def sum_of_attributes(file):
    digests = []

    def add(name, item):
        for key in sorted(item.attrs, key=str.encode):
            value = item.attrs[key]
            if (name, key) == ("", "sha256_attributes"):
                continue
            texts = [value] if isinstance(value, str) else list(value) if np.asarray(value).dtype.kind in "OU" else None
            content = np.asarray(value).tobytes() if texts is None else "".join(text + "\0" for text in texts).encode()
            digests.append(hashlib.sha256(f"{name}\0{key}\0".encode() + content).hexdigest())

    paths = []
    file.visit(paths.append)
    for path in ["", *sorted(paths, key=str.encode)]:
        add(path, file[path] if path else file)
    return hashlib.sha256("".join(digests).encode()).hexdigest()


def seal(path):
    """Gives a changed file the checksums of what it holds now."""

    def renew(name, item):
        if isinstance(item, h5py.Dataset):
            item.attrs.modify("sha256_rows", sum_of_rows(item))

    with h5py.File(path, "r+") as file:
        file.visititems(renew)
        file.attrs.modify("sha256_attributes", sum_of_attributes(file))
