"""Files that cplae wrote open in anndata and mudata, old and new, and hold what was given."""

import json

import anndata
import h5py
import mudata
import numpy as np
import pandas as pd
import pytest
from data_probe import INTERPRETERS, ask, refused, samples


def plain_mudata():
    """Columns stay in the modalities, which mudata 0.4 always has it do."""
    if hasattr(mudata, "set_options"):
        mudata.set_options(pull_on_update=False)


def numbers(rng, n, d):
    """Float32 values, so that JSON and HDF5 carry them exactly."""
    return rng.normal(size=(n, d)).astype("float32").astype(float).tolist()


def cohort(k=3, n=9):
    """A Dataset with missing entries, cells that lack modalities, and labels of every kind."""
    rng = np.random.default_rng(k)
    modalities = []
    for j in range(k):
        present = [int(k == 1 or i % k != j) for i in range(n)]
        values = numbers(rng, n, 2 + j)
        values[(j + 1) % n][0] = None
        values = [row if here else [None] * (2 + j) for row, here in zip(values, present)]
        modalities.append({"name": f"m{k - j}", "features": [f"m{j} é {f}" for f in range(2 + j)], "present": present, "values": values})
    obs = [
        {"name": "leaf", "values": ["Sst", "", "Vip é"] * (n // 3)},
        {"name": "depth", "values": [None if i == 2 else i + 0.5 for i in range(n)]},
        {"name": "ALM/VISp top-3", "values": [f"type {i}" for i in range(n)]},
        {"name": "_index", "values": [float(i) for i in range(n)]},
    ]
    taxonomy = [
        {"label": "root", "parent": "", "height": 0.75, "leaf": False, "colour": ""},
        {"label": "Sst", "parent": "root", "height": 0.0, "leaf": True, "colour": "#12ABEF"},
        {"label": "Vip é", "parent": "root", "height": 0.0, "leaf": True, "colour": ""},
    ]
    return {"cells": [f"cell é {i}" for i in range(n)], "modalities": modalities, "obs": obs, "taxonomy": taxonomy}


def present(modality, cells):
    rows = [i for i, here in enumerate(modality["present"]) if here]
    return [cells[i] for i in rows], [modality["values"][i] for i in rows]


@pytest.mark.parametrize("interpreter", INTERPRETERS)
@pytest.mark.parametrize("k", [1, 2, 3, 6])
def test_written_files_open(interpreter, k, tmp_path):
    dataset = cohort(k)
    path = tmp_path / "out.h5mu"
    latent = numbers(np.random.default_rng(0), 9, 3)
    assert ask({"do": "write", "dataset": dataset, "path": str(path), "obsm": {"X_latent": latent}}) == {}
    found = json.loads(samples(interpreter, "read", path))
    for modality in dataset["modalities"]:
        cells, values = present(modality, dataset["cells"])
        seen = found["mods"][modality["name"]]
        assert (seen["cells"], seen["features"], seen["values"]) == (cells, modality["features"], values)
    if "cells" not in found:
        return  # Debian 12 has no mudata: the modalities are all that its anndata can see
    assert found["order"] == [m["name"] for m in dataset["modalities"]]
    # mudata 0.3 puts the cells in the order in which the modalities name them as it reads; later ones keep the file's order.
    cells = found["cells"]
    assert sorted(cells) == sorted(dataset["cells"])
    at = [dataset["cells"].index(c) for c in cells]
    columns = {name: values for name, values in found["obs"].items() if ":" not in name}
    assert columns == {c["name"]: [c["values"][i] for i in at] for c in dataset["obs"]}
    assert found["categorical"] == ["leaf", "ALM/VISp top-3"]
    assert found["obsm"] == {"X_latent": [latent[i] for i in at]}
    assert found["taxonomy"] == dataset["taxonomy"]
    for modality in dataset["modalities"]:
        place = {c: i + 1 for i, c in enumerate(present(modality, dataset["cells"])[0])}
        assert found["obsmap"][modality["name"]] == [place.get(c, 0) for c in cells]


def test_the_files_cells_keep_their_order(tmp_path):
    dataset = cohort(2)
    ask({"do": "write", "dataset": dataset, "path": str(tmp_path / "out.h5mu")})
    with h5py.File(tmp_path / "out.h5mu") as file:
        assert list(file["obs"][file["obs"].attrs["_index"]].asstr()) == dataset["cells"]
        assert file["mod"].attrs["mod-order"].tolist() == ["m2", "m1"]
        assert file.attrs["axis"] == 0


def test_the_files_format_is_mudatas_own(tmp_path):
    """Every object and attribute of a file of cplae has the type and encoding that mudata gives it."""
    mine, theirs = tmp_path / "mine.h5mu", tmp_path / "theirs.h5mu"
    dataset = cohort(2)
    dataset["obs"] = dataset["obs"][:2]  # anndata writes no column "_index", and nests one with a slash
    ask({"do": "write", "dataset": dataset, "path": str(mine)})
    plain_mudata()
    mudata.read(mine).write(theirs)
    assert outline(theirs).items() <= outline(mine).items() | {("/", outline(theirs)["/"])}
    for path in (mine, theirs):
        assert path.read_bytes()[:20].startswith(b"MuData (format-versi")
        with h5py.File(path) as file:
            assert file.userblock_size == 512


def outline(path):
    """Kind, element type and encoding of every object."""
    found = {}

    def visit(name, node):
        is_text = isinstance(node, h5py.Dataset) and h5py.check_string_dtype(node.dtype) is not None
        kind = "group" if isinstance(node, h5py.Group) else "text" if is_text else node.dtype.kind
        found[name] = (kind, node.attrs.get("encoding-type"), node.attrs.get("encoding-version"))

    with h5py.File(path) as file:
        visit("/", file)
        file.visititems(visit)
    # anndata 0.13 keeps texts as a group of values and mask: the same content in another encoding, which 0.8 does not read.
    newer = [name for name, (_, encoding, _) in found.items() if encoding == "nullable-string-array"]
    found = {k: v for k, v in found.items() if not any(k.startswith(f"{name}/") for name in newer)}
    return found | {name: ("text", "string-array", "0.2.0") for name in newer}


def test_what_is_written_is_read_again(tmp_path):
    for k in (1, 2, 6):
        dataset = cohort(k)
        ask({"do": "write", "dataset": dataset, "path": str(tmp_path / "out.h5mu")})
        assert ask({"do": "read", "sources": [str(tmp_path / "out.h5mu")]}) == dataset


def test_many_categories_need_wider_codes(tmp_path):
    for n, dtype in [(127, "int8"), (128, "int16"), (33000, "int32")]:
        modality = {"name": "T", "features": ["f"], "present": [1] * n, "values": [[0.5]] * n}
        dataset = {"cells": [f"c{i}" for i in range(n)], "modalities": [modality], "obs": [{"name": "id", "values": [f"t{i}" for i in range(n)]}]}
        ask({"do": "write", "dataset": dataset, "path": str(tmp_path / "out.h5mu")})
        with h5py.File(tmp_path / "out.h5mu") as file:
            assert file["obs/id/codes"].dtype == dtype
        assert list(mudata.read(tmp_path / "out.h5mu").obs["id"].astype(str)) == dataset["obs"][0]["values"]


def test_a_failed_write_leaves_the_old_file_and_nothing_else(tmp_path):
    old = tmp_path / "out.h5mu"
    old.write_text("old")
    dataset = cohort(1)
    dataset["modalities"][0]["name"] = "a/b"
    refused({"do": "write", "dataset": dataset, "path": str(old)}, "DataError", "out.h5mu", "a/b")
    dataset = cohort(1)
    dataset["obs"][0]["name"] = "."  # HDF5 cannot make it
    refused({"do": "write", "dataset": dataset, "path": str(old)}, "IoError", "out.h5mu")
    refused({"do": "write", "dataset": cohort(1), "path": str(tmp_path / "no folder" / "out.h5mu")}, "IoError", "no folder")
    assert old.read_text() == "old"
    assert [p.name for p in tmp_path.iterdir()] == ["out.h5mu"]


# --- embeddings in a copy of the user's data -----------------------------------------------------------------------------------


def user_data(rng, cells, prefix):
    adata = anndata.AnnData(rng.normal(size=(len(cells), 4)).astype("float32"))
    adata.obs_names, adata.var_names = cells, [f"{prefix}{j}" for j in range(4)]
    adata.obs["leaf"] = pd.Categorical(rng.choice(["a", "b"], len(cells)))
    adata.layers["counts"] = rng.poisson(2, adata.shape)
    adata.obsm["X_pca"] = rng.normal(size=(len(cells), 2))
    adata.obsp["near"] = rng.random((len(cells), len(cells)))
    adata.uns["colours"] = {"leaf": np.array(["#fff", "#000"], dtype=object)}
    adata.raw = adata.copy()
    return adata


def contents(path, root="/"):
    """Bytes and attributes of every object below `root`."""
    found = {}

    def visit(name, node):
        value = (node[()].tobytes() if node.dtype.kind != "O" else repr(node[()])) if isinstance(node, h5py.Dataset) else None
        found[name] = (value, sorted((k, repr(v)) for k, v in node.attrs.items()))

    with h5py.File(path) as file:
        file[root].visititems(visit)
    return found


@pytest.fixture
def two_parts():
    rng = np.random.default_rng(3)
    cells = [f"c{i}" for i in range(8)]
    return {"T": user_data(rng, cells[:6], "t"), "E": user_data(rng, cells[:1:-1], "e")}


def latents(cells, mods):
    """A latent for each cell and modality that tells where it belongs; NaN where the modality lacks the cell."""
    return {m: [[float(i), float(i) / 4, k] if c in a.obs_names else [None] * 3 for i, c in enumerate(cells)] for k, (m, a) in enumerate(mods.items())}


def check_embeddings(mdata, cells, given):
    assert list(mdata.obs_names) == cells
    for name, rows in given.items():
        expected = pd.DataFrame(rows, index=cells, dtype=float)
        np.testing.assert_array_equal(mdata.obsm[f"X_cplae_{name}"], expected.to_numpy())
        own = mdata.mod[name]
        np.testing.assert_array_equal(own.obsm[f"X_cplae_{name}"], expected.loc[own.obs_names].to_numpy())
        assert not np.isnan(own.obsm[f"X_cplae_{name}"]).any()


def test_embeddings_in_a_copy_of_a_mudata_file(two_parts, tmp_path):
    plain_mudata()
    source, out = tmp_path / "data.h5mu", tmp_path / "latents.h5mu"
    mdata = mudata.MuData(two_parts)
    mdata.uns["study"] = "mine"
    mdata.write(source, compression="gzip")
    source.chmod(0o444)
    before, cells = source.read_bytes(), list(mdata.obs_names)
    given = latents(cells, two_parts)
    assert ask({"do": "embed", "sources": [str(source)], "names": [""], "path": str(out), "embeddings": given}) == {}
    check_embeddings(mudata.read(out), cells, given)
    assert source.read_bytes() == before
    added = {f"{at}obsm/X_cplae_{m}" for m in given for at in ("", f"mod/{m}/")}
    assert {k: v for k, v in contents(out).items() if k not in added} == contents(source)

    again = {m: [[None if v is None else v + 1 for v in row[:2]] for row in rows] for m, rows in given.items()}
    assert ask({"do": "embed", "sources": [str(out)], "names": [""], "path": str(out), "embeddings": again}) == {}
    check_embeddings(mudata.read(out), cells, again)
    assert sorted(p.name for p in tmp_path.iterdir()) == ["data.h5mu", "latents.h5mu"]


def test_embeddings_in_a_copy_of_anndata_files(two_parts, tmp_path):
    out = tmp_path / "latents.h5mu"
    for name, adata in two_parts.items():
        adata.uns["taxonomy"] = pd.DataFrame({"label": ["r", "a", "b"], "parent": ["", "r", "r"], "height": [1.0, 0, 0], "leaf": [False, True, True]})
        adata.write_h5ad(tmp_path / f"{name}.h5ad")
    cells = list(dict.fromkeys(c for a in two_parts.values() for c in a.obs_names))
    given = latents(cells, two_parts)
    sources = [f"{m}={tmp_path / f'{m}.h5ad'}" for m in two_parts]
    assert ask({"do": "embed", "sources": sources, "names": list(two_parts), "path": str(out), "embeddings": given}) == {}
    mdata = mudata.read(out)
    check_embeddings(mdata, cells, given)
    for name, adata in two_parts.items():
        kept = {k: v for k, v in contents(out, f"mod/{name}").items() if k != f"obsm/X_cplae_{name}"}
        assert kept == contents(tmp_path / f"{name}.h5ad")
        assert mdata.mod[name].raw is not None
    before, after = ask({"do": "read", "sources": sources}), ask({"do": "read", "sources": [str(out)]})
    assert before == after and "error" not in before


def test_embeddings_of_what_is_not_there(two_parts, tmp_path):
    source = tmp_path / "data.h5mu"
    mdata = mudata.MuData(two_parts)
    mdata.write(source)
    request = {"do": "embed", "sources": [str(source)], "names": [""], "path": str(tmp_path / "out.h5mu")}
    rows = [[0.0]] * mdata.n_obs
    refused({**request, "embeddings": {"M": rows}}, "DataError", "mod/M", "missing")
    refused({**request, "embeddings": {"T": rows[1:]}}, "DataError", "7 rows, expected 8")
    assert [p.name for p in tmp_path.iterdir()] == ["data.h5mu"]
