"""Writes data sets with the anndata and mudata of the interpreter that runs it, or reads one back; both as JSON.

    python data_samples.py write FOLDER   -> FOLDER/<sample>.json {"sources": [...], "expected": a Dataset} and the files
    python data_samples.py read FILE      -> what anndata or mudata see in a file, as JSON on standard output

It is a program, so that the tests can run it under another interpreter than their own (an older or newer anndata).
"""

import json
import sys
from pathlib import Path

import anndata
import numpy as np
import pandas as pd
from scipy import sparse

try:
    import mudata
except ImportError:
    mudata = None


def cell_names(n):
    return [f"cell_{i}é" if i % 5 == 0 else f"cell_{i}" for i in range(n)]


def dense(rng, shape, dtype):
    """Counts, or normal numbers with missing entries; every feature keeps a value."""
    if np.dtype(dtype).kind in "ui":
        return rng.poisson(3, shape).astype(dtype)
    if np.dtype(dtype).kind == "b":
        return rng.random(shape) < 0.5
    x = rng.normal(size=shape).astype(dtype)
    x[rng.random(shape) < 0.2] = np.nan
    x[0] = 1.25
    return x


def stored(x, form):
    return {"dense": lambda: x, "csr": lambda: sparse.csr_matrix(x), "csc": lambda: sparse.csc_matrix(x)}[form]()


def obs_frame(rng, cells):
    n = len(cells)
    leaf = np.array(["Sst", "Pvalb", "Vip é"], dtype=object)[rng.integers(0, 3, n)]
    leaf_or_none = leaf.copy()
    leaf_or_none[rng.random(n) < 0.3] = None
    leaf_or_none[1] = None
    number = rng.normal(size=n)
    number[rng.random(n) < 0.3] = np.nan
    number[1] = np.nan
    frame = pd.DataFrame(index=cells)
    frame["leaf"] = pd.Categorical(leaf)
    frame["leaf missing"] = pd.Categorical(leaf_or_none)
    frame["ordered"] = pd.Categorical(leaf, categories=["Vip é", "Sst", "Pvalb", "unused"], ordered=True)
    frame["cluster"] = pd.Categorical(rng.integers(0, 40, n))
    frame["yes"] = pd.Categorical(rng.random(n) < 0.5)
    frame["donor"] = np.array([f"mouse {i} ü" for i in range(n)], dtype=object)
    frame["batch"] = rng.integers(0, 3, n)
    frame["depth"] = number
    frame["small"] = number.astype(np.float32)
    frame["good"] = rng.random(n) < 0.5
    frame["nullable number"] = pd.array(np.where(rng.random(n) < 0.3, None, rng.integers(0, 9, n)), dtype="Int64")
    frame["nullable flag"] = pd.array(np.where(rng.random(n) < 0.3, None, rng.random(n) < 0.5), dtype="boolean")
    if hasattr(anndata, "settings") and hasattr(anndata.settings, "allow_write_nullable_strings"):
        anndata.settings.allow_write_nullable_strings = True
        frame["nullable text"] = pd.array(leaf_or_none, dtype="string")
    return frame


def make_anndata(rng, cells, n_features, *, dtype="float32", form="dense", prefix="f", with_obs=False):
    obs = obs_frame(rng, cells) if with_obs else pd.DataFrame(index=cells)
    var = pd.DataFrame({"kind": rng.integers(0, 2, n_features)}, index=[f"{prefix}{j}" for j in range(n_features)])
    x = stored(dense(rng, (len(cells), n_features), dtype), form)
    adata = anndata.AnnData(x, obs=obs, var=var)
    adata.obsm["X_pca"] = rng.normal(size=(len(cells), 2))
    adata.uns["note"] = {"by": "é", "values": np.arange(3)}
    adata.layers["raw"] = np.asarray(adata.X.todense() if sparse.issparse(adata.X) else adata.X).copy()
    return adata


# --- what cplae is expected to see --------------------------------------------------------------------------------------------


def plain(value):
    return None if value is None or value is pd.NA or value != value else float(value)


def expected_column(series):
    """Text for categories and strings (missing: ""), numbers for the rest (missing: null)."""
    if isinstance(series.dtype, pd.CategoricalDtype) or series.dtype == object or str(series.dtype).startswith(("string", "str")):
        return ["" if v is None or v is pd.NA or v != v else str(v) for v in series]
    return [plain(v) for v in series]


def expected_modality(name, adata, cells):
    x = np.asarray(adata.X.todense() if sparse.issparse(adata.X) else adata.X).astype(np.float32)
    row = {c: i for i, c in enumerate(adata.obs_names)}
    nothing = [None] * adata.n_vars
    values = [[plain(v) for v in x[row[c]]] if c in row else nothing for c in cells]
    return {"name": name, "features": list(adata.var_names), "present": [int(c in row) for c in cells], "values": values}


def expected_obs(mods, cells, global_obs):
    columns = {} if global_obs is None else {name: expected_column(global_obs[name]) for name in global_obs.columns}
    by_name = {}
    for mod, adata in mods.items():
        for name in adata.obs.columns:
            aligned = dict(zip(adata.obs_names, expected_column(adata.obs[name])))
            empty = "" if any(isinstance(v, str) for v in aligned.values()) else None
            by_name.setdefault(name, []).append((mod, [aligned.get(c, empty) for c in cells]))
    for name, found in by_name.items():
        seen = [{v for v in values if v not in ("", None)} for values in zip(*(values for _, values in found))]
        if all(len(s) <= 1 for s in seen):
            joined = [next((v for v in values if v not in ("", None)), values[0]) for values in zip(*(v for _, v in found))]
            columns.setdefault(name, joined)
        else:
            for mod, values in found:
                columns.setdefault(f"{mod}:{name}", values)
    return [{"name": name, "values": values} for name, values in columns.items()]


def expected(mods, cells, global_obs=None, taxonomy=None):
    out = {"cells": list(cells), "modalities": [expected_modality(m, a, cells) for m, a in mods.items()], "obs": expected_obs(mods, cells, global_obs)}
    if taxonomy is not None:
        nodes = taxonomy.to_dict("records")
        out["taxonomy"] = [{k: row[k] for k in ("label", "parent", "height", "leaf")} | {"colour": row.get("colour", "")} for row in nodes]
    return out


TAXONOMY = pd.DataFrame(
    {"label": ["root", "n1", "Sst", "Pvalb", "Vip é"], "parent": ["", "root", "n1", "n1", "root"], "height": [0.5, 0.25, 0.0, 0.0, 0.0], "leaf": [False, False, True, True, True]}
)

# --- samples -------------------------------------------------------------------------------------------------------------------


def h5ad_samples(folder):
    kinds = [(d, f) for d in ("float32", "float64", "int32", "int64", "uint8", "bool") for f in ("dense", "csr", "csc")]
    for i, (dtype, form) in enumerate(kinds):
        adata = make_anndata(np.random.default_rng(i), cell_names(7), 4, dtype=dtype, form=form, with_obs=True)
        path = folder / f"one_{dtype}_{form}.h5ad"
        adata.write_h5ad(path, compression="gzip" if i % 2 else None)
        yield path.stem, [f"T={path}"], expected({"T": adata}, adata.obs_names)
    adata = make_anndata(np.random.default_rng(99), cell_names(5), 3, with_obs=True)
    adata.uns["taxonomy"] = {k: TAXONOMY[k].to_numpy() for k in TAXONOMY}
    adata.write_h5ad(folder / "dict_taxonomy.h5ad")
    yield "dict_taxonomy", [str(folder / "dict_taxonomy.h5ad")], expected({"dict_taxonomy": adata}, adata.obs_names, taxonomy=TAXONOMY)
    yield several_h5ad(folder)


def several_h5ad(folder):
    """Three files whose cells overlap in part, in other orders; a column that agrees and one that does not."""
    rng = np.random.default_rng(5)
    all_cells = cell_names(12)
    mods = {}
    for name, cells in {"T": all_cells[:8], "E": all_cells[10:3:-1], "M": [all_cells[11], all_cells[2]]}.items():
        mods[name] = make_anndata(rng, cells, 3, prefix=name)
        mods[name].obs["type"] = pd.Categorical([f"type {all_cells.index(c) % 3}" for c in cells])
        mods[name].obs["n"] = rng.normal(size=len(cells))
        mods[name].write_h5ad(folder / f"part_{name}.h5ad")
    cells = list(dict.fromkeys(c for a in mods.values() for c in a.obs_names))
    return "several_h5ad", [f"{m}={folder / f'part_{m}.h5ad'}" for m in mods], expected(mods, cells)


def h5mu_samples(folder):
    for k in (1, 2, 3, 6):
        for pull in (False, True):
            rng = np.random.default_rng(10 * k + pull)
            mdata, mods = make_mudata(rng, k, pull)
            path = folder / f"k{k}_{'pulled' if pull else 'plain'}.h5mu"
            mdata.write(path)
            cells = list(mdata.obs_names)
            yield path.stem, [str(path)], expected(mods, cells, mdata.obs, TAXONOMY if k == 3 else None)


def make_mudata(rng, k, pull):
    if hasattr(mudata, "set_options"):  # mudata 0.4 never pulls
        mudata.set_options(pull_on_update=pull)
    all_cells = cell_names(11)
    forms = ["dense", "csr", "csc", "dense", "dense", "csr"]
    types = ["float32", "int64", "float64", "uint8", "float64", "float32"]
    mods = {}
    for j, name in enumerate(["z_first", "E", "T", "A", "M", "b"][:k]):
        cells = list(rng.permutation([c for i, c in enumerate(all_cells) if k == 1 or i % k != j]))
        mods[name] = make_anndata(rng, cells, 3 + j, dtype=types[j], form=forms[j], prefix=f"{name}_", with_obs=j == 0)
        mods[name].obs["shared"] = pd.Categorical([f"s{all_cells.index(c) % 4}" for c in cells])
    mdata = mudata.MuData(mods)
    if k != 2:
        mdata.obs["leaf"] = pd.Categorical(np.array(["Sst", "Pvalb"])[rng.integers(0, 2, mdata.n_obs)])
        mdata.obs["age"] = rng.normal(size=mdata.n_obs)
    if k == 3:
        mdata.uns["taxonomy"] = TAXONOMY
    return mdata, mods


def write_all(folder):
    samples = list(h5ad_samples(folder)) + (list(h5mu_samples(folder)) if mudata else [])
    for name, sources, dataset in samples:
        (folder / f"{name}.json").write_text(json.dumps({"sources": sources, "expected": dataset}))


# --- reading back --------------------------------------------------------------------------------------------------------------


def as_json(adata):
    x = np.asarray(adata.X.todense() if sparse.issparse(adata.X) else adata.X)
    return {
        "cells": list(adata.obs_names),
        "features": list(adata.var_names),
        "values": [[plain(v) for v in row] for row in x],
        "obs": {name: expected_column(adata.obs[name]) for name in adata.obs.columns},
        "obsm": {name: [[plain(v) for v in row] for row in np.asarray(m)] for name, m in adata.obsm.items()},
    }


def read_back(path):
    """With mudata the whole file; without (Debian 12), every modality by anndata's own element reader."""
    if mudata is None:
        import h5py
        from anndata.experimental import read_elem

        with h5py.File(path) as file:
            return {"mods": {m: as_json(anndata.AnnData(**{k: read_elem(g[k]) for k in ("X", "obs", "var", "obsm", "uns")})) for m, g in file["mod"].items()}}
    mdata = mudata.read(path)
    out = {"mods": {name: as_json(adata) for name, adata in mdata.mod.items()}, "order": list(mdata.mod), "cells": list(mdata.obs_names)}
    out["obs"] = {name: expected_column(mdata.obs[name]) for name in mdata.obs.columns}
    out["categorical"] = [name for name in mdata.obs.columns if isinstance(mdata.obs[name].dtype, pd.CategoricalDtype)]
    out["obsm"] = {name: [[plain(v) for v in row] for row in np.asarray(m)] for name, m in mdata.obsm.items() if name not in mdata.mod}
    out["obsmap"] = {name: [int(v) for v in np.asarray(m)] for name, m in mdata.obsmap.items()}
    if "taxonomy" in mdata.uns:
        out["taxonomy"] = mdata.uns["taxonomy"].to_dict("records")
    return out


if __name__ == "__main__":
    if sys.argv[1] == "write":
        write_all(Path(sys.argv[2]))
    else:
        print(json.dumps(read_back(sys.argv[2])))
