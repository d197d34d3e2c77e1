"""MATLAB files as SciPy writes them and tables as pandas writes them become the same Dataset that SciPy and pandas read."""

import gzip
import os
import struct
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import scipy.io
from data_probe import ask, refused

SHARED = Path(os.environ.get("CPLAE_SHARED", "/nonexistent"))

# --- MATLAB --------------------------------------------------------------------------------------------------------------------


def cells_of_strings(names):
    return np.array(names, dtype=object).reshape(-1, 1)


def row_of_strings(names):
    return np.array(names, dtype=object).reshape(1, -1)


def characters(names):
    return np.array(names)


def authors_fields(text=cells_of_strings, number="float64", n=6):
    rng = np.random.default_rng(1)
    e = rng.normal(size=(n, 2))
    e[2, 1] = np.nan
    feature = rng.normal(size=(n, 3))
    feature[:2] = np.nan
    return {
        "T_dat": rng.poisson(4, (n, 5)).astype(number),
        "gene_id": text(["Gad1", "Sst", "Pvalb", "Vip", "Lamp5"]),
        "E_pc_scaled": e,
        "pc_name": text(["first_spike 1", "ramp"]),
        "E_feature": feature,
        "feature_name": text(["rheobase", "sag", "tau"]),
        "cluster": text(["Sst Chodl", "Vip é", "Pvalb Vipr2", "Sst Chodl", "Vip é", "Lamp5"][:n]),
        "sample_id": text([f"P{i}_S{i:03}" for i in range(n)]),
    }


def plain(rows):
    return [[None if np.isnan(v) else float(v) for v in row] for row in np.asarray(rows, dtype="float32")]


@pytest.mark.parametrize("compressed", [False, True])
@pytest.mark.parametrize("text", [cells_of_strings, row_of_strings, characters])
@pytest.mark.parametrize("number", ["float64", "float32", "uint8", "int32", "uint16"])
def test_the_authors_file(tmp_path, compressed, text, number):
    path = tmp_path / "authors.mat"
    given = authors_fields(text, number)
    scipy.io.savemat(path, given, do_compression=compressed)
    found = ask({"do": "mat", "path": str(path)})
    seen = scipy.io.loadmat(path, squeeze_me=True)
    names = {k: [str(v).rstrip() for v in np.concatenate([np.atleast_1d(seen[k])])] for k in ("gene_id", "pc_name", "feature_name", "cluster", "sample_id")}
    assert found["cells"] == names["sample_id"] == [f"P{i}_S{i:03}" for i in range(6)]
    assert found["obs"] == [{"name": "cluster", "values": names["cluster"]}]
    t, e = found["modalities"]
    assert (t["name"], t["features"], t["values"]) == ("T", names["gene_id"], plain(seen["T_dat"]))
    assert e["name"] == "E" and e["features"] == names["pc_name"] + names["feature_name"]
    assert e["values"] == plain(np.concatenate([seen["E_pc_scaled"], seen["E_feature"]], axis=1))
    assert t["present"] == e["present"] == [1] * 6
    assert found["obs"][0]["values"][1] == "Vip é"


def test_numbers_name_cells_too(tmp_path):
    scipy.io.savemat(tmp_path / "a.mat", {**authors_fields(), "sample_id": np.arange(601, 607), "cluster": np.array([1, 2, 1, 2, 1, 2])})
    found = ask({"do": "mat", "path": str(tmp_path / "a.mat")})
    assert found["cells"] == [str(i) for i in range(601, 607)]
    assert found["obs"][0]["values"] == ["1", "2", "1", "2", "1", "2"]


REFUSED = {
    "missing": ({"E_feature": None}, ["'E_feature'", "missing", "T_dat"]),
    "fewer names": ({"gene_id": cells_of_strings(["Gad1"])}, ["'T_dat'", "5 columns, expected 1", "'gene_id'"]),
    "fewer rows": ({"T_dat": np.zeros((4, 5))}, ["'T_dat'", "4 rows, expected 6"]),
    "other rows": ({"E_feature": np.zeros((4, 3))}, ["'E_feature'", "4 rows, expected 6"]),
    "fewer labels": ({"cluster": cells_of_strings(["a"] * 3)}, ["'cluster'", "3 labels, expected 6"]),
    "text for numbers": ({"T_dat": cells_of_strings(["a"] * 6)}, ["'T_dat'", "no full matrix of real numbers"]),
    "complex": ({"T_dat": np.ones((6, 5), complex)}, ["'T_dat'", "no full matrix of real numbers"]),
    "struct for text": ({"gene_id": {"a": 1}}, ["'gene_id'", "neither texts nor numbers"]),
    "nested": ({"gene_id": cells_of_strings([{"a": 1}] * 5)}, ["'gene_id'", "neither one text nor one number"]),
    "three dimensions": ({"T_dat": np.zeros((6, 5, 2))}, ["'T_dat'", "no full matrix of real numbers"]),
    "repeated cells": ({"sample_id": cells_of_strings(["a"] * 6)}, ["cell name 'a'", "twice"]),
    "NaN gene": ({"T_dat": np.full((6, 5), np.nan)}, ["'T_dat'", "'Gad1'", "NaN in every cell"]),
    "infinite": ({"T_dat": np.full((6, 5), np.inf)}, ["'T_dat'", "cell 'P0_S000'", "infinite"]),
}


@pytest.mark.parametrize("name", REFUSED)
def test_other_fields_are_refused(tmp_path, name):
    change, words = REFUSED[name]
    fields = {k: v for k, v in {**authors_fields(), **change}.items() if v is not None}
    scipy.io.savemat(tmp_path / "a.mat", fields)
    refused({"do": "mat", "path": str(tmp_path / "a.mat")}, "DataError", "a.mat", *words)


def test_sizes_are_checked_before_they_are_read(tmp_path):
    """The dimensions of T_dat, 6 x 5, are changed to 2^20 x 2^20 in the file's bytes."""
    path = tmp_path / "a.mat"
    scipy.io.savemat(path, authors_fields())
    bytes_ = path.read_bytes()
    assert bytes_.count(struct.pack("<IIii", 5, 8, 6, 5)) == 1
    path.write_bytes(bytes_.replace(struct.pack("<IIii", 5, 8, 6, 5), struct.pack("<IIii", 5, 8, 2**20, 2**20)))
    refused({"do": "mat", "path": str(path)}, "DataError", "'T_dat'", "1048576 x 1048576", "can hold")


@pytest.mark.parametrize("compressed", [False, True])
def test_a_file_cut_short_is_refused(tmp_path, compressed):
    path = tmp_path / "a.mat"
    scipy.io.savemat(path, authors_fields(), do_compression=compressed)
    whole = path.read_bytes()
    for part in (0.1, 0.3, 0.5, 0.7, 0.9, 0.98):
        path.write_bytes(whole[: int(len(whole) * part)])
        answer = ask({"do": "mat", "path": str(path)})
        assert answer.get("error") in ("DataError", "IoError"), part
        assert "a.mat" in answer["message"] and "\n" not in answer["message"]


def test_files_that_are_none(tmp_path):
    (tmp_path / "text.mat").write_text("T_dat\n" * 100)
    refused({"do": "mat", "path": str(tmp_path / "text.mat")}, "IoError", "text.mat", "version 5")
    refused({"do": "mat", "path": str(tmp_path / "none.mat")}, "IoError", "no such file")
    refused({"do": "mat", "path": str(tmp_path)}, "IoError", "folder")
    scipy.io.savemat(tmp_path / "v4.mat", {"T_dat": np.ones((2, 2))}, format="4")
    refused({"do": "mat", "path": str(tmp_path / "v4.mat")}, "DataError", "v4.mat", "version 5")


@pytest.mark.parametrize("name", ["DE_gene_dict.mat", "anno_33_class_ref_tax.mat"])
def test_real_matlab_files_without_the_fields(name):
    path = SHARED / "data" / "reference_taxonomy" / name
    if not path.exists():
        pytest.skip(f"no {path}: the reader was NOT tried on real MATLAB files")
    refused({"do": "mat", "path": str(path)}, "DataError", name, "'sample_id'", "missing; there are:")


# --- tables --------------------------------------------------------------------------------------------------------------------


def values_of(frame):
    return [[None if pd.isna(v) else float(v) for v in row] for row in frame.astype("float32").to_numpy()]


def frames():
    rng = np.random.default_rng(2)
    cells = [f"cell {i}, é" for i in range(6)]
    t = pd.DataFrame(rng.poisson(3, (6, 4)), index=cells, columns=["Gad1", 'a "quoted" gene', "a, comma", "Sst"])
    e = pd.DataFrame(rng.normal(size=(4, 2)) * [1e-300, 1e30], index=cells[:1:-1], columns=["AP width (ms)", "Sag"])
    e.iloc[1, 0] = np.nan
    obs = pd.DataFrame({"leaf": ["Sst", None, "Vip\nline", "Sst", "NA", "x"], "depth": [1.5, None, 3, 4, 5, 6], "good": [True] * 6, "id": range(6)}, index=cells)
    return t, e, obs


WAYS = {
    "plain": ({}, "csv", False),
    "gzip": ({"compression": "gzip"}, "csv.gz", False),
    "tabs": ({"sep": "\t"}, "tsv", False),
    "tabs in .txt": ({"sep": "\t"}, "txt", False),
    "semicolons": ({"sep": ";"}, "csv", False),
    "windows": ({"lineterminator": "\r\n", "encoding": "utf-8-sig"}, "csv", False),
    "all quoted": ({"quoting": 1}, "csv", False),
    "NA": ({"na_rep": "NA"}, "csv", False),
    "NaN": ({"na_rep": "NaN"}, "csv", False),
    "transposed": ({}, "csv", True),
}


@pytest.mark.parametrize("way", WAYS)
def test_tables_as_pandas_writes_them(tmp_path, way):
    options, suffix, transposed = WAYS[way]
    t, e, obs = frames()
    (t.T if transposed else t).to_csv(tmp_path / f"T.{suffix}", **options)
    e.to_csv(tmp_path / f"E.{suffix}", **options)
    obs.iloc[::-1].to_csv(tmp_path / f"obs.{suffix}", **options)
    tables = [{"modality": "T", "path": str(tmp_path / f"T.{suffix}"), "transposed": transposed}, {"modality": "E", "path": str(tmp_path / f"E.{suffix}")}]
    found = ask({"do": "csv", "modalities": tables, "obs": str(tmp_path / f"obs.{suffix}")})
    assert "error" not in found, found
    assert found["cells"] == list(t.index)
    seen_t, seen_e = found["modalities"]
    assert (seen_t["name"], seen_t["features"], seen_t["values"]) == ("T", list(t.columns), values_of(t))
    assert (seen_e["features"], seen_e["values"]) == (list(e.columns), values_of(e.reindex(t.index)))
    assert seen_e["present"] == [int(c in e.index) for c in t.index]
    columns = {c["name"]: c["values"] for c in found["obs"]}
    assert columns == {"leaf": ["Sst", "", "Vip\nline", "Sst", "", "x"], "depth": [1.5, None, 3, 4, 5, 6], "good": ["True"] * 6, "id": [0, 1, 2, 3, 4, 5]}


def csv(tmp_path, text, name="T.csv"):
    path = tmp_path / name
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return {"do": "csv", "modalities": [{"modality": "T", "path": str(path)}]}


def test_headers_of_r(tmp_path):
    """write.table leaves the name of the row names out."""
    found = ask(csv(tmp_path, '"g1"\t"g2"\n"c1"\t1\tNA\n"c2"\t+3\t 4e0\n', "T.tsv"))
    assert found["cells"] == ["c1", "c2"]
    assert found["modalities"][0]["features"] == ["g1", "g2"]
    assert found["modalities"][0]["values"] == [[1, None], [3, 4]]


BAD_TABLES = {
    "text": ("cell,a,b\nc1,1,2\nc2,1,high\n", "DataError", ["line 3, column 'b'", "'high'", "expected a number"]),
    "text after a line break": ('cell,"a\nb",c\nc1,1,2\nc2,x,1\n', "DataError", ["line 4", "'x'"]),
    "decimal comma": ("cell;a\nc1;1,5\n", "DataError", ["line 2, column 'a'", "'1,5'"]),
    "short row": ("cell,a,b\nc1,1,2\nc2,1\n", "DataError", ["line 3", "2 fields, expected 3"]),
    "long row": ("cell,a,b\nc1,1,2\nc2,1,2,3\n", "DataError", ["line 3", "4 fields, expected 3"]),
    "open quote": ('cell,a\nc1,"1\nc2,2\n', "DataError", ["line 2", "never closed"]),
    "text after quote": ('cell,a\nc1,"1"2\n', "DataError", ["line 2", "closing quote"]),
    "name of two lines": ('cell,"a\nb"\nc1,1\n', "DataError", ["'a b'", "line break"]),
    "repeated cell": ("cell,a\nc1,1\nc1,2\n", "DataError", ["cell name 'c1'", "twice"]),
    "repeated feature": ("cell,a,a\nc1,1,2\n", "DataError", ["feature name 'a'", "twice"]),
    "nameless feature": ("cell,a,\nc1,1,2\n", "DataError", ["feature 2", "empty name"]),
    "all missing": ("cell,a,b\nc1,1,NA\nc2,1,\n", "DataError", ["feature 'b'", "NaN in every cell"]),
    "infinite": ("cell,a\nc1,inf\n", "DataError", ["cell 'c1', feature 'a'", "infinite"]),
    "too large": ("cell,a\nc1,1e999\n", "DataError", ["cell 'c1', feature 'a'", "infinite"]),
    "empty": ("", "DataError", ["empty"]),
    "no rows": ("cell,a\n", "DataError", ["no cells"]),
    "one column": ("cell\nc1\n", "DataError", ["one column"]),
}


@pytest.mark.parametrize("name", BAD_TABLES)
def test_bad_tables_are_refused(tmp_path, name):
    text, kind, words = BAD_TABLES[name]
    refused(csv(tmp_path, text), kind, "T.csv", *words)


def test_other_encodings_than_utf8(tmp_path):
    text = "cell,Yield (pg/µl),é\nc1,1,2\nc2,3,4\n"
    assert ask(csv(tmp_path, text))["modalities"][0]["features"] == ["Yield (pg/µl)", "é"]
    refused(csv(tmp_path, text.encode("latin-1")), "DataError", "T.csv", "line 1", "UTF-8")
    # Python's own decoder judges byte by byte: overlong forms, surrogates, beyond U+10FFFF, cut short.
    for tail in [b"\xc0\xaf", b"\xe0\x80\xaf", b"\xed\xa0\x80", b"\xf4\x90\x80\x80", b"\xe2\x82", b"\x80", b"\xf4\x8f\xbf\xbf", b"\xed\x9f\xbf", b"\xe0\xa0\x80"]:
        try:
            name = tail.decode()
        except UnicodeDecodeError:
            refused(csv(tmp_path, b"cell,a\nc1,1\n" + tail + b",2\n"), "DataError", "line 3", "UTF-8")
        else:
            assert ask(csv(tmp_path, b"cell,a\nc1,1\n" + tail + b",2\n"))["cells"] == ["c1", name]


def test_damaged_and_missing_tables(tmp_path):
    packed = gzip.compress(b"cell,a\n" + b"".join(b"c%d,%d\n" % (i, i) for i in range(2000)))
    refused(csv(tmp_path, packed[: len(packed) // 2], "T.csv.gz"), "IoError", "T.csv.gz")
    damaged = bytearray(packed)
    damaged[len(packed) // 2] ^= 0xFF
    refused(csv(tmp_path, bytes(damaged), "T.csv.gz"), "IoError", "T.csv.gz")
    refused({"do": "csv", "modalities": [{"modality": "T", "path": str(tmp_path / "none.csv")}]}, "IoError", "none.csv", "no such file")
    refused({"do": "csv", "modalities": [{"modality": "T", "path": str(tmp_path)}]}, "IoError", "folder")
    refused({"do": "csv", "modalities": []}, "UsageError", "--modality")


def test_labels_of_other_cells(tmp_path):
    request = csv(tmp_path, "cell,a\nc1,1\nc2,2\n")
    (tmp_path / "obs.csv").write_text("cell,leaf\nother,x\nanother,y\n")
    refused({**request, "obs": str(tmp_path / "obs.csv")}, "DataError", "obs.csv", "'other'", "'c1'")
    (tmp_path / "obs.csv").write_text("cell,leaf,n\nother,x,text\nc2,y,7\n")
    found = ask({**request, "obs": str(tmp_path / "obs.csv")})
    assert found["obs"] == [{"name": "leaf", "values": ["", "y"]}, {"name": "n", "values": [None, 7]}]
    # Lines without anything before the header are no header.
    (tmp_path / "obs.csv").write_text("\n\ncell,n\nc2,7\n")
    assert ask({**request, "obs": str(tmp_path / "obs.csv")})["obs"] == [{"name": "n", "values": [None, 7]}]
    # Digits that name something stay apart: as numbers 01 and 1 were one label, and long ones lost their last digits.
    (tmp_path / "obs.csv").write_text("cell,plate,donor,n\nc1,01,9007199254740993,1\nc2,1,9007199254740992,1.0\n")
    found = ask({**request, "obs": str(tmp_path / "obs.csv")})
    assert [column["values"] for column in found["obs"]] == [["01", "1"], ["9007199254740993", "9007199254740992"], [1, 1]]


def test_the_motor_cortex_tables():
    folder = SHARED / "data" / "motor_cortex"
    if not folder.exists():
        pytest.skip(f"no {folder}: the reader was NOT tried on real tables")
    tables = [{"modality": "T", "path": str(folder / "counts.csv.gz"), "transposed": True}, {"modality": "E", "path": str(folder / "ephys_features.csv")}]
    found = ask({"do": "csv", "modalities": tables})
    t = pd.read_csv(folder / "counts.csv.gz", index_col=0, float_precision="round_trip").T
    e = pd.read_csv(folder / "ephys_features.csv", index_col=0, float_precision="round_trip")
    cells = list(t.index) + [c for c in e.index if c not in set(t.index)]
    assert found["cells"] == cells
    assert found["modalities"][0]["features"] == list(t.columns)
    assert found["modalities"][0]["values"][: len(t)] == values_of(t)
    assert found["modalities"][1]["values"] == values_of(e.reindex(cells))
