"""What figures of the report draw and say: collapse, clusters and their silhouettes, features, relative losses, who chooses on the held-out cells."""

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import pytest
from test_report import VARIANT, full, keys, pictures_only  # noqa: F401

from cplae_analysis import first_page
from cplae_analysis.figures import clusters, collapse, comparisons, consensus, consensus_scores, features, matching, relative, types
from cplae_analysis.figures.run_folder import Run, Variant
from cplae_analysis.figures.style import LeftOut


@pytest.fixture(autouse=True)
def closed():
    yield
    plt.close("all")


def latents_of(rows):
    """(experiment, scale, init, representation, SDs by axis)."""
    found = []
    for experiment, scale, init, representation, sds in rows:
        variant = f"{experiment},scale={scale}" if experiment == "couplings" else experiment
        at = {"experiment": experiment, "variant": variant, "lambda": "0.5", "scale": scale, "fold": "", "init": str(init), "representation": representation}
        found += [at | {"axis": float(axis), "sd": sd} for axis, sd in enumerate(sds)]
    return pd.DataFrame(found)


@pytest.fixture
def couplings(full):
    """A study that varies the scale on the split of `consensus`, which has the paper's."""
    run = Run(full)
    run.study["experiment"].append({"name": "couplings", "kind": "sweep", "split": "consensus"})
    rows = [("consensus", "min_singular_value", init, "zT", (1.0, 0.75 + 0.125 * init)) for init in range(2)]
    rows += [("couplings", "none", init, "zT", (1.5, 0.0625 * (1 + init))) for init in range(3)]
    rows += [("couplings", "norm", 0, "zT", (1.5, 0.0)), ("couplings", "norm", 0, "zE", (1.5, 0.25))]
    rows += [("cross_validation", "min_singular_value", 0, "zT", (9.0, 9.0))]
    run.tables["latents"] = latents_of(rows)
    return run


def test_collapse_draws_a_line_a_scale_on_one_split(couplings):
    drawn = collapse.draw(couplings)
    panel = next(axes for axes in drawn.figure.axes if axes.get_title() == "latents of T")
    lines = {line.get_label(): line[0].get_ydata() for line in panel.containers}
    assert {name: list(values) for name, values in lines.items()} == {
        "min_singular_value": [1.0, 0.8125], "none": [1.5, 0.125], "norm": [1.5, collapse.LEAST_SD],
    }, "means over networks; the other split's SD of 9 is not among them"
    assert panel.get_yscale() == "log"
    assert "min_singular_value (n = 2): zT 0.81 (0.75 to 0.88); none (n = 3): zT 0.12 (0.062 to 0.19); norm (n = 1): zT 0, zE 0.25." in drawn.caption
    assert "n = 1 to 3 networks of one split" in drawn.caption and "Of consensus, couplings,scale=none, couplings,scale=norm." in drawn.caption
    assert "(least of all here: 0, zT of couplings,scale=norm)" in matching.draw(couplings).caption


def test_collapse_needs_two_scales_that_are_alike_in_all_else(couplings):
    couplings.tables["latents"].loc[lambda table: table["scale"] != "min_singular_value", "lambda"] = "1"
    assert set(collapse.compared(couplings)["scale"]) == {"none", "norm"}, "those of another lambda are not compared with these"
    couplings.tables["latents"] = couplings.tables["latents"].query("scale != 'norm'")
    with pytest.raises(LeftOut, match="no two scalings of the coupling have the same split"):
        collapse.compared(couplings)
    couplings.tables["latents"] = couplings.tables["latents"].query("scale == 'none'").drop(columns="scale")
    with pytest.raises(LeftOut, match="all networks have one scaling of the coupling"):
        collapse.compared(couplings)
    couplings.tables["latents"] = pd.DataFrame()
    with pytest.raises(LeftOut, match="earlier version"):
        collapse.compared(couplings)


def test_silhouettes_stand_beside_agreement_as_weak_evidence(full):
    run = Run(full)
    rows = [("silhouette", "(clusters)", 0.25), ("silhouette_sd", "(clusters)", 0.5), ("silhouette", "leaf", -0.125), ("silhouette_sd", "leaf", 0.375)]
    at = {"experiment": "consensus", "variant": "consensus", "first": "zT", "cells": "held_out", "n_cells": 9.0}
    run.tables["consensus"] = pd.concat([run.tables["consensus"], pd.DataFrame([at | {"measure": m, "second": s, "value": v} for m, s, v in rows])])
    drawn = consensus.draw(run)
    assert "consensus clusters by zT 0.25 ± 0.50 (9 cells), leaf by zT -0.12 ± 0.38 (9 cells). Weak evidence alone" in drawn.caption
    (axes,) = [axes for axes in drawn.figure.axes if "silhouette" in axes.get_xlabel()]
    assert axes.get_visible() and list(axes.containers[0][0].get_xdata()) == [0.25, -0.125]
    assert consensus_scores.silhouettes_text(run.tables["consensus"].query("measure == 'components'")) == ""


def test_clusters_are_drawn_against_types_on_held_out_cells(full):
    run = Run(full)
    table = run.tables["contingency"]
    held_out = table[table["second"] == "leaf"].assign(cells="held_out")
    assert consensus.panels(table, ["T", "E"]) == [("zT", "zE", "held_out"), ("zT", "leaf", "all")]
    run.tables["contingency"] = pd.concat([table, held_out])
    assert consensus.panels(run.tables["contingency"], ["T", "E"]) == [("zT", "zE", "held_out"), ("zT", "leaf", "held_out")]
    assert [axes.get_title() for axes in consensus.draw(run).figure.axes if axes.get_title()] == ["held-out cells"] * 2
    run.tables["contingency"] = table
    assert "all cells, training included" in [axes.get_title() for axes in consensus.draw(run).figure.axes]


@pytest.mark.parametrize(("said", "modal", "at_end"), [(1, 3, True), (0, 3, False), (None, 3, False), (None, 2, True), (None, 4, True)])
def test_best_counts_at_an_end_are_told(full, said, modal, at_end):
    """As consensus.csv says; where it says nothing, of the counts in bic.csv, which are 2 to 4."""
    run = Run(full)
    table = run.tables["consensus"]
    table.loc[table["measure"] == "components_at_end", "value"] = said
    run.tables["consensus"] = table if said is not None else table[table["measure"] != "components_at_end"]
    run.tables["cluster_counts"]["modal_components"] = float(modal)
    words = ", an end of the counts tried (2 to 4)"
    assert clusters.end_of_range(run, "consensus") == (words if at_end else "")
    assert (f"modal count {modal}{words}" in clusters.draw(run).caption) == at_end


def test_features_of_every_modality_are_drawn(full):
    drawn = features.draw(Run(full))
    assert [axes.get_title(loc="left") for axes in drawn.figure.axes] == ["all features of T", "all features of E", "features of T", "features of E"]
    table = pd.read_csv(full / "tables" / "features.csv", keep_default_na=False)
    own = table[(table["variant"] == VARIANT) & (table["from"] == "E") & (table["to"] == "T")].groupby("feature")["r2"].mean()
    assert f"E → T {own.median():.2f} (100% above 0, 2 features)" in drawn.caption
    (curve,) = [line for line in drawn.figure.axes[0].lines if line.get_label() == "E → T (across)"]
    assert np.allclose(curve.get_xdata(), own.sort_values(ascending=False)) and list(curve.get_ydata()) == [50, 100]


def test_the_features_variant_is_chosen_by_what_all_variants_have(full):
    """Coupled networks alone predict from several modalities, which they do better than from one."""
    run = Run(full)
    apart = "cross_validation,lambda=0"
    run.variants.append(Variant(apart, "cross_validation", "", False))
    table = run.tables["features"]
    coupled = table[table["variant"] == VARIANT]
    table = pd.concat([coupled.assign(r2=0.25), coupled.assign(**{"from": "T+M", "r2": 0.9}), coupled.assign(variant=apart, r2=0.5)])
    assert features.chosen_variant(run, table).id == apart


def test_rows_of_several_modalities_are_a_family_of_their_own(full):
    run = Run(full)
    table = run.tables["comparisons"]
    assert "over all 2 rows of comparisons.csv" in comparisons.draw(run).caption
    run.tables["comparisons"] = pd.concat([table, table.iloc[:1].assign(metric="r2 E<-T+M")])
    assert "over the 2 rows of single modalities and, apart from them, the 1 of several at once of comparisons.csv" in comparisons.draw(run).caption


def test_of_many_features_best_worst_and_panel_are_named():
    ordered = [f"g{place}" for place in range(100)]
    chosen = features.choose(ordered, ["g99", "g50", "g0", "g20", "lacking"])
    assert chosen.groups == [("best 15", ordered[:15]), ("panel", ["g20", "g50"]), ("worst 10", ordered[90:])] and chosen.count == 100
    assert features.choose(ordered[:45], ["g1"]).groups == [("", ordered[:45])]
    assert [name for name, _ in features.choose(ordered, []).groups] == ["best 15", "worst 10"]


def test_relative_losses_have_bars_of_several_networks(full):
    run = Run(full)
    assert "No bars: one network of each setting has no spread." in relative.draw(run).caption
    losses = [keys(VARIANT, fold) | {"step": 20.0, "kept": 1.0, "part": "validation", "term": "mse_T", "value": value} for fold, value in enumerate((1.5, 2.0, 3.0))]
    losses += [losses[0] | {"kept": 0.0, "step": 10.0, "value": 99.0}, losses[0] | {"part": "train", "value": 99.0}]
    run.tables["losses"] = pd.concat([run.tables["losses"], pd.DataFrame(losses)])
    run.tables["relative"]["reference_loss"] = 4.0
    assert np.allclose(relative.spreads(run, run.tables["relative"]), np.std([1.5, 2.0, 3.0], ddof=1) / 4)
    assert "Bars: SD of the term over these networks, over the same reference;" in relative.draw(run).caption


def test_captions_of_types_have_their_n(full):
    assert "bar: mean over n = 3 types. Held-out cells of all 3 folds" in types.draw_correlations(Run(full)).caption


@pytest.mark.parametrize(("training", "said"), [({"steps": 100, "keep_best_after": 100}, True), ({"steps": 100, "keep_best_after": 101}, False), ({}, False)])
def test_who_chooses_on_the_held_out_cells_is_said_where_p_values_are(full, training, said):
    run = Run(full)
    run.study["training"] = training
    words = "Networks are kept at their best step on these same held-out cells"
    assert (words in comparisons.draw(run).caption) == said
    assert first_page.first_page(run).count(words) == said
    run.tables["comparisons"]["variant"] = "cross_validation,lambda=0"
    assert comparisons.choice_note(run) == "", "between networks"
