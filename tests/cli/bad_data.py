"""Bad data files and tables."""

import gzip
import os
import shutil

import h5py
import numpy as np
import scipy.io
import scipy.sparse
from bad_cases import CASES, case, own
from program import SMOKE, make_modalities, make_mudata

# --- data files ----------------------------------------------------------------------------------------------------------------


def cohort(folder):
    path = folder / "data.h5mu"
    if not path.exists():
        make_mudata(make_modalities(["one", "two"])).write_h5mu(path)
    return path


def damaged(change):
    def make(folder, tiny):
        path = cohort(folder)
        with h5py.File(path, "r+") as file:
            change(file)
        return ["plan", own(folder), "--data", path]

    return make


def replaced(name, values, **more):
    def change(file):
        attributes = dict(file[name].attrs) if name in file else {}
        if name in file:
            del file[name]
        made = file.create_dataset(name, data=values, **more)
        made.attrs.update(attributes)

    return change


def set_value(name, index, value):
    def change(file):
        inner = f"{name}/values" if isinstance(file[name], h5py.Group) else name
        file[inner][index] = value

    return change


def linked(name, link):
    def change(file):
        del file[name]
        file[name] = link

    return change


def external_storage(file):
    del file["mod/two/X"]
    file.create_dataset("mod/two/X", (90, 6), dtype="float32", external=[("raw.bin", 0, 90 * 24)])


def virtual(file):
    del file["mod/two/X"]
    layout = h5py.VirtualLayout((90, 6), "float32")
    layout[:] = h5py.VirtualSource("other.h5", "X", (90, 6))
    file.create_virtual_dataset("mod/two/X", layout)


def unknown_filter(file):
    del file["mod/two/X"]
    plist = h5py.h5p.create(h5py.h5p.DATASET_CREATE)
    plist.set_chunk((90, 6))
    plist.set_filter(32015, h5py.h5z.FLAG_OPTIONAL, (3,))
    h5py.h5d.create(file["mod/two"].id, b"X", h5py.h5t.NATIVE_FLOAT, h5py.h5s.create_simple((90, 6)), plist)


def huge(shape):
    def change(file):
        del file["mod/two/X"]
        file.create_dataset("mod/two/X", shape, chunks=(64, 64), dtype="float32")

    return change


def no_cells(file):
    for name in list(file["mod/two"]):
        del file["mod/two"][name]


NUMBERS = np.arange(540, dtype="float32").reshape(90, 6)
CHANGES = {
    "turned matrix": replaced("mod/two/X", NUMBERS.T),
    "matrix of one dimension": replaced("mod/two/X", NUMBERS.ravel()),
    "matrix of text": replaced("mod/two/X", np.full((90, 6), b"high")),
    "matrix of complex numbers": replaced("mod/two/X", NUMBERS.astype("complex64")),
    "infinite value": set_value("mod/two/X", (3, 1), np.inf),
    "feature without values": set_value("mod/two/X", (slice(None), 1), np.nan),
    "repeated cell": set_value("mod/two/obs/_index", 3, "neuron 001"),
    "repeated feature": set_value("mod/two/var/_index", 3, "f1_1"),
    "cell without a name": set_value("mod/two/obs/_index", 3, ""),
    "cell that no list has": set_value("mod/two/obs/_index", 3, "other"),
    "cell of two lines": set_value("mod/two/obs/_index", 3, "a\nb"),
    "label of two lines": set_value("obs/cell class/categories", 1, "be\nta"),
    "label code out of range": set_value("obs/cell class/codes", 0, 9),
    "link to another file": linked("mod/two/X", h5py.ExternalLink("other.h5", "/X")),
    "link to a password": linked("mod/two", h5py.ExternalLink("/etc/passwd", "/")),
    "link to nowhere": linked("mod/two/X", h5py.SoftLink("/nowhere")),
    "link to itself": linked("mod/two/X", h5py.SoftLink("/mod/two/X")),
    "data in another file": external_storage,
    "virtual data": virtual,
    "unknown filter": unknown_filter,
    "10^12 numbers in a small file": huge((10**6, 10**6)),
    "modality without anything": no_cells,
    "modality that leads elsewhere": lambda file: (file["mod"].attrs.__delitem__("mod-order"), file.move("mod/two", "mod/..")),
    "lost column": lambda file: file["obs"].__delitem__("cell class"),
    "shared features": lambda file: file.attrs.__setitem__("axis", 1),
    "unknown matrix": lambda file: file["mod"].move("two/X", "two/Y"),
}
for change_name, change_made in CHANGES.items():
    CASES[change_name] = damaged(change_made)


@case("swapped modalities")
def _(folder, tiny):
    """Counts are expected where the other file has numbers of both signs."""
    for name, adata in make_modalities(["one", "two"]).items():
        if name == "one":
            adata.X = np.abs(adata.X)
        adata.write_h5ad(folder / f"{name}.h5ad")
    study = own(folder, column="")
    return ["plan", study, "--data", f"one={folder / 'two.h5ad'}", "--data", f"two={folder / 'one.h5ad'}", "--set", "modality.one.transform=log_cpm"]


@case("modality that the data lack")
def _(folder, tiny):
    return ["plan", own(folder, ["one", "tow"]), "--data", cohort(folder)]


@case("label column that the data lack")
def _(folder, tiny):
    return ["plan", own(folder, column="cell clas"), "--data", cohort(folder)]


@case("modalities that share no cell")
def _(folder, tiny):
    modalities = make_modalities(["one", "two"])
    modalities["two"].obs_names = [f"other {i}" for i in range(90)]
    make_mudata(modalities).write_h5mu(folder / "apart.h5mu")
    return ["plan", own(folder), "--data", folder / "apart.h5mu"]


@case("modality of three cells")
def _(folder, tiny):
    modalities = make_modalities(["one", "two"])
    modalities["two"] = modalities["two"][:3].copy()
    make_mudata(modalities).write_h5mu(folder / "few.h5mu")
    return ["plan", own(folder), "--data", folder / "few.h5mu"]


FILES = {
    "text named .h5mu": b"cell,gene\n" * 200,
    "empty file": b"",
    "signature alone": b"\x89HDF\r\n\x1a\n",
    "signature and zeros": b"\x89HDF\r\n\x1a\n" + bytes(4096),
}
for file_name, file_bytes in FILES.items():

    @case(file_name)
    def _(folder, tiny, content=file_bytes):
        (folder / "data.h5mu").write_bytes(content)
        return ["plan", SMOKE, "--data", folder / "data.h5mu"]


@case("truncated file")
def _(folder, tiny):
    whole = tiny.read_bytes()
    (folder / "data.h5mu").write_bytes(whole[: len(whole) // 2])
    return ["plan", SMOKE, "--data", folder / "data.h5mu"]


@case("HDF5 file of another kind")
def _(folder, tiny):
    with h5py.File(folder / "else.h5mu", "w") as file:
        file["numbers"] = np.arange(3)
    return ["plan", SMOKE, "--data", folder / "else.h5mu"]


@case("no data file")
def _(folder, tiny):
    return ["plan", SMOKE, "--data", folder / "none.h5mu"]


@case("a folder for data")
def _(folder, tiny):
    return ["plan", SMOKE, "--data", folder]


@case("a pipe for data")
def _(folder, tiny):
    os.mkfifo(folder / "pipe.h5mu")
    return ["plan", SMOKE, "--data", folder / "pipe.h5mu"]


@case("a device for data")
def _(folder, tiny):
    return ["plan", SMOKE, "--data", "/dev/zero"]


@case("a name for several modalities")
def _(folder, tiny):
    return ["plan", SMOKE, "--data", f"T={tiny}"]


@case("two files of several modalities")
def _(folder, tiny):
    shutil.copy(tiny, folder / "copy.h5mu")
    return ["plan", SMOKE, "--data", tiny, "--data", folder / "copy.h5mu"]


# --- imports -------------------------------------------------------------------------------------------------------------------

TABLES = {
    "table with a ragged line": b"cell,g\nc0,1,2\nc1,3\n",
    "table with text": b"cell,g\nc0,high\n",
    "table with an open quote": b'cell,g\nc0,"1\n',
    "table with text after a quote": b'cell,g\nc0,"1"2\n',
    "table of Latin-1": b"cell,g\nr\xe9,1\n",
    "table without a header": b"",
    "table of one column": b"cell\nc0\n",
    "table of repeated cells": b"cell,g\nc0,1\nc0,2\n",
    "table beyond float32": b"cell,g\nc0,1e300\n",
    "table that is a torn archive": gzip.compress(b"cell,g\nc0,1\n", mtime=0)[:-6],
}
for table_name, table_bytes in TABLES.items():

    @case(table_name)
    def _(folder, tiny, content=table_bytes):
        (folder / "t.csv").write_bytes(content)
        return ["import", "csv", "--modality", f"T={folder / 't.csv'}", "--out", "x.h5mu"]


@case("labels of other cells")
def _(folder, tiny):
    (folder / "t.csv").write_text("cell,g\nc0,1\n")
    (folder / "o.csv").write_text("cell,leaf\nd0,a\n")
    return ["import", "csv", "--modality", f"T={folder / 't.csv'}", "--obs", folder / "o.csv", "--out", "x.h5mu"]


MATLAB = {
    "text named .mat": b"T_dat\n" * 100,
    "empty MATLAB file": b"",
    "MATLAB file of version 7.3": b"MATLAB 7.3 MAT-file".ljust(124) + b"\x00\x02IM" + bytes(512),
}
for mat_name, mat_bytes in MATLAB.items():

    @case(mat_name)
    def _(folder, tiny, content=mat_bytes):
        (folder / "a.mat").write_bytes(content)
        return ["import", "mat", folder / "a.mat", "--out", "x.h5mu"]


@case("MATLAB file of other fields")
def _(folder, tiny):
    scipy.io.savemat(folder / "a.mat", {"T_dta": np.ones((2, 2))})
    return ["import", "mat", folder / "a.mat", "--out", "x.h5mu"]


@case("sparse matrix of MATLAB")
def _(folder, tiny):
    texts = np.array(["c0", "c1"], dtype=object)
    scipy.io.savemat(folder / "a.mat", {"sample_id": texts, "cluster": texts, "T_dat": scipy.sparse.eye(2, format="csc")})
    return ["import", "mat", folder / "a.mat", "--out", "x.h5mu"]


@case("truncated MATLAB file")
def _(folder, tiny):
    scipy.io.savemat(folder / "a.mat", {"sample_id": np.ones((2, 200))})
    (folder / "a.mat").write_bytes((folder / "a.mat").read_bytes()[:500])
    return ["import", "mat", folder / "a.mat", "--out", "x.h5mu"]
