"""Several networks a fold: variants of their own, and what they predict together, computed again from results.h5 by NumPy and
scikit-learn; new cells are predicted by all of them."""

import h5py
import numpy as np
import pandas as pd
import pytest
from program import SMOKE, refused, succeed
from test_type_tables import DIRECTIONS, Network, cohort, held_out, mean_r2  # noqa: F401

MEMBERS = 3
TOGETHER = f"cross_validation,lambda=1,members={MEMBERS}"
EACH = [f"cross_validation,lambda=1,member={member}" for member in range(MEMBERS)]
CHANGES = ["training.steps=600", "training.keep_best_after=300", f"experiment.cross_validation.members={MEMBERS}", "experiment.consensus.components=[2, 2]"]


@pytest.fixture(scope="module")
def run(tiny, tmp_path_factory):
    folder = tmp_path_factory.mktemp("members")
    words = [word for change in CHANGES for word in ("--set", change)]
    assert f"{6 * MEMBERS + 2} in {2 * MEMBERS + 1} variants" in succeed("plan", SMOKE, "--data", tiny, *words).stdout
    succeed("run", SMOKE, "--data", tiny, "--out", folder / "run", *words, ranks=2)
    return folder / "run"


def table(run, name):
    return pd.read_csv(run / "tables" / f"{name}.csv")


@pytest.mark.parametrize("source,target", DIRECTIONS)
def test_the_average_of_a_fold(run, cohort, source, target):  # noqa: F811
    values = cohort[0]
    rows = table(run, "reconstruction").query("variant == @TOGETHER and `from` == @source and to == @target").set_index("fold")
    assert set(rows["lambda"]) == {1.0}
    with h5py.File(run / "results.h5") as file:
        groups = [file[f"variants/{variant}"] for variant in EACH]
        assert len(rows) == len(groups[0]["split"]) == 3
        for fold in map(int, rows.index):
            networks = [Network(group, fold) for group in groups]
            assert all(np.array_equal(network.split, networks[0].split) for network in networks)
            cells = held_out(networks[0], values, source, target)
            mean = np.mean([network.decode(target, network.latents[source][cells]) for network in networks], axis=0)
            assert rows.loc[fold, "n_cells"] == len(cells)
            assert rows.loc[fold, "r2"] == pytest.approx(mean_r2(values[target][cells], mean), rel=1e-4, abs=1e-5)


def test_members_differ_and_the_average_is_what_others_are_compared_with(run):
    found = table(run, "reconstruction").query("`from` == 'T' and to == 'E' and fold == 0").set_index("variant")["r2"]
    assert len({found[variant] for variant in EACH}) == MEMBERS
    compared = table(run, "comparisons")
    assert set(compared["reference"]) == {TOGETHER} and set(EACH) <= set(compared["variant"])
    types = {path.stem for path in (run / "work/statistics").glob("types,*")}
    assert f"types,{TOGETHER}" in types and not types & {f"types,{variant}" for variant in EACH}
    assert {TOGETHER, *EACH} <= set(table(run, "held_out")["variant"])
    succeed("verify", run)
    assert f"{6 * MEMBERS + 2} done" in succeed("status", run).stdout


def test_new_cells_are_predicted_by_all_members(run, tiny, tmp_path):
    words = ["predict", run, "--data", tiny, "--modality", "E", "--out", tmp_path / "p.csv", "--force"]
    assert f"networks: {3 * MEMBERS} of {TOGETHER};" in succeed(*words).stdout
    assert f"networks: 3 of {EACH[1]};" in succeed(*words, "--variant", EACH[1]).stdout
    refused(*words, "--variant", "cross_validation,lambda=1", names=["--variant", TOGETHER])


def test_members_are_of_folds(tiny, tmp_path):
    words = ["run", SMOKE, "--data", tiny, "--out", tmp_path / "run"]
    refused(*words, "--set", "experiment.consensus.members=2", names=["experiment.consensus.members", "only of kfold"])
    refused(*words, "--set", "experiment.cross_validation.members=0", names=["members", "found 0"])
