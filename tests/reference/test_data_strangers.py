"""Files that claim more than they hold, or point out of themselves: refused in one line, at once, in little memory."""

import gzip
import json
import os
import resource
import struct
import subprocess
import zlib

import anndata
import h5py
import numpy as np
import pandas as pd
import pytest
import scipy.io
from data_probe import PROBE, ask
from test_data_import import authors_fields, cells_of_strings
from test_data_refused import array_of, replace, small

MOST_MEMORY = 2 << 30
MOST_SECONDS = 60  # for a machine that does much else; alone it is one


def bound_memory():
    """More than this is not given to the program: it would end with std::bad_alloc, and no DataError."""
    resource.setrlimit(resource.RLIMIT_DATA, (MOST_MEMORY, MOST_MEMORY))


def ask_bound(request):
    done = subprocess.run([PROBE], input=json.dumps(request), capture_output=True, text=True, timeout=MOST_SECONDS, preexec_fn=bound_memory)
    assert done.returncode == 0, f"data_probe ended with {done.returncode}: {done.stderr[-2000:]}"
    return json.loads(done.stdout)


def refused_small(request, path, *words):
    answer = ask_bound(request)
    assert answer.get("error") == "DataError", str(answer)[:500]
    assert "\n" not in answer["message"] and path.name in answer["message"]
    for word in words:
        assert word in answer["message"], answer["message"]


@pytest.fixture
def dense(tmp_path):
    path = tmp_path / "dense.h5ad"
    small().write_h5ad(path)
    return path


# --- HDF5 ----------------------------------------------------------------------------------------------------------------------


def fill(shape):
    def change(file):
        del file["X"]
        file.create_dataset("X", shape, chunks=(64, 64), dtype="float32", fillvalue=1.0)

    return change


def names_by_fill(file):
    """A column of 2^27 numbers that were never written, as the names of the cells."""
    name = array_of(file, "obs/_index")
    del file[name]
    file.create_dataset(name, (2**27,), chunks=(2**16,), dtype="int64")


def one_text_for_all(file):
    """2^17 elements that all refer to one text of 64 KiB: 8 GiB, were each read."""
    file.create_dataset("one", (1,), dtype=h5py.string_dtype())
    file["one"][0] = "x" * 65536
    file.flush()
    place = file["one"].id.get_offset()
    with open(file.filename, "rb") as raw:
        raw.seek(place)
        reference = raw.read(16)
    del file["obs/leaf"]
    data = file.create_dataset("obs/leaf", (2**17,), dtype=h5py.string_dtype(), chunks=(2**17,), compression="gzip")
    data.id.write_direct_chunk((0,), zlib.compress(reference * 2**17))


def long_text(file):
    del file["obs/leaf"]
    file["obs"].create_dataset("leaf", data=np.array(["x" * (2**24 + 1)] * 4, dtype=object), dtype=h5py.string_dtype())


def wide_fixed_texts(file):
    del file["obs/leaf"]
    file.create_dataset("obs/leaf", (2**12,), dtype=f"S{2**22}", chunks=(1,))


def category_of_a_megabyte(file):
    """2^14 cells of one category, whose name is long: 16 GiB in copies."""
    del file["obs/leaf/codes"], file["obs/leaf/categories"]
    file["obs/leaf"].create_dataset("codes", (2**14,), dtype="int8", chunks=(2**14,))
    file["obs/leaf"].create_dataset("categories", data=np.array(["x" * 2**20], dtype=object), dtype=h5py.string_dtype())


def columns_in_circles(file):
    group = file["obs/leaf"]
    del group["categories"]
    group["categories"] = group


def sparse_that_unfolds(file):
    """60,000 cells x 60,000 features without one entry: 14 GB as a matrix, a few hundred kB as a file."""
    n = 60_000
    names = np.array([f"c{i}" for i in range(n)], dtype="S6")
    for frame in ("obs", "var"):
        del file[frame]
        group = file.create_group(frame)
        group.create_dataset("_index", data=names, compression="gzip")
        group.attrs.update({"encoding-type": "dataframe", "encoding-version": "0.2.0", "_index": "_index"})
        group.attrs["column-order"] = np.array([], dtype=h5py.string_dtype())
    del file["X"]
    x = file.create_group("X")
    x.attrs.update({"encoding-type": "csr_matrix", "encoding-version": "0.1.0", "shape": [n, n]})
    x.create_dataset("indptr", data=np.zeros(n + 1, "int32"), compression="gzip")
    x.create_dataset("indices", data=np.zeros(0, "int32"))
    x.create_dataset("data", data=np.zeros(0, "float32"))


def many_dimensions(file):
    del file["X"]
    file.create_dataset("X", (1,) * 20, dtype="float32")


def large_chunk(file):
    """One chunk of 2 GiB for twelve numbers."""
    del file["X"]
    file.create_dataset("X", (4, 3), maxshape=(None, None), chunks=(2**15, 2**14), dtype="float32", compression="gzip")


def many_chunks(file):
    """360,000 chunks of one number, none of which was written: HDF5 takes 4 kB for each of them in memory."""
    del file["X"]
    file.create_dataset("X", (600, 600), chunks=(1, 1), dtype="float32")


def old_filter(name):
    def change(file):
        x = file["X"][:]
        del file["X"]
        file.create_dataset("X", data=x.astype("int32"), chunks=(4, 3), **name)

    return change


def heap_without_end(file):
    """A free object of no bytes, at which HDF5 1.10 would stay for ever."""
    name = file.filename
    file.close()
    whole = bytearray(open(name, "rb").read())
    at = whole.index(b"GCOL") + 16
    whole[at : at + 16] = bytes(16)
    open(name, "wb").write(whole)


HOSTILE = {
    "a heap without end": (heap_without_end, ["damaged: a text larger than the place"]),
    "10^12 elements of fill": (fill((10**6, 10**6)), ["/X", "more than 17179869184 elements"]),
    "10^9 elements of fill": (names_by_fill, ["/obs/_index", "bytes of memory"]),
    "one text for all": (one_text_for_all, ["/obs/leaf", "bytes of memory"]),
    "a long text": (long_text, ["/obs/leaf", "a text of 16777217 bytes"]),
    "wide texts": (wide_fixed_texts, ["/obs/leaf", "bytes of memory"]),
    "a long category": (category_of_a_megabyte, ["/obs/leaf", "bytes of memory"]),
    "columns in circles": (columns_in_circles, ["/obs/leaf", "columns within columns"]),
    "sparse": (sparse_that_unfolds, ["/X", "bytes of memory"]),
    "20 dimensions": (many_dimensions, ["/X", "20 dimensions"]),
    "a large chunk": (large_chunk, ["/X", "bytes of memory"]),
    "many chunks": (many_chunks, ["/X", "bytes of memory"]),
    "scale-offset": (old_filter({"scaleoffset": 0}), ["/X", "filter 6"]),
    "lzf": (old_filter({"compression": "lzf"}), ["/X", "filter 32000"]),
}


@pytest.mark.parametrize("name", HOSTILE)
def test_hdf5_that_claims_much(dense, name):
    change, words = HOSTILE[name]
    with h5py.File(dense, "r+") as file:
        change(file)
    refused_small({"do": "read", "sources": [str(dense)]}, dense, *words)


def test_one_matrix_under_many_names_counts_many_times(tmp_path):
    """2^22 numbers that were never written, as the matrix of 200 modalities: 3 GiB."""
    path = tmp_path / "many.h5mu"
    cells = np.array([f"c{i}" for i in range(2**11)], dtype="S6")
    with h5py.File(path, "w") as file:
        group = file.create_group("mod/m0")
        for frame in ("obs", "var"):
            index = group.create_group(frame)
            index.create_dataset("_index", data=cells, compression="gzip")
            index.attrs.update({"encoding-type": "dataframe", "encoding-version": "0.2.0", "_index": "_index"})
            index.attrs["column-order"] = np.array([], dtype=h5py.string_dtype())
        group.create_dataset("X", (2**11, 2**11), dtype="float32", chunks=(256, 256), fillvalue=1)
        for i in range(1, 200):
            file[f"mod/m{i}"] = group
        file.attrs["encoding-type"] = "MuData"
    refused_small({"do": "read", "sources": [str(path)]}, path, "bytes of memory")


def test_a_modality_of_one_cell_does_not_grow_to_all(tmp_path):
    """One cell x 40,000 features beside 40,000 cells x 1: 6 GiB once all cells are in both."""
    rows, columns = small(n=4, f=3), small(n=4, f=3)
    rows.write_h5ad(tmp_path / "a.h5ad")
    columns.write_h5ad(tmp_path / "b.h5ad")
    n = 40_000
    for path, cells, features in [(tmp_path / "a.h5ad", n, 1), (tmp_path / "b.h5ad", 1, n)]:
        with h5py.File(path, "r+") as file:
            for frame, size in (("obs", cells), ("var", features)):
                del file[frame]
                group = file.create_group(frame)
                group.create_dataset("_index", data=np.array([f"c{i}" for i in range(size)], dtype="S6"), compression="gzip")
                group.attrs.update({"encoding-type": "dataframe", "encoding-version": "0.2.0", "_index": "_index"})
                group.attrs["column-order"] = np.array([], dtype=h5py.string_dtype())
            replace(file, "X", np.ones((cells, features), "float32"))
    answer = ask_bound({"do": "read", "sources": [f"T={tmp_path / 'a.h5ad'}", f"E={tmp_path / 'b.h5ad'}"]})
    assert answer["error"] == "DataError" and "40000 cells take" in answer["message"], answer


@pytest.mark.parametrize("name", ["..", "a\nb", "x" * 201, "a\\b", "\x7f"])
def test_names_that_lead_elsewhere(tmp_path, name):
    path = tmp_path / "names.h5mu"
    small().write_h5ad(tmp_path / "one.h5ad")
    with h5py.File(tmp_path / "one.h5ad") as one, h5py.File(path, "w") as file:
        one.copy("/", file.create_group("mod"), name=name)
        file.attrs["encoding-type"] = "MuData"
    refused_small({"do": "read", "sources": [str(path)]}, path, "modality name", "out of no folder")


def test_a_pipe_is_not_waited_for(tmp_path):
    os.mkfifo(tmp_path / "pipe.h5ad")
    answer = ask({"do": "read", "sources": [str(tmp_path / "pipe.h5ad")]})
    assert answer["error"] == "IoError" and "no regular file" in answer["message"]
    answer = ask({"do": "mat", "path": str(tmp_path / "pipe.h5ad")})
    assert answer["error"] == "IoError" and "no regular file" in answer["message"]


# --- MATLAB --------------------------------------------------------------------------------------------------------------------


def element(kind, content):
    return struct.pack("<II", kind, len(content)) + content + b"\0" * (-len(content) % 8)


def array(kind, shape, name, content):
    flags = element(6, struct.pack("<II", kind, 0))
    extents = element(5, struct.pack(f"<{len(shape)}i", *shape))
    return element(14, flags + extents + element(1, name) + content)


def mat(*variables):
    return b"MATLAB 5.0 MAT-file".ljust(124) + struct.pack("<H", 0x0100) + b"IM" + b"".join(variables)


def packed(variable):
    return struct.pack("<II", 15, len(zlib.compress(variable))) + zlib.compress(variable)


def authors_with(tmp_path, **more):
    scipy.io.savemat(tmp_path / "base.mat", {k: v for k, v in authors_fields().items() if k not in more})
    return (tmp_path / "base.mat").read_bytes() + b"".join(more.values())


EMPTY_CELL = element(14, b"")
MATLAB = {
    "cells that are not there": (array(1, (1 << 20, 1 << 10), b"gene_id", EMPTY_CELL), ["'gene_id'", "1048576 x 1024", "can hold"]),
    "packed cells": (packed(array(1, (1 << 22, 1), b"gene_id", EMPTY_CELL * (1 << 22))), ["'gene_id'", "bytes of memory"]),
    "packed numbers": (packed(array(6, (1 << 13, 1 << 13), b"T_dat", element(2, bytes(1 << 26)))), ["'T_dat'", "bytes of memory"]),
    "packed characters": (packed(array(4, (1, 1 << 26), b"gene_id", element(16, bytes(1 << 26)))), ["'gene_id'", "bytes of memory"]),
    "a part larger than the whole": (array(6, (6, 5), b"T_dat", struct.pack("<II", 9, 1 << 30)), ["'T_dat'", "larger than the whole"]),
    "fewer numbers": (array(6, (6, 5), b"T_dat", element(9, bytes(8 * 29))), ["'T_dat'", "6 x 5", "can hold"]),
    "a shape beyond all": (array(6, (1 << 30, 1 << 30, 1 << 30), b"T_dat", element(9, bytes(8))), ["'T_dat'", "any file can hold"]),
    "numbers of no type": (array(6, (6, 5), b"T_dat", element(99, bytes(8 * 30))), ["'T_dat'", "type 99"]),
    "billions of empty rows": (array(6, (-1, 0), b"T_dat", element(9, b"")), ["'T_dat'", "4294967295 x 0", "expected cells and features"]),
    "no dimensions": (array(6, (), b"T_dat", element(9, bytes(8))), ["dimensions"]),
    "40 dimensions": (array(6, (1,) * 40, b"T_dat", element(9, bytes(8))), ["160 bytes, expected at most 32"]),
    "no text": (array(4, (1, 4), b"gene_id", element(16, b"\xff\xfe\xfd\xfc")), ["'gene_id'", "no valid text"]),
}


def nested_cells(depth):
    inner = array(6, (1, 1), b"", element(9, bytes(8)))
    for _ in range(depth):
        inner = array(1, (1, 1), b"", inner)
    return array(1, (1, 1), b"gene_id", inner)


MATLAB["cells in cells"] = (nested_cells(2000), ["'gene_id'", "cells within cells"])


@pytest.mark.parametrize("name", MATLAB)
def test_matlab_files_that_claim_much(tmp_path, name):
    variable, words = MATLAB[name]
    field = "T_dat" if b"T_dat" in variable or "numbers" in name else "gene_id"
    path = tmp_path / "a.mat"
    path.write_bytes(authors_with(tmp_path, **{field: variable}))
    refused_small({"do": "mat", "path": str(path)}, path, *words)


def test_matlab_files_of_the_other_byte_order(tmp_path):
    """Written by hand, as a big-endian machine would: every number of the little-endian file turned round."""
    def big(kind, content, width):
        turned = b"".join(content[i : i + width][::-1] for i in range(0, len(content), width))
        return struct.pack(">II", kind, len(content)) + turned + b"\0" * (-len(content) % 8)

    def variable(name, kind, shape, content):
        flags = big(6, struct.pack("<II", kind, 0), 4)
        extents = big(5, struct.pack("<ii", *shape), 4)
        body = flags + extents + big(1, name, 1) + content
        return struct.pack(">II", 14, len(body)) + body

    given = authors_fields(number="float64")
    numbers = [variable(n.encode(), 6, given[n].shape, big(9, given[n].tobytes("F"), 8)) for n in ("T_dat", "E_pc_scaled", "E_feature")]
    texts = [
        variable(n.encode(), 6, (k, 1), big(9, np.arange(first, first + k, dtype="<f8").tobytes(), 8))
        for n, k, first in (("gene_id", 5, 0), ("pc_name", 2, 10), ("feature_name", 3, 20), ("cluster", 6, 0), ("sample_id", 6, 0))
    ]
    path = tmp_path / "big.mat"
    path.write_bytes(b"MATLAB 5.0 MAT-file".ljust(124) + struct.pack(">H", 0x0100) + b"MI" + b"".join(numbers + texts))
    found = ask({"do": "mat", "path": str(path)})
    assert found["modalities"][0]["values"] == given["T_dat"].tolist()
    assert found["cells"] == [str(i) for i in range(6)]


def test_structs_beside_the_fields_do_not_matter(tmp_path):
    more = {"notes": {"a": {"b": [1, 2]}}, "sparse": scipy.sparse.eye(3), "flag": True, "z": 1 + 2j, "deep": cells_of_strings([{"a": 1}])}
    for compressed in (False, True):
        scipy.io.savemat(tmp_path / "a.mat", {**more, **authors_fields()}, do_compression=compressed)
        assert "error" not in ask({"do": "mat", "path": str(tmp_path / "a.mat")})


# --- tables --------------------------------------------------------------------------------------------------------------------

MIB = 1 << 20
TABLES = {
    "blank lines": (b"cell,g\n", b"\n" * MIB, 64, ["fields take"]),
    "commas": (b"cell,g\nc0,", b"," * MIB, 64, ["fields take"]),
    "one long field": (b"cell,g\nc0,", b"1" * MIB, 1024, ["larger than the limit"]),
    # 32 bytes each as objects, 48 beside them, and the text: 2.2 GB.
    "fields of 31 characters": (b"cell,g\nc0,", (b"x" * 31 + b",") * (MIB // 32), 600, ["fields take"]),
    "fields in quotes": (b"cell,g\nc0,", (b'"' + b"x" * 29 + b'",') * (MIB // 32), 600, ["fields take"]),
}


@pytest.mark.parametrize("name", TABLES)
def test_packed_tables(tmp_path, name):
    start, block, blocks, words = TABLES[name]
    path = tmp_path / "t.csv.gz"
    path.write_bytes(gzip.compress(start) + gzip.compress(block) * blocks)
    refused_small({"do": "csv", "modalities": [{"modality": "T", "path": str(path)}]}, path, *words)


def test_labels_of_many_columns(tmp_path):
    """One row of labels with 16,384 columns for 65,536 cells: 40 GiB of fields."""
    path, obs = tmp_path / "t.csv", tmp_path / "obs.csv"
    path.write_text("cell,g\n" + "".join(f"c{i},1\n" for i in range(1 << 16)))
    columns = 1 << 14
    obs.write_text("cell," + ",".join(f"o{i}" for i in range(columns)) + "\nc0" + ",a" * columns + "\n")
    refused_small({"do": "csv", "modalities": [{"modality": "T", "path": str(path)}], "obs": str(obs)}, obs, "16384 columns for 65536 cells")


def test_texts_count_for_every_copy(tmp_path):
    """4,096 cells of one category of 100 KiB: 420 MB once, and that twice more while modalities are joined."""
    path = tmp_path / "long.h5ad"
    data = anndata.AnnData(np.ones((4096, 2), "float32"))
    data.obs["leaf"] = pd.Categorical(["a"] * 4096)
    data.write_h5ad(path)
    with h5py.File(path, "r+") as file:
        del file["obs/leaf/codes"], file["obs/leaf/categories"]
        file["obs/leaf"].create_dataset("codes", data=np.zeros(4096, "int8"))
        file["obs/leaf"].create_dataset("categories", data=np.array(["x" * 100 * 1024], dtype=object), dtype=h5py.string_dtype())
    answer = ask_bound({"do": "read", "sources": [str(path)]})
    assert answer.get("error") == "DataError" and "the texts of its cells" in answer["message"], str(answer)[:500]


def test_a_deep_tree(tmp_path):
    """A chain of 32,000 nodes, and one beyond the largest number."""
    path = tmp_path / "tree.csv"
    for n, words in [(32_000, ["nodes above it"]), (40_000, ["40000 rows"])]:
        rows = [f"n{i},{f'n{i - 1}' if i else ''},{n - i},{'TRUE' if i == n - 1 else ''}" for i in range(n)]
        path.write_text("label,parent,height,leaf\n" + "\n".join(rows) + "\n")
        refused_small({"do": "taxonomy", "path": str(path), "present": [], "classes": []}, path, *words)
