"""analysis/datasets/motor_cortex.py on the published tables: every value against the tables themselves, and what it says of wrong ones."""

import os
import shutil
import subprocess
import sys
import warnings
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

ROOT = Path(__file__).resolve().parents[2]
SCRIPT = ROOT / "analysis/datasets/motor_cortex.py"
DATA = Path(os.environ.get("CPLAE_SHARED", ROOT.parent / "shared")) / "data"
TABLES = DATA / "motor_cortex"
TAXONOMY = DATA / "reference_taxonomy/dend_RData_Tree_20181220.csv"
pytestmark = pytest.mark.skipif(
    not (TABLES.exists() and TAXONOMY.exists()), reason=f"no real data at {DATA}: motor_cortex.py was NOT tested"
)


def prepare(folder, out, taxonomy=TAXONOMY):
    command = [sys.executable, SCRIPT, "--input", folder, "--taxonomy", taxonomy, "--out", out]
    return subprocess.run(command, capture_output=True, text=True)


@pytest.fixture(scope="module")
def prepared(tmp_path_factory):
    mudata = pytest.importorskip("mudata", reason="no mudata: motor_cortex.py was NOT tested")
    out = tmp_path_factory.mktemp("data") / "motor_cortex.h5mu"
    done = prepare(TABLES, out)
    assert done.returncode == 0, done.stderr
    assert "Warning" not in done.stderr
    assert [path.name for path in out.parent.iterdir()] == [out.name]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return mudata.read(out), done.stdout


def test_shapes_and_columns(prepared):
    data, _ = prepared
    assert {name: m.shape for name, m in data.mod.items()} == {"T": (817, 1286), "E": (817, 29), "M": (369, 50)}
    assert data.n_obs == 817
    assert list(data.obs.columns) == ["leaf", "family"]
    assert data.obs["family"].value_counts().to_dict() == {"Pvalb": 289, "Sst": 271, "Vip": 153, "Lamp5": 91, "Sncg": 13}
    assert all(m.X.dtype == np.float32 for m in data.mod.values())
    assert set(data["M"].obs_names) < set(data.obs_names)


def test_counts_become_log_cpm(prepared):
    data, _ = prepared
    counts = pd.read_csv(TABLES / "counts.csv.gz", index_col=0)[data.obs_names].loc[data["T"].var_names].to_numpy().T
    back = np.expm1(data["T"].X.astype(float)) / 1e6 * counts.sum(1, keepdims=True)
    # float32 of a logarithm below 16 is off by at most 2^-21, so CPM by that share.
    np.testing.assert_allclose(back, counts, rtol=2e-6, atol=1e-6)


@pytest.mark.parametrize("name, file", [("E", "ephys_features.csv"), ("M", "morph_features.csv")])
def test_features_are_z_scores_of_the_tables(prepared, name, file):
    data, _ = prepared
    table = pd.read_csv(TABLES / file, index_col="cell id").loc[data[name].obs_names, data[name].var_names].astype(float)
    found = data[name].X.astype(float)
    np.testing.assert_array_equal(np.isnan(found), table.isna().to_numpy())
    expected = (table - table.mean()) / table.std(ddof=0)
    np.testing.assert_allclose(found, expected.to_numpy(), rtol=1e-6, atol=1e-6)


def test_leaves_are_the_likeliest_types_and_in_the_tree(prepared):
    data, said = prepared
    metadata = pd.read_csv(TABLES / "metadata.tsv", sep="\t", index_col="Cell").loc[data.obs_names]
    for leaf, text in zip(data.obs["leaf"], metadata["ALM/VISp top-3"]):
        assert text.startswith(leaf) and text[len(leaf):].lstrip().startswith("(")
    tree = data.uns["taxonomy"]
    assert sorted(tree.columns) == ["colour", "height", "label", "leaf", "parent"]
    assert tree["colour"][tree["leaf"]].str.fullmatch("#[0-9A-Fa-f]{6}").all()
    assert tree["leaf"].sum() == 93 and (tree["parent"] == "").sum() == 1
    assert set(tree["parent"]) - {""} <= set(tree["label"])
    unknown = set(data.obs["leaf"]) - set(tree["label"][tree["leaf"]])
    assert unknown == {"Microglia Siglech"}
    assert "Microglia Siglech" in said


def test_dropped_features_are_named(prepared):
    data, said = prepared
    table = pd.read_csv(TABLES / "morph_features.csv", index_col="cell id").drop(columns=["normalized layer", "cell class"])
    dropped = set(table.columns) - set(data["M"].var_names)
    assert len(dropped) == 11
    assert table.loc[data["M"].obs_names, sorted(dropped)].nunique().max() <= 1
    assert all(name in said for name in dropped)


def edit(folder, name, change):
    """The published tables, one of them changed."""
    shutil.copytree(TABLES, folder, copy_function=os.symlink)
    text = (TABLES / name).read_text()
    (folder / name).unlink()
    (folder / name).write_text(change(text))
    return folder


@pytest.mark.parametrize(
    "name, change, words",
    [
        ("metadata.tsv", lambda text: text.replace("ALM/VISp top-3", "top", 1), ["metadata.tsv", "ALM/VISp top-3"]),
        ("metadata.tsv", lambda text: "\n".join(text.splitlines()[:800]), ["counts.csv.gz", "not in metadata.tsv"]),
        ("ephys_features.csv", lambda text: "\n".join(text.splitlines()[:400]), ["electrophysiology", "817"]),
        ("morph_features.csv", lambda text: text.replace("stems,", "stem,stem,", 1), ["morph_features.csv"]),
    ],
)
def test_wrong_tables_are_named_in_one_line(tmp_path, name, change, words):
    folder = edit(tmp_path / "tables", name, change)
    out = tmp_path / "out.h5mu"
    done = prepare(folder, out)
    assert done.returncode == 2
    last = done.stderr.strip().splitlines()
    assert len(last) == 1 and all(word in last[0] for word in words), done.stderr
    assert not out.exists()


def test_missing_folder_is_named(tmp_path):
    done = prepare(tmp_path / "nowhere", tmp_path / "out.h5mu")
    assert done.returncode == 2 and "nowhere" in done.stderr and len(done.stderr.strip().splitlines()) == 1
