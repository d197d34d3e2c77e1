"""Writes the corpora of the fuzz targets, small files that the readers understand, to fuzz/corpus/.

    CPLAE_BIN_DIR=build/bin build/env/bin/python fuzz/make_corpora.py

The files are committed; they are made again when a reader learns something new.
"""

import gzip
import json
import os
import struct
import subprocess
import sys
import tempfile
from pathlib import Path

import h5py
import numpy as np
import scipy.io

HERE = Path(__file__).resolve().parent
ROOT = HERE.parent
CORPUS = HERE / "corpus"
TEXT = h5py.string_dtype()


def folder(name):
    path = CORPUS / name
    path.mkdir(parents=True, exist_ok=True)
    for old in path.iterdir():
        old.unlink()
    return path


# --- HDF5, by hand: anndata's own files are five times as large -----------------------------------------------------------------


def encode(item, kind, version="0.2.0", **more):
    item.attrs.update({"encoding-type": kind, "encoding-version": version, **more})
    return item


def texts(group, name, values):
    encode(group.create_dataset(name, data=np.array(values, dtype=object), dtype=TEXT), "string-array")


def frame(group, name, index, **columns):
    made = encode(group.create_group(name), "dataframe", _index="_index")
    made.attrs["column-order"] = np.array(list(columns), dtype=TEXT)
    texts(made, "_index", index)
    for column, write in columns.items():
        write(made, column)


def categorical(group, name):
    made = encode(group.create_group(name), "categorical", ordered=False)
    texts(made, "categories", ["a", "b"])
    encode(made.create_dataset("codes", data=np.array([0, 1, -1, 0], "int8")), "array")


def nullable(group, name):
    made = encode(group.create_group(name), "nullable-integer", "0.1.0")
    encode(made.create_dataset("values", data=np.arange(4)), "array")
    encode(made.create_dataset("mask", data=np.array([False, True, False, False])), "array")


def numbers(group, name):
    encode(group.create_dataset(name, data=np.array([1.5, np.nan, 3, 4])), "array")


def dense(group):
    encode(group.create_dataset("X", data=np.arange(12, dtype="float32").reshape(4, 3)), "array")


def packed(group):
    encode(group.create_dataset("X", data=np.arange(12, dtype="int32").reshape(4, 3), chunks=(2, 3), compression="gzip", shuffle=True, fletcher32=True), "array")


def csr(group, kind="csr_matrix", pointers=5):
    x = encode(group.create_group("X"), kind, "0.1.0", shape=[4, 3])
    x["data"] = np.ones(4, "float32")
    x["indices"] = np.array([0, 1, 2, 0], "int32")
    x["indptr"] = np.linspace(0, 4, pointers).astype("int32")


def csc(group):
    csr(group, "csc_matrix", 4)


def anndata_group(group, write_x, **columns):
    encode(group, "anndata", "0.1.0")
    write_x(group)
    frame(group, "obs", ["c0", "c1", "c2", "c3"], **columns)
    frame(group, "var", ["g0", "g1", "g2"])


def taxonomy(group):
    tree = encode(group.create_group("uns/taxonomy"), "dataframe", _index="_index")
    tree.attrs["column-order"] = np.array(["label", "parent", "height", "leaf"], dtype=object)
    for name, values in {"_index": "012", "label": "rab", "parent": ["", "r", "r"]}.items():
        texts(tree, name, list(values))
    encode(tree.create_dataset("height", data=[1.0, 0.0, 0.0]), "array")
    encode(tree.create_dataset("leaf", data=np.array([False, True, True])), "array")


def hdf5():
    path = folder("hdf5")
    for name, write_x, libver in [("dense", dense, "earliest"), ("packed", packed, "earliest"), ("csr", csr, ("v110", "v110")), ("csc", csc, "earliest")]:
        with h5py.File(path / f"{name}.h5ad", "w", libver=libver) as file:
            anndata_group(file, write_x, leaf=categorical, n=nullable, depth=numbers)
            taxonomy(file)
    for name, libver in (("old", "earliest"), ("new", ("v110", "v110"))):
        with h5py.File(path / f"two_{name}.h5mu", "w", libver=libver) as file:
            encode(file, "MuData", "0.1.0", axis=0)
            for modality, write_x in (("T", dense), ("E", csr)):
                anndata_group(file.create_group(f"mod/{modality}"), write_x, leaf=categorical)
            file["mod"].attrs["mod-order"] = np.array(["T", "E"], dtype=object)
            frame(file, "obs", ["c0", "c1", "c2", "c3"], leaf=categorical)


# --- the others ----------------------------------------------------------------------------------------------------------------


def cells(names):
    return np.array(names, dtype=object).reshape(-1, 1)


def save_mat(path, fields, packing=False):
    """SciPy writes the time of day into the header."""
    scipy.io.savemat(path, fields, do_compression=packing)
    whole = path.read_bytes()
    path.write_bytes(b"MATLAB 5.0 MAT-file".ljust(116) + whole[116:])


def mat():
    path = folder("mat")
    fields = {
        "T_dat": np.arange(6.0).reshape(3, 2),
        "E_pc_scaled": np.array([[0.5], [np.nan], [1.5]]),
        "E_feature": np.array([[1], [2], [3]], "float32"),
    }
    names = {"gene_id": ["Sst", "Vip"], "pc_name": ["ramp"], "feature_name": ["sag"], "cluster": ["a", "b", "é"], "sample_id": ["c0", "c1", "c2"]}
    for form, to in (("cells", cells), ("characters", np.array)):
        for packing in (False, True):
            kind = "packed" if packing else "plain"
            save_mat(path / f"{form}_{kind}.mat", {**{k: to(v) for k, v in names.items()}, **fields}, packing)
    save_mat(path / "others.mat", {"s": {"a": 1, "b": "x"}, "z": 1j, "u": np.arange(3, dtype="uint8"), **fields, **{k: cells(v) for k, v in names.items()}})


def csv():
    """The first byte chooses what the table is taken for."""
    path = folder("csv")
    plain = b"cell,Sst,Vip\nc0,1,2.5\nc1,NA,-3e4\n"
    tables = {"plain": plain, "packed": gzip.compress(plain, mtime=0), "quoted": b'"cell";"a ""b""";x\r\n"c\n0";1;2\r\nc1;;3\r\n', "short": b"Sst\tVip\nc0\t1\t2\nc1\t3\t4\n", "mark": b"\xef\xbb\xbfcell,leaf,n\nc0,3,1\nc1,,2\n"}
    for name, table in tables.items():
        for choice in (0, 1, 2):
            (path / f"{name}_{choice}").write_bytes(bytes([choice]) + table)


def taxonomy_tables():
    path = folder("taxonomy")
    (path / "small.csv").write_text("label,parent,height,leaf\nr,,1,\na,r,0,TRUE\nb,r,0,TRUE\n")
    (path / "deep.csv").write_text("label,parent,leaf,height,more\nr,NA,FALSE,2,x\nn,r,,1.5,\na,n,1,0,\nb,n,1,0,\nc,r,true,0,\n")
    (path / "cycle.csv").write_text("label,parent,height,leaf\nr,,3,\nm,n,1,\nn,m,2,\na,m,0,TRUE\n")


def study():
    path = folder("study")
    for source in sorted((ROOT / "jobs").glob("*.toml")):
        (path / source.name).write_bytes(source.read_bytes())
    (path / "edges.toml").write_text(
        '[[modality]]\nname = "T"\ntransform = "log_cpm"\n[[modality]]\nname = "E"\nhidden = [3, 2]\n[labels]\ncolumn = "leaf"\nalso = ["a"]\n'
        '[[experiment]]\nname = "e"\nkind = "repeats"\ninitialisations = 2\ntest_fraction = 0.2\n'
        '[experiment.vary]\ncoupling.lambda = [0.5, 1e3]\ntraining.latent_dim = [2, 3]\n"modality.T.dropout" = [0.0, 0.5]\n'
    )


def record():
    """Records as core/record.cpp writes them; the target sets the checksum."""
    path = folder("record")

    def write(name, header, payload):
        text = json.dumps(header, separators=(",", ":")).encode()
        (path / name).write_bytes(b"CPLAEREC" + struct.pack("<IQ", 1, len(text)) + text + payload + b"0" * 32)

    arrays = {
        "latents/0": ("float32", np.ones((4, 2), "<f4")),
        "losses": ("float32", np.ones((1, 3), "<f4")),
        "moving": ("float32", np.ones(2, "<f4")),
        "parameters": ("float32", np.ones(5, "<f4")),
        "seconds": ("float64", np.ones(1, "<f8")),
        "split": ("uint8", np.array([0, 1, 2, 0], "u1")),
        "status": ("int64", np.array([1, 0, 10, 5, -1], "<i8")),
    }
    listed = [{"name": n, "shape": list(a.shape), "type": t} for n, (t, a) in arrays.items()]
    whole = b"".join(a.tobytes() for _, a in arrays.values())
    text = {"device": "cpu", "id": "e,fold=0", "key": "12345"}
    write("network.unit", {"arrays": listed, "kind": "network", "text": text}, whole)
    write("failed.unit", {"arrays": [], "kind": "statistics", "text": {"failed": "no", "id": "x"}}, b"")
    write("empty.unit", {"arrays": [{"name": "a", "shape": [0, 3], "type": "float64"}], "kind": "checkpoint", "text": {}}, b"")


TINY = """[study]
name = "t"
[[modality]]
name = "A"
hidden = [2]
[[modality]]
name = "B"
hidden = [2]
[training]
latent_dim = 2
batch = 8
steps = 2
validate_every = 1
keep_best_after = 1
[[experiment]]
name = "f"
kind = "kfold"
folds = 2
[[experiment]]
name = "r"
kind = "repeats"
initialisations = 1
test_fraction = 0.25
[experiment.vary]
training.latent_dim = [1]
"""


def results():
    """What `cplae train` makes of a few cells; as earlier versions wrote it; and with what HDF5 has beside."""
    path = folder("results")
    with tempfile.TemporaryDirectory() as top:
        top = Path(top)
        (top / "tiny.toml").write_text(TINY)
        rng = np.random.default_rng(1)
        words = []
        for name in "AB":
            rows = "".join(f"c{i}," + ",".join(f"{x:.3f}" for x in rng.normal(size=3)) + "\n" for i in range(12))
            (top / f"{name}.csv").write_text("cell,a,b,c\n" + rows)
            words += ["--modality", f"{name}={top / name}.csv"]
        cplae = [str(Path(os.environ["CPLAE_BIN_DIR"]) / "cplae")]
        subprocess.run([*cplae, "import", "csv", *words, "--out", top / "d.h5mu"], check=True)
        subprocess.run([*cplae, "train", top / "tiny.toml", "--data", top / "d.h5mu", "--out", top / "run"], check=True)
        whole = (top / "run" / "results.h5").read_bytes()
    for name in ("whole", "earlier", "others"):
        (path / f"{name}.h5").write_bytes(whole)
    with h5py.File(path / "earlier.h5", "r+") as file:
        del file.attrs["sha256_attributes"]
    with h5py.File(path / "others.h5", "r+") as file:
        del file["cells"], file["variants/f/split"], file["variants/f/losses"]
        file.create_dataset("cells", data=np.array([f"c{i}" for i in range(12)], dtype=object), dtype=TEXT)
        file.create_dataset("variants/f/split", data=np.zeros((2, 12), "u1"), chunks=(1, 4), compression="gzip")
        file["variants/f/losses"] = h5py.SoftLink("/variants/r,latent_dim=1/losses")


def provenance():
    path = folder("provenance")
    session = {"started": "2024-01-01T00:00:00Z", "git_commit": "a", "libraries": {"hdf5": "1", "mpi": "2"}, "command": ["cplae run"]}
    session.update({"hosts": ["a", "b"], "ranks": 2, "device": "cpu", "data_path": "T=/a.h5ad\nE=/b.h5ad", "slurm": {"SLURM_JOB_ID": "7"}})
    identity = {"data_sha256": "a", "taxonomy_sha256": "", "trainer": "fused", "device_kind": "cpu"}
    whole = {"format": 1, "seed": 1, "identity": identity, "sessions": [session, session]}
    (path / "whole.json").write_text(json.dumps(whole))
    (path / "empty.json").write_text(json.dumps({**whole, "sessions": []}))
    (path / "others.json").write_text('{"identity": {"data_sha256": 1e99}, "sessions": [[], {"a": [null, true, -1, "\\ud83d\\ude00"]}]}')


if __name__ == "__main__":
    for make in (hdf5, mat, csv, taxonomy_tables, study, record, results, provenance):
        make()
    print(subprocess.run(["du", "-sh", "--apparent-size", *sorted(CORPUS.iterdir())], capture_output=True, text=True, check=True).stdout, file=sys.stderr)
