"""From a cohort to tables, through the program alone: the same bits whatever the ranks and the interruptions."""

import hashlib
import json
import os
import shutil
import signal
import subprocess
import time
from pathlib import Path

import h5py
import mudata as md
import numpy as np
import pandas as pd
import pytest
from bits import assert_same_bits
from program import CPLAE, SMOKE, command, copy_of, refused, succeed

STUDY_NETWORKS = 8  # of jobs/smoke.toml: 3 folds x lambda 0 and 1, 2 initialisations


def hashes(run):
    files = [path for path in run.rglob("*") if path.is_file() and path.name not in ("provenance.json", "lock")]
    return {str(path.relative_to(run)): hashlib.sha256(path.read_bytes()).hexdigest() for path in files}


@pytest.fixture(scope="module")
def runs(tiny, tmp_path_factory):
    """The smoke study on one rank, without mpirun, and on 2 to 4."""
    folder = tmp_path_factory.mktemp("runs")
    for ranks in (0, 2, 3, 4):
        succeed("run", SMOKE, "--data", tiny, "--out", folder / str(ranks), ranks=ranks)
    return {ranks: folder / str(ranks) for ranks in (0, 2, 3, 4)}


@pytest.mark.parametrize("ranks", [2, 3, 4])
def test_ranks_change_no_bit(runs, ranks):
    assert_same_bits(runs[0], runs[ranks])


def test_run_folder_is_complete(runs):
    run = runs[2]
    assert {"study.toml", "provenance.json", "results.h5", "tables", "work"} <= {path.name for path in run.iterdir()}
    assert len(list((run / "work/networks").glob("*.unit"))) == STUDY_NETWORKS
    assert list((run / "work/networks").glob("*.ckpt")) == []
    provenance = json.loads((run / "provenance.json").read_text())
    assert provenance["sessions"][-1]["ranks"] == 2 and " run " in provenance["sessions"][-1]["command"][0]


def test_tables_are_tidy_and_finite(runs):
    frames = {path.stem: pd.read_csv(path) for path in (runs[0] / "tables").glob("*.csv")}
    assert {"accuracy", "reconstruction", "features", "losses", "bic", "clusters", "summary"} <= frames.keys()
    for name, frame in frames.items():
        if name in ("cells", "taxonomy", "inputs"):
            continue
        assert list(frame.columns[:2]) == ["experiment", "variant"], name
        # Networks of 60 steps predict no feature well enough to compare types over it, and two are no ensemble; no fold has members.
        may_be_empty = name in ("typewise", "type_correlations", "ensembles", "calibration", "predictive")
        assert (len(frame) > 0 or may_be_empty) and not frame.duplicated().any(), name
    accuracy = frames["accuracy"]
    assert accuracy["accuracy"].dropna().between(0, 1).all() and accuracy["accuracy"].notna().any()
    assert set(accuracy["experiment"]) == {"cross_validation", "consensus"}
    directions = set(zip(frames["reconstruction"]["from"], frames["reconstruction"]["to"]))
    assert {("T", "T"), ("T", "E"), ("E", "T"), ("E", "E")} <= directions
    assert np.isfinite(frames["bic"]["bic"]).all()


def test_tables_know_cells_and_tree(runs, tiny):
    data = md.read_h5mu(tiny)
    cells = pd.read_csv(runs[0] / "tables/cells.csv", index_col="cell", keep_default_na=False)
    assert list(cells.index) == list(data.obs_names)
    for modality in ("T", "E"):
        assert (cells[f"has_{modality}"] == data.obs_names.isin(data[modality].obs_names)).all()
    for column in ("leaf",):
        assert (cells[column] == data.obs[column].astype(str)).all()
    cut = cells.columns[cells.columns.str.startswith("leaf ")]
    assert len(cut) > 0
    for column in cut:
        assert cells[column].nunique() == int(column.split()[1])
        assert (cells.groupby("leaf")[column].nunique() == 1).all()
    tree = pd.read_csv(runs[0] / "tables/taxonomy.csv", keep_default_na=False)
    wanted = data.uns["taxonomy"]
    for column in ("label", "parent", "leaf"):
        assert (tree[column].to_numpy() == wanted[column].to_numpy()).all(), column


def test_latents_table_is_numpy_s_singular_values(runs):
    table = pd.read_csv(runs[0] / "tables/latents.csv")
    with h5py.File(runs[0] / "results.h5") as file:
        for (variant, representation), rows in table.groupby(["variant", "representation"]):
            group = file["variants"][variant]
            for replicate, own in rows.groupby(rows["fold"].fillna(rows["init"]).astype(int)):
                values = group[f"latents/{representation[1:]}"][replicate].astype(float)
                values = values[(group["split"][replicate] == 0) & np.isfinite(values).all(axis=1)]
                expected = np.linalg.svd(values - values.mean(axis=0), compute_uv=False) / np.sqrt(len(values) - 1)
                # Both decompose the same doubles: a few roundings of the largest value.
                np.testing.assert_allclose(own["sd"], expected, rtol=0, atol=1e-13 * expected[0])
    assert len(table) == STUDY_NETWORKS * 2 * table["axis"].nunique()


def test_results_know_their_cells(runs, tiny):
    cells = md.read_h5mu(tiny).obs_names
    with h5py.File(runs[0] / "results.h5") as file:
        assert [name.decode() if isinstance(name, bytes) else name for name in file["cells"][()]] == list(cells)


def test_second_run_does_nothing(runs, tiny):
    run = runs[2]
    before = hashes(run)
    times = {path: path.stat().st_mtime_ns for path in (run / "work").rglob("*.unit")}
    done = succeed("run", SMOKE, "--data", tiny, "--out", run, ranks=2)
    assert hashes(run) == before
    assert {path: path.stat().st_mtime_ns for path in times} == times
    assert len(json.loads((run / "provenance.json").read_text())["sessions"]) == 2, done.stderr


def test_lost_units_are_made_again(runs, tiny, tmp_path):
    """A folder whose units are missing or damaged is mended to the same bits."""
    run = tmp_path / "run"
    shutil.copytree(runs[0], run)
    networks = sorted((run / "work/networks").glob("*.unit"))
    statistics = sorted((run / "work/statistics").glob("*.unit"))
    networks[0].unlink()
    networks[-1].write_bytes(networks[-1].read_bytes()[:-7])
    statistics[0].write_bytes(b"garbage")
    succeed("run", SMOKE, "--data", tiny, "--out", run, ranks=2)
    assert_same_bits(runs[0], run)


def test_another_study_is_refused(runs, tiny):
    before = hashes(runs[0])
    words = ["run", SMOKE, "--data", tiny, "--out", runs[0], "--set", "training.steps=61"]
    refused(*words, names=[runs[0], "training.steps", "60", "61"])
    assert hashes(runs[0]) == before


def test_stages_one_by_one(runs, tiny, tmp_path):
    run = tmp_path / "run"
    for stage in ("train", "evaluate", "reduce"):
        succeed(stage, SMOKE, "--data", tiny, "--out", run)
        assert (run / "results.h5").exists()
        assert (run / "tables/summary.csv").exists() == (stage == "reduce")
    assert_same_bits(runs[0], run)


def test_reduce_wants_all_statistics(runs, tiny, tmp_path):
    run = tmp_path / "run"
    shutil.copytree(runs[0], run)
    lost = sorted((run / "work/statistics").glob("*.unit"))[0]
    lost.unlink()
    refused("reduce", SMOKE, "--data", tiny, "--out", run, "--quiet", names=[run, lost.stem, "cplae evaluate"])


def test_status(runs):
    text = succeed("status", runs[2]).stdout
    assert f"networks    {STUDY_NETWORKS} of {STUDY_NETWORKS} done, 0 left" in text
    statistics = len(list((runs[2] / "work/statistics").glob("*.unit")))
    assert f"statistics  {statistics} of {statistics} done, 0 left" in text
    assert "results.h5  written" in text and "tables      written" in text and "2 ranks" in text


def test_status_of_a_part(runs, tmp_path):
    run = tmp_path / "run"
    shutil.copytree(runs[0], run)
    shutil.rmtree(run / "work/statistics")
    next((run / "work/networks").glob("*.unit")).unlink()
    (run / "results.h5").unlink()
    text = succeed("status", run).stdout
    assert f"networks    {STUDY_NETWORKS - 1} of {STUDY_NETWORKS} done, 1 left" in text
    assert "results.h5  not yet" in text and "statistics  0 of " in text and "left on 1 rank" in text


def test_plan_counts_what_the_run_did(runs, tiny):
    text = succeed("plan", SMOKE, "--data", tiny, "--ranks", 2).stdout
    statistics = len(list((runs[0] / "work/statistics").glob("*.unit")))
    assert f"networks    {STUDY_NETWORKS} in 3 variants" in text and f"statistics  {statistics} units" in text
    assert "2 ranks train 4" in text and "assumed 40 GFLOP/s" in text and "Nothing was written" in text


def test_plan_of_known_cost(tiny):
    """T: 40 features, one hidden layer of 16, latent 2; E: 12, 12, 2; batch 32; every cell has both."""
    weights_t, weights_e = 40 * 16 + 16 * 2, 12 * 12 + 12 * 2  # of an encoder; of its decoder as many
    once = 2 * 32 * 2 * (weights_t + weights_e)  # multiply and add, 32 rows, both ways
    augmented = 2 * 32 * (weights_t + weights_e)
    unneeded = 2 * 32 * (40 * 16 + 12 * 12)  # gradient of the data
    biases = (16 + 2 + 16 + 40) + (12 + 2 + 12 + 12)
    lines = {line.split()[0]: line.split() for line in succeed("plan", SMOKE, "--data", tiny).stdout.splitlines() if line}
    apart, coupled = (lines[f"cross_validation,lambda={value}"] for value in (0, 1))
    assert apart[2] == f"{2 * (weights_t + weights_e) + biases:,}"
    assert apart[3:5] == [f"{(3 * once - unneeded) / 1e3:.0f}", "kFLOP"]
    assert coupled[3:5] == [f"{(3 * (once + augmented) - unneeded) / 1e3:.0f}", "kFLOP"]


def latents(run, variant, replicate, modality):
    with h5py.File(run / "results.h5") as file:
        return file[f"variants/{variant}/latents/{modality}"][replicate]


def test_export_opens_in_mudata(runs, tiny, tmp_path):
    done = succeed("export", runs[0], "--to", tmp_path / "latents.h5mu")
    chosen = int(done.stdout.split("consensus,init=")[1][0])
    data, before = md.read_h5mu(tmp_path / "latents.h5mu"), md.read_h5mu(tiny)
    for modality in ("T", "E"):
        expected = latents(runs[0], "consensus", chosen, modality)
        assert expected.shape == (240, 2) and np.isfinite(expected).all()
        assert np.array_equal(data.obsm[f"X_cplae_{modality}"], expected)
        assert np.array_equal(data[modality].obsm[f"X_cplae_{modality}"], expected)
        assert np.array_equal(data[modality].X, before[modality].X, equal_nan=True)
    pd.testing.assert_frame_equal(data.obs[before.obs.columns], before.obs)


def test_export_takes_the_best_initialisation(runs, tmp_path):
    """The kept network of least validation loss, by the loss histories in tables/losses.csv."""
    losses = pd.read_csv(runs[0] / "tables/losses.csv")
    losses = losses[losses["experiment"] == "consensus"]
    kept = losses[losses["step"] >= 40]  # keep_best_after of the study
    totals = kept[(kept["part"] == "validation") & (kept["term"] == "total")]
    best = totals.sort_values("value")["init"].iloc[0]
    done = succeed("export", runs[0], "--to", tmp_path / "latents.h5mu")
    assert f"consensus,init={int(best)} " in done.stdout


def test_export_of_a_fold_is_coupled(runs, tmp_path):
    """Latents of lambda = 0 would lie in spaces of their own."""
    done = succeed("export", runs[0], "--to", tmp_path / "z.csv", "--fold", 1)
    assert "cross_validation,lambda=1,fold=1 " in done.stdout


def test_export_to_csv(runs, tiny, tmp_path):
    words = ["--variant", "cross_validation,lambda=1", "--fold", 2]
    done = succeed("export", runs[0], "--to", tmp_path / "z.csv", "--without-decoded", *words)
    assert "cross_validation,lambda=1,fold=2" in done.stdout
    table, before = pd.read_csv(tmp_path / "z.csv"), md.read_h5mu(tiny)
    typed = [f"predicted_leaf{what}_{m}" for m in ("T", "E") for what in ("", "_probability", "_role")]
    added = ["cplae_role", "cplae_fold", "cplae_cluster_T", "cplae_cluster_E", *typed]
    assert list(table.columns) == ["cell", "leaf", "family", *added, "z_T_0", "z_T_1", "z_E_0", "z_E_1"]
    assert list(table["cell"]) == list(before.obs_names) and list(table["leaf"]) == list(before.obs["leaf"].astype(str))
    expected = latents(runs[0], "cross_validation,lambda=1", 2, "E")
    assert np.array_equal(table[["z_E_0", "z_E_1"]].to_numpy(dtype=np.float32), expected)


@pytest.mark.parametrize(
    ("words", "names"),
    [
        (["--variant", "consensu"], ["consensu", "consensus"]),
        (["--variant", "consensus", "--init", "2"], ["--init", "2", "0 to 1"]),
        (["--variant", "consensus", "--fold", "0"], ["--fold", "consensus", "--init"]),
        (["--fold", "-1"], ["--fold", "-1"]),
        (["--to", "other.txt"], ["other.txt", ".h5mu"]),
        (["--to", "none/other.h5mu"], ["none", "folder"]),
    ],
    ids=lambda value: " ".join(value),
)
def test_export_refuses(words, names, runs, tmp_path):
    to = [] if "--to" in words else ["--to", "a.h5mu"]
    refused("export", runs[0], *to, *words, names=names, cwd=tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_export_wants_the_run_s_own_data(runs, tiny, tmp_path):
    other = copy_of(tiny, tmp_path, "other.h5mu")
    succeed("export", runs[0], "--to", tmp_path / "a.h5mu", "--data", other)
    with h5py.File(other, "r+") as file:
        file.attrs["touched"] = 1
    refused("export", runs[0], "--to", tmp_path / "b.h5mu", "--data", other, names=["other.h5mu", "SHA-256"])
    refused("export", runs[0], "--to", tiny, names=["tiny.h5mu", "own data"])
    assert not (tmp_path / "b.h5mu").exists()


LONG = ["--set", "training.steps=40000", "--set", "training.checkpoint_seconds=0.1"]


@pytest.fixture(scope="module")
def undisturbed(tiny, tmp_path_factory):
    """A study long enough to be stopped in its midst."""
    run = tmp_path_factory.mktemp("undisturbed") / "run"
    succeed("run", SMOKE, "--data", tiny, "--out", run, *LONG)
    return run


def wait_for_first_unit(process, run):
    """Until the first network is finished and another one has a checkpoint."""
    end = time.monotonic() + 300
    while time.monotonic() < end:
        assert process.poll() is None, "the run ended before it could be stopped: " + process.stderr.read()
        networks = run / "work/networks"
        if list(networks.glob("*.unit")) and list(networks.glob("*.ckpt")):
            return
        time.sleep(0.01)
    raise AssertionError("no network in 300 s")


def ranks_below(process):
    """Process ids of the program itself: the process, or the children of its mpirun."""
    found = []
    for entry in Path("/proc").iterdir():
        try:
            if entry.name.isdigit() and os.path.samefile(entry / "exe", CPLAE):
                status = dict(line.split(":\t", 1) for line in (entry / "status").read_text().splitlines())
                if process.pid in (int(entry.name), int(status["PPid"])):
                    found.append(int(entry.name))
        except (OSError, KeyError):
            continue
    return sorted(found)


LAST_MOMENT = 253402300800  # the start of year 10000; more nanoseconds than 64 bits hold


@pytest.mark.parametrize(
    ("over", "enough"),
    [
        (["--max-minutes", 0], ["--max-minutes", 1000]),
        (["--stop-at", 1], ["--stop-at", int(time.time()) + 100_000, "--max-minutes", 1000]),
        (["--stop-at", int(time.time()), "--max-minutes", 1000], ["--stop-at", 4e9]),
        (["--stop-at", int(time.time()) + 100_000, "--max-minutes", 0], ["--stop-at", LAST_MOMENT]),
    ],
)
def test_time_is_up(over, enough, runs, tiny, tmp_path):
    """With no time at all nothing is trained; a run with enough of it goes on and ends."""
    words = ["run", SMOKE, "--data", tiny, "--out", tmp_path / "run"]
    refused(*words, "--quiet", *over, code=75, names=["again"])
    assert list((tmp_path / "run/work/networks").glob("*.unit")) == []
    succeed(*words, *enough, ranks=2)
    assert_same_bits(runs[0], tmp_path / "run")


@pytest.mark.parametrize("option", ["--max-minutes", "--stop-at"])
@pytest.mark.parametrize("wrong", ["-1", "nan", "soon", "inf", str(LAST_MOMENT + 1), "1e300"])
def test_no_time(option, wrong, tiny, tmp_path):
    refused("run", SMOKE, "--data", tiny, "--out", tmp_path / "run", option, wrong, names=[option, wrong])


@pytest.mark.parametrize(
    ("ranks", "kind", "then"),
    [(0, signal.SIGTERM, 3), (0, signal.SIGKILL, 0), (3, signal.SIGTERM, 2)],
    ids=["term", "kill", "term-of-one-rank"],
)
def test_stopped_and_resumed(ranks, kind, then, undisturbed, tiny, tmp_path):
    """Gone on with by another number of ranks, where it was told to stop: nothing is kept by rank."""
    run = tmp_path / "run"
    words = ["run", SMOKE, "--data", tiny, "--out", run, *LONG]
    process = subprocess.Popen(command(*words, ranks=ranks), stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
    try:
        wait_for_first_unit(process, run)
        os.kill(ranks_below(process)[-1], kind)
        _, errors = process.communicate(timeout=120)
    finally:
        process.kill()
    assert process.returncode == (75 if kind == signal.SIGTERM else -signal.SIGKILL), errors
    if kind == signal.SIGTERM:
        assert len([line for line in errors.splitlines() if line.startswith("cplae: ") and "again" in line]) == 1
    assert len(list((run / "work/networks").glob("*.unit"))) < STUDY_NETWORKS and not (run / "results.h5").exists()
    # A kill may fall between two networks; whoever is told to stop saves the one at hand.
    assert "running" in succeed("status", run).stdout or kind == signal.SIGKILL
    succeed(*words, ranks=then)
    assert_same_bits(undisturbed, run)
    assert list((run / "work").rglob("*.ckpt")) == [] and list(run.rglob("*.part*")) == []
