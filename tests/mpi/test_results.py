"""results.h5 as h5py sees it: every dataset has the same bytes for 1, 2, 3, 4 and 7 ranks, and says what it holds."""

import json
import os
import subprocess

import h5py
import numpy as np
import pytest

try:
    import tomllib
except ModuleNotFoundError:  # Python 3.10
    import tomli as tomllib

PROGRAM = os.path.join(os.environ["CPLAE_BIN_DIR"], "mpi_store")
VARIANTS = {"folds,lambda=0": 5, "folds,lambda=0.5": 5, "repeats": 3}
CELLS = 11


def made_by(ranks, folder):
    command = ["mpirun", "--allow-run-as-root", "--oversubscribe", "-n", str(ranks), PROGRAM, "--gtest_filter=Results.ForPython"]
    subprocess.run(command, check=True, env={**os.environ, "CPLAE_TEST_RESULTS": str(folder)}, timeout=300)
    return folder / "results.h5"


@pytest.fixture(scope="module")
def one_rank(tmp_path_factory):
    return made_by(1, tmp_path_factory.mktemp("ranks_1"))


def datasets(path):
    found = {}
    with h5py.File(path) as file:
        file.visititems(lambda name, item: found.update({name: (item.dtype.str, item.shape, item[()].tobytes())}) if isinstance(item, h5py.Dataset) else None)
    return found


@pytest.mark.parametrize("ranks", [2, 3, 4, 7])
def test_bytes_do_not_depend_on_ranks(one_rank, ranks, tmp_path):
    expected = datasets(one_rank)
    assert len(expected) == 1 + 2 + 4 + 7 * len(VARIANTS)
    found = datasets(made_by(ranks, tmp_path))
    assert found.keys() == expected.keys()
    assert [name for name in expected if found[name] != expected[name]] == []


def test_every_dataset_says_units_dims_and_source(one_rank):
    def check(name, item):
        if isinstance(item, h5py.Dataset):
            assert isinstance(item.attrs["units"], str) and item.attrs["units"], name
            assert isinstance(item.attrs["source"], str) and item.attrs["source"], name
            assert len(item.attrs["dims"]) == item.ndim, name
            assert item.chunks is None, name

    with h5py.File(one_rank) as file:
        file.visititems(check)


def test_names_and_root(one_rank):
    with h5py.File(one_rank) as file:
        assert list(file["cells"].asstr()[:]) == ["cell_" + "c" * i for i in range(CELLS)]
        assert list(file["features/T"].asstr()[:]) == ["T\u00b5" + "x" * i for i in range(6)]
        assert file["features_scaling/E/scale"][1] == 1 / 3 + 1
        assert file.attrs["study_name"] == "synthetic"
        assert tomllib.loads(file.attrs["study"])["training"]["latent_dim"] == 3
        assert file.attrs["data_sha256"] == "a" * 64
        assert sorted(file["variants"]) == sorted(VARIANTS)


def test_replicate_tables(one_rank):
    with h5py.File(one_rank) as file:
        for variant, replicates in VARIANTS.items():
            table = file[f"variants/{variant}/replicate"]
            rows = table[()]
            assert rows.dtype.names == ("fold", "init", "seed", "status", "steps", "best_step", "failed_step", "checksum")
            assert rows.dtype["seed"] == np.uint64 and rows.dtype["steps"] == np.int64
            used, unused = ("init", "fold") if variant == "repeats" else ("fold", "init")
            assert rows[used].tolist() == list(range(replicates)) and set(rows[unused]) == {-1}
            assert all(len(text) == 32 for text in rows["checksum"])
            assert len(set(rows["seed"])) == replicates
            assert table.attrs["seconds"].shape == (replicates,)
        first = [1.25, 2.25, 3.25, 4.25, 5.25]
        assert file["variants/folds,lambda=0/replicate"].attrs["seconds"].tolist() == first
        assert file["variants/folds,lambda=0.5/replicate"]["status"].tolist() == [0, 0, 0, 0, 1]
        assert file["variants/folds,lambda=0.5"].attrs["lambda"] == "0.5"
        assert file["variants/folds,lambda=0.5"].attrs["experiment"] == "folds"


def test_arrays(one_rank):
    with h5py.File(one_rank) as file:
        group = file["variants/folds,lambda=0.5"]
        latents = group["latents/T"][()]
        assert latents.shape == (5, CELLS, 3) and latents.dtype == np.float32
        assert np.isnan(latents[4]).all() and np.isnan(latents[:, 4]).all()
        assert np.isfinite(np.delete(latents[:4], 4, axis=1)).all()
        assert group["split"].dtype == np.uint8
        assert group["split"][2].tolist() == [(cell + 2) % 3 for cell in range(CELLS)]
        losses = group["losses"]
        assert losses.attrs["terms"][0] == "step" and losses.shape == (5, 5, len(losses.attrs["terms"]))
        assert np.isnan(losses[4, 2:]).all() and np.isfinite(losses[4, :2]).all()


def test_weights_can_be_cut_into_tensors(one_rank):
    with h5py.File(one_rank) as file:
        weights = file["variants/repeats/weights/parameters"]
        slots = json.loads(weights.attrs["layout"])
        ends = [slot["offset"] + slot["rows"] * slot["columns"] for slot in slots]
        assert ends[-1] <= weights.shape[1] and all(end <= slot["offset"] for end, slot in zip(ends, slots[1:]))
        assert slots[0]["name"] == "encoder_T/fc0/weight" and (slots[0]["rows"], slots[0]["columns"]) == (6, 5)
        moving = json.loads(file["variants/repeats/weights/moving"].attrs["layout"])
        assert [slot["name"] for slot in moving][:2] == ["encoder_T/batch_norm/moving_mean", "encoder_T/batch_norm/moving_variance"]
