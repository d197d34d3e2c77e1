"""accuracy.csv and matching.csv of what the members of a cross-validation see together: the mean of their latents, turned onto the first
member's by SciPy, of cells that lack modalities and labels."""

import numpy as np
import pytest
from scipy.linalg import orthogonal_procrustes
from test_accuracy_tables import check, latents_of, representations, resolutions, rows_of, table
from test_network_tables import check_matching
from test_tables import of_replicate
from three_modalities import TRAINED, cohort, networks, run, values  # noqa: F401
from typed_cohort import CLASSES, MODALITIES, run_typed, typed  # noqa: F401

MEMBERS, FOLDS, LAMBDAS = 3, 3, (0, 1)
CHANGES = [f"experiment.folds.members={MEMBERS}", "experiment.again.initialisations=1", "experiment.again.components=[1, 2]"]


@pytest.fixture(scope="module")
def members_run(typed, tmp_path_factory):  # noqa: F811
    return run_typed(typed, tmp_path_factory.mktemp("members"), *CHANGES)


@pytest.fixture(scope="module")
def members(members_run):
    """(lambda, fold) -> (is a training cell, latents of each member)"""
    found = {}
    for variant, fold, is_training, latents in latents_of(members_run):
        if variant.startswith("folds"):
            _, weight, _ = variant.split(",")
            own = found.setdefault((int(weight.removeprefix("lambda=")), fold), (is_training, []))
            assert np.array_equal(own[0], is_training)
            own[1].append(latents)
    assert sorted(found) == [(weight, fold) for weight in LAMBDAS for fold in range(FOLDS)]
    assert {len(latents) for _, latents in found.values()} == {MEMBERS}
    return found


def together(latents, is_training, is_shared):
    """One turn for both modalities where they share a space, one for each where they do not; training cells that have them."""
    sets = {name: tuple(latents[0]) if is_shared else (name,) for name in latents[0]}
    found = {}
    for name, on in sets.items():
        stacked = [np.vstack([own[m][is_training & np.isfinite(own[m]).all(axis=1)] for m in on]) for own in latents]
        found[name] = np.mean([own[name] @ orthogonal_procrustes(one, stacked[0])[0] for own, one in zip(latents, stacked)], axis=0)
    return found


def as_text(column):
    return column.astype(object).where(column.notna(), "").astype(str).to_numpy()


@pytest.mark.parametrize("weight", LAMBDAS)
def test_types_and_matching(members_run, members, typed, weight):  # noqa: F811
    accuracy, matching = table(members_run, "accuracy"), table(members_run, "matching")
    obs = typed.obs[["type", "donor", "sex"]]
    variant = f"folds,lambda={weight},members={MEMBERS}"
    for fold in range(FOLDS):
        is_training, latents = members[weight, fold]
        z = together(latents, is_training, is_shared=weight > 0)
        check(of_replicate(accuracy, variant, fold), rows_of({f"z{name}": own for name, own in z.items()}, resolutions(obs, CLASSES), is_training))
        check_matching(of_replicate(matching, variant, fold), z, is_training, {name: as_text(obs[name]) for name in obs})


class Averaged:
    """As a network of three_modalities.py, of which the means over modalities are float32."""

    def __init__(self, latents):
        self.latents = latents

    def together(self, names):
        return self.latents[names[0]] if len(names) == 1 else np.mean([self.latents[name].astype(np.float32) for name in names], axis=0)


@pytest.mark.parametrize("weight", LAMBDAS)
def test_types_by_several_modalities(run, networks, cohort, weight):  # noqa: F811
    accuracy = table(run, "accuracy")
    own = [("cell class", cohort.obs["cell class"].astype(str).to_numpy()[:TRAINED])]
    each = [networks[variant] for variant in sorted(networks) if variant.startswith(f"folds,lambda={weight},member=")]
    for fold, members_of_fold in enumerate(zip(*each, strict=True)):
        is_training = members_of_fold[0].split == 0
        z = together([{name: np.asarray(z, float) for name, z in network.own.items()} for network in members_of_fold], is_training, is_shared=weight > 0)
        expected = rows_of(representations(Averaged(z), is_coupled=weight > 0), own, is_training)
        check(of_replicate(accuracy, f"folds,lambda={weight},members={len(each)}", fold), expected)


def test_they_are_summarised_and_compared(members_run):
    """With their reference, the variant of the other lambda."""
    summary, comparisons = table(members_run, "summary"), table(members_run, "comparisons")
    own = set(summary.loc[summary["variant"] == f"folds,lambda=1,members={MEMBERS}", "metric"])
    assert any(metric.startswith("accuracy") for metric in own) and any(metric.startswith("foscttm") for metric in own)
    compared = comparisons[comparisons["variant"] == f"folds,lambda=0,members={MEMBERS}"]
    assert set(compared["reference"]) == {f"folds,lambda=1,members={MEMBERS}"}
    assert compared["metric"].str.startswith("accuracy").any() and compared["metric"].str.startswith("foscttm").any()
