"""Files that Python's anndata and mudata wrote are read by cplae to the last bit, whatever their version."""

import json

import anndata
import h5py
import mudata
import numpy as np
import pytest
from data_probe import INTERPRETERS, ask, samples


@pytest.fixture(scope="module", params=INTERPRETERS)
def written(request, tmp_path_factory):
    folder = tmp_path_factory.mktemp("samples")
    samples(request.param, "write", folder)
    return {path.stem: json.loads(path.read_text()) for path in sorted(folder.glob("*.json"))}


def by_name(columns):
    return {column["name"]: column["values"] for column in columns}


def test_samples_are_read_as_they_were_written(written):
    assert len(written) >= 20
    for name, sample in written.items():
        found = ask({"do": "read", "sources": sample["sources"]})
        expected = sample["expected"]
        assert "error" not in found, f"{name}: {found}"
        assert found["cells"] == expected["cells"], name
        assert found["modalities"] == expected["modalities"], name
        assert by_name(found["obs"]) == by_name(expected["obs"]), name
        assert [c["name"] for c in found["obs"]] == [c["name"] for c in expected["obs"]], name
        assert found.get("taxonomy") == expected.get("taxonomy"), name


def test_the_samples_cover_what_they_should(written):
    """The judge judged: missing modalities, NaN, text with accents and columns of one name that disagree are really there."""
    several = written["several_h5ad"]["expected"]
    assert any(0 in m["present"] for m in several["modalities"])
    assert {"type", "T:n", "E:n", "M:n"} <= {c["name"] for c in several["obs"]}
    dense = written["one_float32_dense"]["expected"]
    assert any(v is None for row in dense["modalities"][0]["values"] for v in row)
    assert any("é" in v for v in by_name(dense["obs"])["leaf"])
    assert "" in by_name(dense["obs"])["leaf missing"]


def old_anndata(path):
    """A file as anndata 0.7 wrote it: codes in the column, its categories found by reference, h5sparse attributes on X."""
    text = h5py.string_dtype()
    with h5py.File(path, "w") as file:
        for frame, names in {"obs": ["c0", "c1", "c2"], "var": ["g0", "g1"]}.items():
            group = file.create_group(frame)
            group.attrs.update({"_index": "index", "encoding-type": "dataframe", "encoding-version": "0.1.0"})
            group.attrs.create("column-order", ["leaf"] if frame == "obs" else [], dtype=text)
            group.create_dataset("index", data=names, dtype=text)
        categories = file["obs"].create_dataset("__categories/leaf", data=["Sst", "Vip"], dtype=text)
        categories.attrs["ordered"] = False
        file["obs"]["leaf"] = np.array([1, -1, 0], dtype="int8")
        file["obs/leaf"].attrs["categories"] = categories.ref
        x = file.create_group("X")
        x.attrs.update({"h5sparse_format": "csr", "h5sparse_shape": [3, 2]})
        x["data"], x["indices"], x["indptr"] = np.array([1.5, 2.5]), np.array([1, 0]), np.array([0, 1, 1, 2])


def test_files_of_anndata_0_7(tmp_path):
    old_anndata(tmp_path / "T.h5ad")
    found = ask({"do": "read", "sources": [str(tmp_path / "T.h5ad")]})
    assert found["obs"] == [{"name": "leaf", "values": ["Vip", "", "Sst"]}]
    assert found["modalities"][0]["values"] == [[0, 1.5], [0, 0], [2.5, 0]]
    request = {"sources": [str(tmp_path / "T.h5ad")], "names": [""], "path": str(tmp_path / "out.h5mu"), "embeddings": {"T": [[0.5]] * 3}}
    assert ask({"do": "embed", **request}) == {}
    with h5py.File(tmp_path / "out.h5mu") as file:
        leaf = file["mod/T/obs/leaf"]
        assert file[leaf.attrs["categories"]].name == "/mod/T/obs/__categories/leaf"
        assert file["mod/T/obsm/X_cplae_T"][:].tolist() == [[0.5]] * 3


@pytest.mark.parametrize("dtype", [h5py.string_dtype("ascii"), h5py.string_dtype("utf-8"), "S6", h5py.string_dtype("utf-8", 6)])
def test_texts_of_every_type(tmp_path, dtype):
    adata = anndata.AnnData(np.eye(3, dtype="float32"))
    adata.write_h5ad(tmp_path / "T.h5ad")
    kind = h5py.check_string_dtype(np.dtype(dtype))
    names = ["cell a", "b", "c"] if kind.encoding == "ascii" else ["é 1 b", "é", "c"]
    stored = np.array([name.encode() for name in names], dtype=np.dtype(dtype) if kind.length else object)
    with h5py.File(tmp_path / "T.h5ad", "r+") as file:
        index = file["obs"].attrs["_index"]
        del file["obs"][index]
        file["obs"].create_dataset(index, data=stored, dtype=dtype)
    assert ask({"do": "read", "sources": [str(tmp_path / "T.h5ad")]})["cells"] == names


def test_a_file_with_nothing_but_modalities(tmp_path):
    """mudata opens it: modalities by name, cells by union; embeddings bring the global cells along."""
    path, out = tmp_path / "bare.h5mu", tmp_path / "out.h5mu"
    mods = {}
    for name, cells in {"b": ["c1", "c0"], "a": ["c2", "c1"]}.items():
        mods[name] = anndata.AnnData(np.eye(2, 3, dtype="float32"))
        mods[name].obs_names = cells
        mods[name].var_names = [f"{name}{j}" for j in range(3)]
    mudata.MuData(mods).write(path)
    with h5py.File(path, "r+") as file:
        for name in set(file) - {"mod"}:
            del file[name]
        del file["mod"].attrs["mod-order"]
        for name in list(file.attrs):
            del file.attrs[name]
    found = ask({"do": "read", "sources": [str(path)]})
    assert found["cells"] == ["c2", "c1", "c0"]
    assert [(m["name"], m["present"]) for m in found["modalities"]] == [("a", [1, 1, 0]), ("b", [0, 1, 1])]
    given = {"a": [[2.0], [1.0], [None]]}
    assert ask({"do": "embed", "sources": [str(path)], "names": [""], "path": str(out), "embeddings": given}) == {}
    mdata = mudata.read(out)
    assert list(mdata.obs_names) == ["c2", "c1", "c0"]
    np.testing.assert_array_equal(mdata.obsm["X_cplae_a"], [[2.0], [1.0], [np.nan]])
    np.testing.assert_array_equal(mdata.mod["a"].obsm["X_cplae_a"], [[2.0], [1.0]])
