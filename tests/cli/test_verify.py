"""cplae verify: damage of every kind is found and named, and so is the first difference between two runs."""

import hashlib
import re
import shutil

import h5py
import numpy as np
import pandas as pd
import pytest
from program import SMOKE, call, refused, study_text, succeed
from scipy import stats
from sums import sum_of_attributes, sum_of_rows

LATENTS = "variants/cross_validation,lambda=1/latents/T"


@pytest.fixture(scope="module")
def runs(tiny, tmp_path_factory):
    """The smoke study without mpirun and on two ranks; with another seed."""
    folder = tmp_path_factory.mktemp("runs")
    succeed("run", SMOKE, "--data", tiny, "--out", folder / "one")
    succeed("run", SMOKE, "--data", tiny, "--out", folder / "two", ranks=2)
    succeed("run", SMOKE, "--data", tiny, "--out", folder / "other", "--set", "study.seed=8")
    return folder


@pytest.fixture
def copy(runs, tmp_path):
    return shutil.copytree(runs / "one", tmp_path / "copy")


def flip(path, offset):
    with path.open("r+b") as file:
        file.seek(offset)
        byte = file.read(1)
        file.seek(offset)
        file.write(bytes([byte[0] ^ 4]))


def is_named(run, *names):
    """The damage is told in one line on standard error and in the report."""
    done = call("verify", run)
    assert done.returncode == 1, done.stdout + done.stderr
    lines = [line for line in done.stdout.splitlines() if line.startswith("damaged: ")]
    assert len(lines) == 1 and len(done.stderr.splitlines()) == 1, done.stdout + done.stderr
    for name in names:
        assert name in lines[0] and name in done.stderr


def test_a_whole_run(runs):
    networks = len(list((runs / "one/work/networks").glob("*.unit")))
    text = succeed("verify", runs / "one").stdout
    found = {line.split()[0]: line.split()[1:] for line in text.splitlines()}
    statistics = len(list((runs / "one/work/statistics").glob("*.unit")))
    assert found["networks"] == [str(networks), "whole", "of", str(networks)] and found["checkpoints"] == ["none"]
    assert found["statistics"] == [str(statistics), "whole", "of", str(statistics)] and found["identity"] == ["2", "whole"]
    with h5py.File(runs / "one/results.h5") as file:
        names = []
        file.visititems(lambda name, item: names.append(name) if isinstance(item, h5py.Dataset) else None)
    assert found["results.h5"] == [str(len(names)), "whole"]
    assert found["tables"] == [str(len(list((runs / "one/tables").glob("*.csv")))), "whole"]


def test_checksums_are_what_the_page_says(runs):
    def check(name, item):
        if isinstance(item, h5py.Dataset):
            assert sum_of_rows(item) == item.attrs["sha256_rows"], name

    with h5py.File(runs / "two/results.h5") as file:
        file.visititems(check)
        assert sum_of_attributes(file) == file.attrs["sha256_attributes"]


@pytest.mark.parametrize("words", [b"validation_mse_T", b"encoder_T/fc0/weight", b"keep_best_after"])
def test_damaged_attribute(copy, words):
    """Names of terms, where tensors lie, the study: texts in a heap that HDF5 does not guard."""
    whole = (copy / "results.h5").read_bytes()
    flip(copy / "results.h5", whole.index(words) + 4)
    is_named(copy, "results.h5", "attributes")


def test_results_of_an_earlier_version_are_whole(copy):
    with h5py.File(copy / "results.h5", "r+") as file:
        del file.attrs["sha256_attributes"]
    text = succeed("verify", copy).stdout
    assert "note: " in text and "earlier version" in text


def test_study_and_results_belong_together(copy):
    text = (copy / "study.toml").read_text()
    (copy / "study.toml").write_text(text.replace("steps = ", "steps = 1", 1))
    is_named(copy, "another study", "training.steps")
    (copy / "study.toml").write_text(text.replace('name = "', 'name = "new', 1))
    succeed("verify", copy)
    (copy / "study.toml").write_text(text[: len(text) // 2])
    is_named(copy, "study.toml")


def test_keys_that_change_no_number_may_differ_from_the_results(copy):
    """As after going on with them: results.h5 keeps those that it was written with."""
    text = (copy / "study.toml").read_text()
    changed = re.sub(r"(?m)^recipe = .*", 'recipe = "lean"', re.sub(r"(?m)^checkpoint_seconds = .*", "checkpoint_seconds = 7", text))
    assert changed.count("lean") == 1 and "checkpoint_seconds = 7" in changed and changed != text
    (copy / "study.toml").write_text(changed)
    succeed("verify", copy)


def test_provenance_is_read_and_belongs_to_the_results(copy):
    path = copy / "provenance.json"
    text = path.read_text()
    path.write_text(text[: len(text) // 2])
    is_named(copy, "provenance.json")
    with h5py.File(copy / "results.h5") as file:
        sha256 = file.attrs["data_sha256"]
    path.write_text(text.replace(sha256, "0" * 64))
    is_named(copy, "results.h5", sha256, "0" * 64)


def test_missing_units(copy):
    """A finished run lacks nothing; of an unfinished one it is told how far it is."""
    networks, statistics = (sorted((copy / f"work/{kind}").glob("*.unit")) for kind in ("networks", "statistics"))
    all_networks, all_statistics = len(networks), len(statistics)
    networks[0].unlink()
    is_named(copy, f"1 of {all_networks}", networks[0].stem)
    (copy / "tables/SHA256SUMS").unlink()
    for unit in statistics[:3]:
        unit.unlink()
    text = succeed("verify", copy).stdout
    assert f"networks    {all_networks - 1} whole of {all_networks}, 1 not there yet" in text
    assert f"statistics  {all_statistics - 3} whole of {all_statistics}, 3 not there yet" in text
    assert "note: " in text and "tables and no SHA256SUMS" in text


def test_work_may_be_deleted(copy):
    shutil.rmtree(copy / "work")
    assert "networks    none of " in succeed("verify", copy).stdout


def test_damaged_unit(copy):
    unit = sorted((copy / "work/networks").glob("*.unit"))[3]
    flip(unit, unit.stat().st_size // 2)
    is_named(copy, unit.name, "checksum")


def test_renamed_unit(copy):
    units = sorted((copy / "work/statistics").glob("*.unit"))
    shutil.copy(units[0], units[1])
    is_named(copy, units[1].name, units[0].stem)


def test_damaged_checkpoint(copy):
    (copy / "work/networks/consensus,init=0.ckpt").write_bytes(b"CPLAEREC")
    is_named(copy, "consensus,init=0.ckpt", "too short")


@pytest.mark.parametrize("name", [LATENTS, "cells", "features_scaling/E/scale", "variants/consensus/replicate", "variants/consensus/split"])
def test_damaged_dataset(copy, name):
    with h5py.File(copy / "results.h5") as file:
        offset = file[name].id.get_offset() + file[name].id.get_storage_size() - 3
    flip(copy / "results.h5", offset)
    is_named(copy, "results.h5", name, "checksum")


def test_damaged_structure(copy):
    with (copy / "results.h5").open("r+b") as file:
        file.truncate((copy / "results.h5").stat().st_size // 2)
    is_named(copy, "results.h5")


def test_a_dataset_without_checksum(copy):
    with h5py.File(copy / "results.h5", "r+") as file:
        del file["cells"].attrs["sha256_rows"]
    is_named(copy, "/cells", "sha256_rows")


def test_networks_of_another_run(copy, runs):
    """A file that is whole and does not belong here."""
    name = "work/networks/consensus,init=1.unit"
    shutil.copy(runs / "other" / name, copy / name)
    is_named(copy, name, "of another run")


def test_damaged_table(copy):
    path = copy / "tables/accuracy.csv"
    flip(path, path.stat().st_size - 4)
    is_named(copy, "accuracy.csv", "checksum")
    path.unlink()
    is_named(copy, "accuracy.csv", "missing")


def test_checksums_that_do_not_name_all_tables(copy):
    sums = copy / "tables/SHA256SUMS"
    lines = sums.read_text().splitlines(keepends=True)
    sums.write_text("".join(line for line in lines if "accuracy.csv" not in line))
    is_named(copy, "accuracy.csv", "not named")
    sums.write_text("")
    is_named(copy, "SHA256SUMS", "no table")


def test_tables_check_by_the_usual_tool(runs):
    for line in (runs / "one/tables/SHA256SUMS").read_text().splitlines():
        digest, name = line.split("  ")
        assert hashlib.sha256((runs / "one/tables" / name).read_bytes()).hexdigest() == digest


def test_an_unfinished_run_is_whole(copy):
    shutil.rmtree(copy / "tables")
    shutil.rmtree(copy / "work/statistics")
    (copy / "results.h5").unlink()
    text = succeed("verify", copy).stdout
    assert "results.h5  not yet" in text and "tables      not yet" in text and "statistics  none" in text


def test_equal_runs(runs):
    assert "equal, bit by bit" in succeed("verify", runs / "one", runs / "two").stdout


def differ(one, other, *names):
    line = refused("verify", one, other, code=1, names=names)
    assert "differ" in line


def test_first_difference_has_its_index_and_both_values(copy, runs):
    with h5py.File(copy / "results.h5", "r+") as file:
        before = file[LATENTS][1, 3, 1]
        file[LATENTS][1, 3, 1] = 0.125
        file[LATENTS][2, 0, 0] = 7
    differ(runs / "one", copy, f"{LATENTS}[1, 3, 1]", str(before), "0.125")


def test_differences_of_nan_and_of_fields(copy, runs):
    with h5py.File(copy / "results.h5", "r+") as file:
        rows = file["variants/consensus/replicate"][()]
        rows["best_step"][1] = 41
        file["variants/consensus/replicate"][...] = rows
    differ(runs / "one", copy, "replicate[1]", "best_step=41", "init=1")
    with h5py.File(copy / "results.h5", "r+") as file:
        file["variants/consensus/latents/E"][0, 0, 0] = np.nan
    differ(runs / "one", copy, "latents/E[0, 0, 0]", "nan")


def test_difference_of_one_bit_of_nan(copy, runs, tmp_path):
    """Bits, not numbers: two NaN of other bits differ."""
    second = shutil.copytree(copy, tmp_path / "second")
    for run, bits in ((copy, 0x7FC00000), (second, 0x7FC00001)):
        with h5py.File(run / "results.h5", "r+") as file:
            file[LATENTS][0, 0, 0] = np.array(bits, dtype=np.uint32).view(np.float32)
    differ(copy, second, f"{LATENTS}[0, 0, 0]", "nan and nan")


def test_differences_of_structure(copy, runs):
    with h5py.File(copy / "results.h5", "r+") as file:
        values = file["features/T"][:-1]
        del file["features/T"]
        file["features/T"] = values
    differ(runs / "one", copy, "features/T", "[40]", "[39]")
    with h5py.File(copy / "results.h5", "r+") as file:
        del file["features/E"]
    differ(runs / "one", copy, "features/E", "only in", "one")
    with h5py.File(copy / "results.h5", "r+") as file:
        file["features/D"] = values
    differ(runs / "one", copy, "features/E", "only in", "one")
    differ(copy, runs / "one", "features/D", "only in", "copy")


def test_difference_of_tables(copy, runs):
    path = copy / "tables/losses.csv"
    lines = path.read_text().splitlines()
    path.write_text("\n".join([*lines[:4], lines[4] + "0", *lines[5:]]) + "\n")
    differ(runs / "one", copy, "tables/losses.csv, line 5", lines[4] + "0")
    path.unlink()
    differ(runs / "one", copy, "tables/losses.csv", "only in one")


def test_runs_of_other_seeds_differ_in_bits(runs):
    differ(runs / "one", runs / "other", "variants/")


def test_bad_input(runs, copy, tmp_path):
    refused("verify", copy, copy, "--statistically", "--confidence", "nan", names=["--confidence", "nan"])
    refused("verify", tmp_path / "none", names=["none", "no run folder"])
    refused("verify", runs / "one", tmp_path, names=["no run folder"])
    refused("verify", runs / "one", "--statistically", names=["--statistically", "two runs"])
    refused("verify", runs / "one", copy, "--confidence", "0.9", names=["--confidence"])
    (copy / "results.h5").unlink()
    refused("verify", runs / "one", copy, names=["copy", "results.h5"])
    shutil.rmtree(copy / "tables")
    refused("verify", runs / "one", copy, "--statistically", names=["copy", "summary.csv"])


def verdicts(text):
    rows = [line.rsplit(None, 5) for line in text.splitlines() if line.endswith(("within", "outside"))]
    return {name.strip(): numbers for name, *numbers in rows if len(numbers) == 5}  # not the line that counts them


def test_statistically_equal(runs):
    """Another seed: intervals as SciPy gives them, at the level that Bonferroni asks for."""
    done = call("verify", runs / "one", runs / "other", "--statistically")
    found = verdicts(done.stdout)
    name = "cross_validation,lambda=1, r2 E<-T"
    tables = [pd.read_csv(runs / run / "tables/reconstruction.csv") for run in ("one", "other")]
    values = [t[(t["variant"] == "cross_validation,lambda=1") & (t["to"] == "E") & (t["from"] == "T")]["r2"] for t in tables]
    differences = values[1].to_numpy() - values[0].to_numpy()
    confidence = 1 - 0.05 / len(found)
    low, high = stats.ttest_1samp(differences, 0).confidence_interval(confidence)
    n, mean, sd, width, verdict = found[name]
    assert n == "3" and verdict == ("within" if low <= 0 <= high else "outside")
    np.testing.assert_allclose([float(mean), float(sd), float(width)], [differences.mean(), differences.std(ddof=1), (high - low) / 2], rtol=1e-5)
    assert done.returncode == (1 if any(row[-1] == "outside" for row in found.values()) else 0)
    assert {"accuracy zT leaf 3", "loss validation total"} <= {name.split(", ", 1)[-1].split(",lambda=1, ")[-1] for name in found}


def test_a_run_is_within_of_itself(runs):
    assert "measures are within" in succeed("verify", runs / "one", runs / "two", "--statistically").stdout


@pytest.mark.parametrize(("shift", "code"), [(0.2, 1), (1e-9, 0)])
def test_a_shift_is_outside_and_rounding_is_not(copy, runs, shift, code):
    path = copy / "tables/reconstruction.csv"
    table = pd.read_csv(path, dtype=str)
    table["mse"] = table["mse"].astype(float) + shift
    table.to_csv(path, index=False)
    done = call("verify", runs / "one", copy, "--statistically")
    assert done.returncode == code, done.stdout + done.stderr
    outside = [name for name, row in verdicts(done.stdout).items() if row[-1] == "outside"]
    assert all(" mse " in name for name in outside) and (len(outside) > 0) == (code == 1)


def test_a_fold_that_only_one_run_has(copy, runs):
    """Its networks may have failed in the other: the folds that both have are compared, and it is named."""
    path = copy / "tables/accuracy.csv"
    table = pd.read_csv(path, dtype=str)
    table[(table["fold"] != "1") | (table["representation"] != "zT")].to_csv(path, index=False)
    text = succeed("verify", runs / "one", copy, "--statistically").stdout
    found = verdicts(text)
    assert found["cross_validation,lambda=1, accuracy zT leaf 3"][0] == "2"
    assert found["cross_validation,lambda=1, accuracy zE leaf 3"][0] == "3"
    lines = [line for line in text.splitlines() if line.startswith("not compared")]
    assert len(lines) == 1 and str(runs / "one") in lines[0] and "fold 1 of 'accuracy zT leaf 3'" in lines[0]


def test_one_replicate_is_no_comparison(tiny, tmp_path):
    """It has no interval: it is neither within nor outside, and the intervals of the others are no wider for it."""
    text = study_text(["T", "E"], column="leaf", experiment='kind = "kfold"\nfolds = 3\n[[experiment]]\nname = "again"\nkind = "repeats"\ninitialisations = 3\n')
    (tmp_path / "own.toml").write_text(text)
    for name, settings in {"three": (), "one": ("study.seed=8", "experiment.again.initialisations=1")}.items():
        words = [word for setting in settings for word in ("--set", setting)]
        succeed("run", tmp_path / "own.toml", "--data", tiny, "--out", tmp_path / name, "--quiet", "--no-report", *words)
    done = call("verify", tmp_path / "three", tmp_path / "one", "--statistically", "--confidence", "0.8")
    found = verdicts(done.stdout)
    assert len(found) > 5 and all(name.startswith("folds") for name in found)
    assert "not compared, of fewer than two folds or initialisations: " in done.stdout
    _, _, sd, width, _ = found["folds, r2 E<-T"]
    assert float(width) == pytest.approx(stats.t.ppf(1 - 0.2 / len(found) / 2, 2) * float(sd) / np.sqrt(3), rel=1e-5)
    assert done.returncode == (1 if any(row[-1] == "outside" for row in found.values()) else 0)
    for run in ("three", "one"):
        for path in (tmp_path / run / "tables").glob("*.csv"):
            table = pd.read_csv(path, dtype=str, keep_default_na=False)
            if "experiment" in table.columns:
                table[table["experiment"] != "folds"].to_csv(path, index=False)
    refused("verify", tmp_path / "three", tmp_path / "one", "--statistically", names=["three", "no measure is of two"])
