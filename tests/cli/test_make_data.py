"""simulate and import: their files open in mudata and hold what was said."""

import gzip

import h5py
import mudata as md
import numpy as np
import pandas as pd
import pytest
import scipy.io
from program import refused, succeed


def test_tiny_opens_in_mudata(tiny):
    data = md.read_h5mu(tiny)
    assert data.shape[0] == 240 and list(data.mod) == ["T", "E"]
    assert {"leaf", "family"} <= set(data.obs.columns)
    assert data.obs["leaf"].nunique() == 6
    assert data.obsm["X_true"].shape == (240, 3)
    assert (np.asarray(data["T"].X) >= 0).all() and np.isnan(np.asarray(data["E"].X)).any()


def test_same_seed_same_cohort(tiny, tmp_path):
    for seed, name in [(1, "same.h5mu"), (2, "other.h5mu")]:
        succeed("simulate", "--preset", "tiny", "--seed", seed, "--out", tmp_path / name)
    first, same, other = (md.read_h5mu(path) for path in (tiny, tmp_path / "same.h5mu", tmp_path / "other.h5mu"))
    assert np.array_equal(first["T"].X, same["T"].X) and not np.array_equal(first["T"].X, other["T"].X)


def test_options_of_simulate(tmp_path):
    out = tmp_path / "six.h5mu"
    words = ["--preset", "tiny", "--modalities", 6, "--cells", 100, "--lack", 0.2, "--counts"]
    done = succeed("simulate", *words, "--out", out)
    data = md.read_h5mu(out)
    assert list(data.mod) == ["T", "E", "M", "A", "B", "C"] and data.n_obs == 100
    assert all(mod.n_obs < 100 for mod in data.mod.values())
    counts = np.asarray(data["T"].X)
    assert (counts == np.round(counts)).all() and counts.max() > 20
    assert "100 cells" in done.stdout and "six.h5mu" in done.stdout


def test_simulate_replaces_only_by_force(tmp_path):
    out = tmp_path / "a.h5mu"
    out.write_text("precious")
    refused("simulate", "--preset", "tiny", "--out", out, names=["a.h5mu", "--force"])
    assert out.read_text() == "precious"
    succeed("simulate", "--preset", "tiny", "--out", out, "--force")
    assert md.read_h5mu(out).n_obs == 240


@pytest.mark.parametrize(
    ("words", "names"),
    [
        (["--preset", "huge", "--out", "a.h5mu"], ["preset", "huge", "tiny, demo, paper"]),
        (["--preset", "tiny", "--out", "a.h5ad"], ["a.h5ad", ".h5mu"]),
        (["--preset", "tiny", "--out", "none/a.h5mu"], ["none", "folder"]),
        (["--preset", "tiny", "--modalities", "7", "--out", "a.h5mu"], ["modalities", "7", "1 to 6"]),
        (["--preset", "tiny", "--lack", "1.5", "--out", "a.h5mu"], ["lack", "1.5"]),
        (["--preset", "tiny", "--cells", "10", "--out", "a.h5mu"], ["cells", "10"]),
        (["--preset", "tiny", "--cells", "0", "--out", "a.h5mu"], ["--cells", "0", "expected 1 to"]),
        (["--preset", "tiny", "--cells", "-1", "--out", "a.h5mu"], ["--cells", "-1"]),
        (["--preset", "tiny", "--cells", "1000000000000000000", "--out", "a.h5mu"], ["--cells", "1000000000000000000"]),
        (["--preset", "tiny", "--seed", "-1", "--out", "a.h5mu"], ["--seed", "-1"]),
        (["--preset", "tiny", "--seed", "99999999999999999999999", "--out", "a.h5mu"], ["--seed", "expected a number"]),
    ],
    ids=lambda value: " ".join(value),
)
def test_simulate_refuses(words, names, tmp_path):
    refused("simulate", *words, names=names, cwd=tmp_path)
    assert list(tmp_path.iterdir()) == []


def write_tables(folder):
    """T genes x cells, gzipped; E with a blank; labels of one cell too many."""
    rng = np.random.default_rng(3)
    cells = [f"c{i}" for i in range(8)]
    genes = pd.DataFrame(rng.poisson(5, (3, 8)), index=["Gad1", "Sst", "Vip"], columns=cells)
    ephys = pd.DataFrame(rng.normal(size=(8, 2)).round(4), index=cells, columns=["tau", "rin"])
    ephys.iloc[2, 1] = np.nan
    obs = pd.DataFrame({"type": [*"aabbaabbz"], "depth": np.arange(9.0)}, index=[*cells, "c99"])
    with gzip.open(folder / "genes.csv.gz", "wt") as file:
        genes.to_csv(file, index_label="gene")
    ephys.to_csv(folder / "ephys.tsv", sep="\t", index_label="cell")
    obs.to_csv(folder / "obs.csv", index_label="cell")
    return genes, ephys


def test_import_csv(tmp_path):
    genes, ephys = write_tables(tmp_path)
    words = ["--modality", "T=genes.csv.gz", "--transpose", "T", "--modality", "E=ephys.tsv", "--obs", "obs.csv"]
    done = succeed("import", "csv", *words, "--out", "data.h5mu", cwd=tmp_path)
    data = md.read_h5mu(tmp_path / "data.h5mu")
    assert np.array_equal(np.asarray(data["T"].X), genes.T.to_numpy(dtype=np.float32))
    assert np.array_equal(np.asarray(data["E"].X), ephys.to_numpy(dtype=np.float32), equal_nan=True)
    assert list(data["T"].var_names) == list(genes.index) and list(data.obs_names) == list(ephys.index)
    assert list(data.obs["type"].astype(str)) == [*"aabbaabb"] and list(data.obs["depth"]) == list(range(8))
    assert "8 cells" in done.stdout


@pytest.mark.parametrize(
    ("words", "names"),
    [
        (["--modality", "genes.csv.gz"], ["genes.csv.gz", "NAME=FILE"]),
        (["--modality", "T=none.csv"], ["none.csv"]),
        (["--modality", "E=ephys.tsv", "--transpose", "T"], ["--transpose T", "E"]),
        (["--modality", "E=ephys.tsv", "--modality", "E=ephys.tsv"], ["E", "twice"]),
        (["--modality", "E=ephys.tsv", "--obs", "nowhere.csv"], ["nowhere.csv"]),
        (["--modality", "E=ephys.tsv", "--taxonomy", "ephys.tsv"], ["ephys.tsv", "label"]),
        (["--modality", "E=obs.csv"], ["obs.csv", "'a'"]),
    ],
    ids=lambda value: " ".join(value),
)
def test_import_csv_refuses(words, names, tmp_path):
    write_tables(tmp_path)
    refused("import", "csv", *words, "--out", "out.h5mu", names=names, cwd=tmp_path)
    assert not (tmp_path / "out.h5mu").exists()


def test_import_mat(tmp_path):
    rng = np.random.default_rng(5)
    fields = {
        "T_dat": rng.random((6, 4)),
        "gene_id": np.array([f"g{i}" for i in range(4)], dtype=object),
        "E_pc_scaled": rng.normal(size=(6, 2)),
        "pc_name": np.array(["pc0", "pc1"], dtype=object),
        "E_feature": rng.normal(size=(6, 1)),
        "feature_name": np.array(["tau"], dtype=object),
        "cluster": np.array([*"xxyyxy"], dtype=object),
        "sample_id": np.arange(100, 106),
    }
    scipy.io.savemat(tmp_path / "cells.mat", fields, do_compression=True)
    succeed("import", "mat", "cells.mat", "--out", "data.h5mu", cwd=tmp_path)
    data = md.read_h5mu(tmp_path / "data.h5mu")
    assert np.allclose(data["T"].X, fields["T_dat"]) and list(data["E"].var_names) == ["pc0", "pc1", "tau"]
    assert list(data.obs["cluster"].astype(str)) == [*"xxyyxy"] and list(data.obs_names)[0] == "100"


def test_import_mat_refuses(tmp_path):
    (tmp_path / "text.mat").write_text("no MATLAB file at all\n" * 20)
    refused("import", "mat", "text.mat", "--out", "out.h5mu", names=["text.mat"], cwd=tmp_path)
    refused("import", "mat", "none.mat", "--out", "out.h5mu", names=["none.mat"], cwd=tmp_path)
    scipy.io.savemat(tmp_path / "other.mat", {"X": np.ones((2, 2))})
    refused("import", "mat", "other.mat", "--out", "out.h5mu", names=["other.mat", "sample_id"], cwd=tmp_path)
    assert not (tmp_path / "out.h5mu").exists()


def test_written_files_carry_their_taxonomy(tiny):
    with h5py.File(tiny) as file:
        assert "taxonomy" in file["uns"]
