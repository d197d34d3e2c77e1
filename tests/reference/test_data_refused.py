"""Data that cannot be used is refused in one line that names file, object, what was found and what was expected."""

import shutil

import anndata
import h5py
import mudata
import numpy as np
import pandas as pd
import pytest
from data_probe import ask, refused
from scipy import sparse


def small(n=4, f=3, seed=0, form=np.asarray, prefix="g"):
    x = np.random.default_rng(seed).normal(size=(n, f)).astype("float32")
    obs = pd.DataFrame({"leaf": pd.Categorical(["a", "b", "a", None][:n])}, index=[f"c{i}" for i in range(n)])
    return anndata.AnnData(form(x), obs=obs, var=pd.DataFrame(index=[f"{prefix}{j}" for j in range(f)]))


@pytest.fixture
def dense(tmp_path):
    path = tmp_path / "dense.h5ad"
    small().write_h5ad(path)
    return path


@pytest.fixture
def csr(tmp_path):
    path = tmp_path / "csr.h5ad"
    small(form=sparse.csr_matrix).write_h5ad(path)
    return path


@pytest.fixture
def two(tmp_path):
    path = tmp_path / "two.h5mu"
    mudata.MuData({"T": small(), "E": small(prefix="e")}).write(path)
    return path


def replace(group, name, data):
    attributes = dict(group[name].attrs)
    del group[name]
    group[name] = data
    group[name].attrs.update(attributes)


def refused_after(path, change, *words, kind="DataError"):
    """The file must be fine before, and refused after the change."""
    assert "error" not in ask({"do": "read", "sources": [str(path)]})
    with h5py.File(path, "r+") as file:
        change(file)
    message = refused({"do": "read", "sources": [str(path)]}, kind, path.name, *words)
    assert message.count(path.name) == 1
    return message


def array_of(file, name):
    """Newer versions of anndata keep names as a group of values and mask."""
    return f"{name}/values" if isinstance(file[name], h5py.Group) else name


def set_value(name, index, value):
    def change(file):
        file[array_of(file, name)][index] = value

    return change


REFUSED_DENSE = {
    "missing X": (lambda f: f.__delitem__("X"), ["/X", "missing", "expected a matrix"]),
    "text in X": (lambda f: replace(f, "X", np.array([["a"] * 3] * 4, dtype=object)), ["/X", "holds text", "expected numbers"]),
    "transposed X": (lambda f: replace(f, "X", np.zeros((3, 4))), ["/X", "3 x 4", "expected 4 x 3"]),
    "X of one dimension": (lambda f: replace(f, "X", np.zeros(12)), ["/X", "shape 12", "expected 4 x 3"]),
    "complex X": (lambda f: replace(f, "X", np.zeros((4, 3), dtype="complex64")), ["/X", "no numbers"]),
    "repeated cell": (set_value("obs/_index", 3, "c1"), ["/obs", "cell name 'c1'", "twice"]),
    "repeated feature": (set_value("var/_index", 2, "g0"), ["/var", "feature name 'g0'", "twice"]),
    "empty cell name": (set_value("obs/_index", 3, ""), ["/obs", "cell 4", "empty name"]),
    "feature of NaN": (set_value("X", (slice(None), 1), np.nan), ["feature 'g1'", "NaN in every cell"]),
    "infinite": (set_value("X", (2, 1), np.inf), ["cell 'c2'", "feature 'g1'", "infinite"]),
    "beyond float32": (lambda f: replace(f, "X", np.full((4, 3), 1e200)), ["cell 'c0'", "feature 'g0'", "infinite"]),
    "no obs": (lambda f: f.__delitem__("obs"), ["/obs", "missing"]),
    "no index": (lambda f: f["obs"].attrs.__delitem__("_index"), ["/obs", "_index"]),
    "lost index": (lambda f: f["obs"].__delitem__("_index"), ["/obs/_index", "missing"]),
    "no column order": (lambda f: f["obs"].attrs.__delitem__("column-order"), ["/obs", "column-order"]),
    "lost column": (lambda f: f["obs"].__delitem__("leaf"), ["/obs/leaf", "missing"]),
    "code out of range": (set_value("obs/leaf/codes", 0, 7), ["/obs/leaf", "code 7", "expected -1 to 1"]),
    "short column": (lambda f: replace(f["obs/leaf"], "codes", np.zeros(2, "int8")), ["/obs/leaf", "2 values", "expected 4"]),
    "unknown column": (lambda f: f["obs/leaf"].attrs.__setitem__("encoding-type", "awkward"), ["/obs/leaf", "'awkward'", "expected categorical"]),
    "unknown frame": (lambda f: f["obs"].attrs.__setitem__("encoding-type", "dict"), ["/obs", "'dict'", "expected dataframe"]),
    "unknown object": (lambda f: f.attrs.__setitem__("encoding-type", "spatialdata"), ["'spatialdata'", "expected anndata"]),
    "old table": (lambda f: (f.__delitem__("obs"), f.__setitem__("obs", np.zeros(4, dtype=[("index", "S4")]))), ["/obs", "before 0.7"]),
}


@pytest.mark.parametrize("name", REFUSED_DENSE)
def test_dense(dense, name):
    change, words = REFUSED_DENSE[name]
    refused_after(dense, change, *words)


REFUSED_SPARSE = {
    "index too large": (set_value("X/indices", 0, 3), ["/X/indices", "entry 0 is 3", "expected 0 to 2"]),
    "negative index": (set_value("X/indices", 5, -1), ["/X/indices", "entry 5 is -1"]),
    "pointers decrease": (set_value("X/indptr", 1, 99), ["/X/indptr", "decreases"]),
    "pointers end early": (set_value("X/indptr", 4, 11), ["/X/indptr", "0 to 11", "expected 0 to 12"]),
    "fewer values": (lambda f: replace(f["X"], "data", np.zeros(3, "float32")), ["/X", "12 indices for 3 values"]),
    "fewer pointers": (lambda f: replace(f["X"], "indptr", np.zeros(3, "int32")), ["/X/indptr", "3 entries", "expected 5"]),
    "no values": (lambda f: f["X"].__delitem__("data"), ["/X/data", "missing"]),
    "other shape": (lambda f: f["X"].attrs.__setitem__("shape", [4, 5]), ["/X", "4 x 5", "expected 4 x 3"]),
    "no shape": (lambda f: f["X"].attrs.__delitem__("shape"), ["/X", "'shape'"]),
    "unknown": (lambda f: f["X"].attrs.__setitem__("encoding-type", "coo_matrix"), ["/X", "'coo_matrix'", "expected array, csr_matrix or csc_matrix"]),
}


@pytest.mark.parametrize("name", REFUSED_SPARSE)
def test_sparse(csr, name):
    change, words = REFUSED_SPARSE[name]
    refused_after(csr, change, *words)


def no_cells(file):
    mod = file["mod/E"]
    index = ["obs/_index/values", "obs/_index/mask"] if isinstance(mod["obs/_index"], h5py.Group) else ["obs/_index"]
    for name in ["X", "obs/leaf/codes", *index]:
        replace(mod, name, mod[name][:0])


REFUSED_MUDATA = {
    "shared features": (lambda f: f.attrs.__setitem__("axis", 1), ["'axis' is 1", "expected 0"]),
    "lost modality": (lambda f: f["mod"].__delitem__("E"), ["/mod", "'mod-order' names 'E'"]),
    "no modalities": (lambda f: (f.__delitem__("mod"), f.create_group("mod")), ["no modalities"]),
    "cell unknown globally": (set_value("mod/E/obs/_index", 0, "new"), ["/mod/E", "cell 'new'", "global obs"]),
    "empty modality": (no_cells, ["/mod/E", "'E' has no cells"]),
    "text in E": (lambda f: replace(f["mod/E"], "X", np.array([["a"] * 3] * 4, dtype=object)), ["/mod/E/X", "holds text"]),
    "repeated globally": (set_value("obs/_index", 3, "c0"), ["/obs", "cell name 'c0'", "twice"]),
}


@pytest.mark.parametrize("name", REFUSED_MUDATA)
def test_mudata(two, name):
    change, words = REFUSED_MUDATA[name]
    refused_after(two, change, *words)


def test_files_that_are_none(tmp_path, dense, two):
    text = tmp_path / "text.h5ad"
    text.write_text("cell,gene\n")
    cut = tmp_path / "cut.h5ad"
    cut.write_bytes(dense.read_bytes()[:2000])
    for path, words in [(text, ["no HDF5 file"]), (cut, ["truncated"]), (tmp_path / "none.h5ad", ["no such file"]), (tmp_path, ["folder"])]:
        refused({"do": "read", "sources": [str(path)]}, "IoError", str(path), *words)
    refused({"do": "read", "sources": []}, "UsageError", "no data file")
    refused({"do": "read", "sources": [str(dense), str(two)]}, "UsageError", "two.h5mu", "several modalities")
    refused({"do": "read", "sources": [f"T={two}"]}, "UsageError", "two.h5mu", "'T'")
    refused({"do": "read", "sources": [f"T={dense}", f"T={dense}"]}, "DataError", "second modality 'T'")
    refused({"do": "read", "sources": ["T="]}, "UsageError", "'T='", "MODALITY=PATH")


def external_link(file):
    del file["X"]
    file["X"] = h5py.ExternalLink("other.h5", "/X")


def soft_over_external(file):
    external_link(file)
    file.move("X", "there")
    file["X"] = h5py.SoftLink("/there")


def external_storage(file):
    del file["X"]
    file.create_dataset("X", (4, 3), dtype="float32", external=[("raw.bin", 0, 48)])


def virtual(file):
    del file["X"]
    layout = h5py.VirtualLayout((4, 3), "float32")
    layout[:] = h5py.VirtualSource("other.h5", "X", (4, 3))
    file.create_virtual_dataset("X", layout)


def lzf_like(file):
    """A filter that nobody knows, made optional so that h5py writes the dataset without it."""
    del file["X"]
    plist = h5py.h5p.create(h5py.h5p.DATASET_CREATE)
    plist.set_chunk((4, 3))
    plist.set_filter(32015, h5py.h5z.FLAG_OPTIONAL, (3,))
    h5py.h5d.create(file.id, b"X", h5py.h5t.NATIVE_FLOAT, h5py.h5s.create_simple((4, 3)), plist)


def huge(file):
    del file["X"]
    file.create_dataset("X", (2**20, 2**20), chunks=(64, 64), dtype="float32")


REFUSED_STORAGE = {
    "external link": (external_link, ["/X", "link into another file"]),
    "soft link to it": (soft_over_external, ["/X", "missing"]),
    "external storage": (external_storage, ["/X", "external storage"]),
    "virtual": (virtual, ["/X", "virtual dataset"]),
    "filter": (lzf_like, ["/X", "filter 32015"]),
    "size": (huge, ["/X", "more than 17179869184 elements"]),
}


@pytest.mark.parametrize("name", REFUSED_STORAGE)
def test_storage(dense, name, tmp_path):
    # The link's target is there and would do, if it were followed.
    shutil.copy(dense, tmp_path / "other.h5")
    change, words = REFUSED_STORAGE[name]
    refused_after(dense, change, *words)


def test_soft_links_within_a_file_are_followed(dense):
    before = ask({"do": "read", "sources": [str(dense)]})
    with h5py.File(dense, "r+") as file:
        file.move("X", "there")
        file["X"] = h5py.SoftLink("/there")
    assert ask({"do": "read", "sources": [str(dense)]}) == before
    assert "error" not in before


TREE = {"label": ["r", "a", "b"], "parent": ["", "r", "r"], "height": [1.0, 0.0, 0.0], "leaf": [False, True, True]}
BAD_TREES = {
    "repeated": ({"label": ["r", "a", "a"]}, ["'a'", "twice"]),
    "unknown parent": ({"parent": ["", "r", "q"]}, ["'b'", "parent 'q'"]),
    "two roots": ({"parent": ["", "r", ""]}, ["'b'", "one root"]),
    "leaf with children": ({"parent": ["", "r", "a"]}, ["'a'", "is a leaf"]),
    "height": ({"height": [np.nan, 0.0, 0.0]}, ["'r'", "height nan"]),
    "text height": ({"height": ["high", "0", "0"]}, ["height", "holds text"]),
    "leaf": ({"leaf": ["yes", "no", "no"]}, ["leaf", "'yes'"]),
}


@pytest.mark.parametrize("name", BAD_TREES)
def test_stored_taxonomy(tmp_path, name):
    columns, words = BAD_TREES[name]
    adata = small()
    adata.uns["taxonomy"] = pd.DataFrame({**TREE, **columns})
    adata.write_h5ad(tmp_path / "tree.h5ad")
    refused({"do": "read", "sources": [str(tmp_path / "tree.h5ad")]}, "DataError", "tree.h5ad", "uns/taxonomy", *words)
