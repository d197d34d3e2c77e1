"""Bad inputs: each a function of a folder of its own that makes it and returns the words of the command. The one line that each gets
is in bad_inputs.txt; test_bad_inputs.py compares."""

import gzip
import os
import shutil

import h5py
import numpy as np
import scipy.io
from program import SMOKE, make_modalities, make_mudata, study_text

CASES = {}


def case(name):
    def keep(make):
        assert name not in CASES
        CASES[name] = make
        return make

    return keep


def study_of(folder, text):
    path = folder / "own.toml"
    (path.write_bytes if isinstance(text, bytes) else path.write_text)(text)
    return path


def own(folder, names=("one", "two"), **more):
    return study_of(folder, study_text(names, **more))


# --- the command line ----------------------------------------------------------------------------------------------------------

LINES = {
    "unknown command": ["runn"],
    "unknown command of import": ["import", "matt", "x.mat"],
    "no data": ["plan", SMOKE],
    "unknown preset": ["simulate", "--preset", "tinny", "--out", "x.h5mu"],
    "seven modalities": ["simulate", "--preset", "tiny", "--modalities", "7", "--out", "x.h5mu"],
    "all cells lack": ["simulate", "--preset", "tiny", "--lack", "2", "--out", "x.h5mu"],
    "one cell": ["simulate", "--preset", "tiny", "--cells", "1", "--out", "x.h5mu"],
    "output of another kind": ["simulate", "--preset", "tiny", "--out", "x.csv"],
    "output in no folder": ["simulate", "--preset", "tiny", "--out", "none/x.h5mu"],
    "status of no run": ["status", "none"],
    "export of no run": ["export", "none", "--to", "x.h5mu"],
    "import of no table": ["import", "csv", "--modality", "T", "--out", "x.h5mu"],
    "transposed table that is none": ["import", "csv", "--modality", "T=none.csv", "--transpose", "E", "--out", "x.h5mu"],
}
for line_name, line_words in LINES.items():
    CASES[line_name] = lambda folder, tiny, words=tuple(line_words): list(words)

TINY = {
    "unknown option": ["--devise", "cpu"],
    "unknown device": ["--device", "tpu"],
    "override without a value": ["--set", "trainingsteps"],
    "override without a key": ["--set", "=3"],
    "unknown key": ["--set", "training.stpes=10"],
    "key in the wrong table": ["--set", "coupling.steps=10"],
    "no number": ["--set", "training.steps=many"],
    "no steps": ["--set", "training.steps=0"],
    "negative rate": ["--set", "training.learning_rate=-1"],
    "rate that is none": ["--set", "training.learning_rate=nan"],
    "half a dimension": ["--set", "training.latent_dim=2.5"],
    "dropout of everything": ["--set", "modality.E.dropout=1.0"],
    "modality that the study lacks": ["--set", "modality.X.dropout=0.1"],
    "experiment that the study lacks": ["--set", "experiment.cross_validaton.folds=3"],
    "one fold": ["--set", "experiment.cross_validation.folds=1"],
    "more folds than cells of a class": ["--set", "experiment.cross_validation.folds=100"],
    "a billion folds": ["--set", "experiment.cross_validation.folds=1000000000"],
    "more components than features": ["--set", "experiment.cross_validation.pc_cca=[[4, 400]]"],
    "components that fall": ["--set", "experiment.consensus.components=[5, 3]"],
    "nothing to test on": ["--set", "experiment.consensus.test_fraction=0"],
    "everything to test on": ["--set", "experiment.consensus.test_fraction=1.5"],
    "unknown scale": ["--set", "coupling.scale=sqrt"],
    "unknown label column": ["--set", "labels.column=lefa"],
    "labels that are inner nodes": ["--set", "labels.column=family"],
    "unknown further label": ["--set", "labels.also=[\"famly\"]"],
    "tree that is not there": ["--set", "labels.taxonomy=none.csv"],
    "a million networks": ["--set", "experiment.consensus.initialisations=1000000"],
    "unknown key to vary": ["--set", "experiment.consensus.vary.coupling.lamda=[1.0, 2.0]"],
    "nothing to vary": ["--set", "experiment.consensus.vary.coupling.lambda=[]"],
}
for tiny_name, tiny_words in TINY.items():
    command = "run" if "--dev" in tiny_words[0] else "plan"
    CASES[tiny_name] = lambda folder, tiny, words=tuple(tiny_words), command=command: [
        command, SMOKE, "--data", tiny, *words, *(["--out", "run"] if command == "run" else [])
    ]

# --- studies -------------------------------------------------------------------------------------------------------------------

GOOD = '[[modality]]\nname = "T"\n[[experiment]]\nname = "e"\n'
STUDIES = {
    "empty study": "",
    "study without experiments": '[[modality]]\nname = "T"\n',
    "study that is no TOML": "[training\nsteps = 3\n",
    "study that ends in a key": "[training]\nsteps =",
    "key given twice": "[training]\nsteps = 3\nsteps = 4\n" + GOOD,
    "a date for a number": "[training]\nsteps = 2020-01-01\n" + GOOD,
    "a boolean for a number": "[coupling]\nlambda = true\n" + GOOD,
    "unknown table": "[traning]\nsteps = 3\n" + GOOD,
    "two modalities of one name": '[[modality]]\nname = "T"\n' + GOOD,
    "modality without a name": "[[modality]]\nhidden = [3]\n" + GOOD,
    "experiment that leads elsewhere": '[[modality]]\nname = "T"\n[[experiment]]\nname = "../../etc"\n',
    "modality of dots": '[[modality]]\nname = ".."\n[[experiment]]\nname = "e"\n',
    "key of another kind of experiment": GOOD + 'kind = "repeats"\nfolds = 3\n',
    "study of bytes": b"\xff\xfe[training]\n",
    "study with a null byte": b"[training]\nsteps = 3\x00\n",
    "study of brackets": "a = " + "[" * 5000,
    "study of dots": ".".join("a" * 5000) + " = 1",
}
for study_name, study_words in STUDIES.items():
    CASES[study_name] = lambda folder, tiny, text=study_words: ["plan", study_of(folder, text), "--data", tiny]


@case("no study")
def _(folder, tiny):
    return ["plan", folder / "none.toml", "--data", tiny]


@case("a folder for a study")
def _(folder, tiny):
    return ["plan", folder, "--data", tiny]


@case("a study of a gigabyte")
def _(folder, tiny):
    path = study_of(folder, "#")
    os.truncate(path, 1 << 30)
    return ["plan", path, "--data", tiny]


TREES = {
    "tree without a root": "label,parent,height,leaf\na,b,1,\nb,a,1,\n",
    "tree in a circle": "label,parent,height,leaf\nr,,3,\nm,n,1,\nn,m,2,\na,m,0,TRUE\n",
    "tree of two roots": "label,parent,height,leaf\nr,,3,\ns,,3,\na,r,0,TRUE\n",
    "tree without heights": "label,parent,hight,leaf\nr,,3,\n",
    "tree that lacks the labels": "label,parent,height,leaf\nr,,3,\na,r,0,TRUE\n",
    "tree of text heights": "label,parent,height,leaf\nr,,high,\na,r,0,TRUE\n",
    "tree with a line too short": "label,parent,height,leaf\nr,,3\n",
}
for tree_name, tree_text in TREES.items():

    @case(tree_name)
    def _(folder, tiny, text=tree_text):
        (folder / "tree.csv").write_text(text)
        study = study_of(folder, SMOKE.read_text())
        return ["plan", study, "--data", tiny, "--set", "labels.taxonomy=tree.csv"]


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


@case("truncated MATLAB file")
def _(folder, tiny):
    scipy.io.savemat(folder / "a.mat", {"sample_id": np.ones((2, 200))})
    (folder / "a.mat").write_bytes((folder / "a.mat").read_bytes()[:500])
    return ["import", "mat", folder / "a.mat", "--out", "x.h5mu"]


# --- run folders ---------------------------------------------------------------------------------------------------------------


def run_at(folder, tiny, out):
    return ["run", SMOKE, "--data", tiny, "--out", folder / out]


@case("a file for a run folder")
def _(folder, tiny):
    (folder / "file").touch()
    return run_at(folder, tiny, "file")


@case("a run folder below a file")
def _(folder, tiny):
    (folder / "file").touch()
    return run_at(folder, tiny, "file/run")


@case("someone's folder")
def _(folder, tiny):
    (folder / "mine").mkdir()
    (folder / "mine" / "thesis.txt").write_text("mine")
    return run_at(folder, tiny, "mine")


@case("work that lies elsewhere")
def _(folder, tiny):
    (folder / "elsewhere").mkdir()
    (folder / "run").mkdir()
    (folder / "run" / "work").symlink_to(folder / "elsewhere")
    return run_at(folder, tiny, "run")


@case("a lock that lies elsewhere")
def _(folder, tiny):
    (folder / "mine.txt").write_text("mine")
    (folder / "run" / "work").mkdir(parents=True)
    (folder / "run" / "work" / "lock").symlink_to(folder / "mine.txt")
    return run_at(folder, tiny, "run")


@case("tables that lie elsewhere")
def _(folder, tiny):
    (folder / "elsewhere").mkdir()
    (folder / "run" / "work").mkdir(parents=True)
    (folder / "run" / "work" / "lock").touch()
    (folder / "run" / "tables").symlink_to(folder / "elsewhere")
    return run_at(folder, tiny, "run")


@case("statistics before networks")
def _(folder, tiny):
    return ["evaluate", SMOKE, "--data", tiny, "--out", folder / "run"]


@case("output that is there")
def _(folder, tiny):
    (folder / "x.h5mu").touch()
    return ["simulate", "--preset", "tiny", "--out", folder / "x.h5mu"]


@case("status of someone's folder")
def _(folder, tiny):
    return ["status", folder]
