"""The report of six modalities, of which cells lack some: every one of them is there, readable, and what is drawn is recomputed from the tables."""

import re
import sys

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import pytest
from program import ROOT, study_text, succeed

sys.path.insert(0, str(ROOT / "analysis"))
from cplae_analysis import first_page, numbers, report  # noqa: E402
from cplae_analysis.figures import accuracy, comparisons, consensus, ensembles, features, latents, matching, relative, stability, types  # noqa: E402
from cplae_analysis.figures.matrices import balanced, number  # noqa: E402
from cplae_analysis.figures.run_folder import Run, Variant  # noqa: E402
from cplae_analysis.figures.style import colours  # noqa: E402

NAMES = ["T", "E", "M", "A", "B", "C"]
COUPLED, APART = "folds,lambda=1,members=2", "folds,lambda=0,members=2"
FOLDS = 'kind = "kfold"\nfolds = 3\nmembers = 2\nvary."coupling.lambda" = [0, 1]\nbaselines = ["mean", "ridge"]\n'
REPEATS = '[[experiment]]\nname = "again"\nkind = "repeats"\ninitialisations = 3\ncomponents = [2, 4]\nstarts = 2\n'
# What a page of 1,088 pixels shows without scrolling at the least scale of a figure.
MOST_INCHES = 1088 / 96 / 0.8


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    place = tmp_path_factory.mktemp("many")
    succeed("simulate", "--preset", "tiny", "--modalities", 6, "--lack", 0.15, "--seed", 4, "--out", place / "six.h5mu")
    (place / "six.toml").write_text(study_text(NAMES, column="leaf", experiment=FOLDS, extra=REPEATS))
    # Enough that every modality has features whose means of types are compared.
    settings = [word for setting in ("steps=500", "batch=100", "latent_dim=4", "learning_rate=0.005") for word in ("--set", f"training.{setting}")]
    succeed("run", place / "six.toml", "--data", place / "six.h5mu", "--out", place / "run", "--quiet", "--no-report", *settings)
    return place / "run"


@pytest.fixture(scope="module")
def run(folder):
    return Run(folder)


@pytest.fixture(autouse=True)
def closed():
    yield
    plt.close("all")


def table(folder, name):
    return pd.read_csv(folder / "tables" / f"{name}.csv", keep_default_na=False, na_values=[""])


def seen(figure):
    return [axes for axes in figure.axes if axes.get_visible()]


def panel(drawn, *words):
    (found,) = [axes for axes in seen(drawn.figure) if axes.get_title() == "\n".join(words)]
    return found


def shown_values(axes):
    return np.ma.filled(axes.images[0].get_array().astype(float), np.nan)


def square(rows, value):
    """Means, [from x to] in the order of the study."""
    return rows[rows["from"].isin(NAMES)].groupby(["from", "to"])[value].mean().unstack().reindex(index=NAMES, columns=NAMES).to_numpy()


def test_every_figure_can_be_read_and_none_is_at_fault(run, monkeypatch):
    monkeypatch.setattr(report, "VECTORS", ())
    for name, _, draw, _ in report.FIGURES:
        drawn = report.draw(run, name, draw)
        if name == "collapse":
            assert "one scaling of the coupling" in drawn
            continue
        assert not isinstance(drawn, str), (name, drawn)
        assert drawn.width <= MOST_INCHES, f"{name} is {drawn.width} inches wide"
        assert len(drawn.caption) < 2200, f"{name}: nobody reads a caption of {len(drawn.caption)} letters"


def test_latents_and_accuracies_are_of_all_modalities(run):
    drawn = latents.draw(run)
    assert [re.match(r"from (\w) ", axes.get_title())[1] for axes in seen(drawn.figure) if axes.get_title()] == NAMES
    assert "Latents of T, E, M, A, B and C in one network" in drawn.caption
    titles = {axes.get_title() for axes in seen(accuracy.draw(run).figure)}
    assert {f"latents of {name}: leaf" for name in (*NAMES, "T+E+M+A+B+C")} == {title.split(" (")[0] for title in titles}


def test_numbers_have_means_over_directions(run, folder):
    page = numbers.headline(run)
    own = table(folder, "reconstruction")
    own = own[own["variant"] == COUPLED]
    across = own[(own["from"] != own["to"]) & own["from"].isin(NAMES)]
    for rows in (across, own[~own["from"].isin(NAMES)], own[own["from"] == own["to"]], *(across[across["to"] == name] for name in NAMES)):
        folds = rows.groupby("fold")["r2"].mean()
        assert f"<td>{folds.mean():.3f} ± {folds.std():.3f}</td>" in page
    assert "<th>R² others → C</th>" in page and "T → E</th>" not in page and "member = " not in page
    tiles = {tile.name: tile for tile in first_page.tiles(run, first_page.headline_variant(run))}
    assert tiles["R² across"].under == "mean of 30 directions, n = 3 folds"


def test_spreads_of_means_over_directions_are_those_of_their_networks(run, folder):
    own = table(folder, "reconstruction")
    own = own[own["variant"].str.startswith("folds,lambda=1,member=") & (own["from"] != own["to"]) & own["from"].isin(NAMES)]
    networks = own.groupby(["fold", "variant"])["r2"].mean().unstack()
    seeds = np.sqrt(networks.var(axis=1, ddof=1).mean())
    found = stability.stability(run).set_index(["group", "metric"]).loc["folds,lambda=1", "R² across"]
    assert np.isclose(found["sd_seeds"], seeds, rtol=1e-9) and np.isclose(found["mean"], networks.to_numpy().mean(), rtol=1e-9)
    drawn = stability.draw(run)
    titles = [axes.get_title() for axes in seen(drawn.figure)]
    assert titles[:3] == ["R² across", "R² from several", "R² within"] and {f"accuracy of leaf (6) from z{name}" for name in NAMES} <= set(titles)
    assert f"R² across {seeds:.2g} (" in first_page.tiles_html(run)


def test_comparisons_are_matrices_with_what_is_beyond_chance_framed(run, folder):
    drawn = comparisons.draw(run)
    rows = table(folder, "comparisons")
    rows = rows[rows["metric"].str.match(r"r2 \w<-\w$")]
    rows = rows.assign(**{"from": rows["metric"].str[-1], "to": rows["metric"].str[3]})
    for label, variant in (("λ = 0, members = 2", APART), ("ridge", "folds,baseline=ridge")):
        axes, own = panel(drawn, "R²", label), rows[rows["variant"] == variant]
        assert np.allclose(shown_values(axes), square(own, "difference"), equal_nan=True)
        assert len(axes.patches) == (own["p_holm"] < 0.05).sum()
        halves = sorted(f"±{number(half, 2)}" for half in (own["high"] - own["low"]) / 2)
        assert sorted(text.get_text() for text in axes.texts if text.get_text().startswith("±")) == halves
    assert "measures are drawn, those of single modalities." in drawn.caption


def test_blue_is_ahead_in_every_kind_of_measure(run):
    """Reference less variant: of FOSCTTM below 0 is ahead."""
    own = run.tables["comparisons"]
    found = Run(run.folder)
    first = own[own["metric"] == "r2 E<-T"]
    found.tables["comparisons"] = pd.concat([first.assign(difference=0.3), first.assign(metric="foscttm E<-T", difference=-0.3), first.assign(metric="accuracy zE leaf 6", difference=0.3)])
    for axes in seen(comparisons.draw(found).figure):
        (value,) = [value for value in shown_values(axes).flat if np.isfinite(value)]
        red, _, blue, _ = axes.images[0].cmap(axes.images[0].norm(value))
        assert blue > red, axes.get_title()


def test_types_are_decoded_to_every_modality(run, folder):
    pairs, said = types.across(run.tables["typewise"], NAMES)
    assert pairs == [("E", "T"), *(("T", name) for name in NAMES[1:])] and "one to each modality is drawn, from" in said
    rows = table(folder, "type_correlations")
    rows = rows[(rows["over"] == "features") & (rows["variant"] == COUPLED)]
    axes = panel(types.draw_correlations(run), "r, centred", "λ = 1, members = 2")
    assert np.allclose(shown_values(axes), square(rows, "pearson_centred"), equal_nan=True)


def test_matching_and_ensembles_are_matrices(run, folder):
    rows = table(folder, "matching")
    rows = rows[(rows["variant"] == "again") & (rows["measure"] == "foscttm")]
    assert np.allclose(shown_values(panel(matching.draw(run), "FOSCTTM (less is better)", "again")), square(rows, "value"), equal_nan=True)
    rows = table(folder, "ensembles")
    average, one = (square(rows[rows["measure"] == f"r2_of_{which}"], "value") for which in ("average", "members"))
    drawn = ensembles.draw(run)
    assert np.allclose(shown_values(panel(drawn, "R² of the average", "again")), average)
    assert np.allclose(shown_values(panel(drawn, "gain over one network", "again")), average - one)
    heads, lines = drawn.table
    assert len(lines) == 36 + sum(line[0].startswith("accuracy") for line in lines) and ["R² T → T", "again", f"{one[0, 0]:.3f}"] == lines[0][:3]


def test_costs_of_coupling_stand_beside_one_another(run, folder):
    mse, coupling = seen(relative.draw(run).figure)
    rows = table(folder, "relative")
    rows = rows[rows["variant"].str.endswith("member=0")].set_index("term")["relative"]
    assert np.allclose(mse.containers[0][0].get_ydata(), [rows[f"mse_{name}"] for name in NAMES])
    assert [tick.get_text() for tick in mse.get_xticklabels()] == NAMES and len(coupling.get_xticklabels()) == 15


def test_consensus_draws_the_pairs_that_agree_best_and_least(run, folder):
    rows = table(folder, "consensus")
    rows = rows[(rows["measure"] == "adjusted_rand_index") & rows["second"].isin([f"z{name}" for name in NAMES]) & (rows["cells"] == "held_out")]
    best, least = (rows.loc[at] for at in (rows["value"].idxmax(), rows["value"].idxmin()))
    drawn = consensus.draw(run)
    counts = [(axes.get_ylabel(), axes.get_xlabel()) for axes in seen(drawn.figure) if axes.get_ylabel().startswith("clusters by")]
    assert counts[:2] == [(f"clusters by {pair['first']}", pair["second"]) for pair in (best, least)] and counts[2][1] == "leaf"
    assert "Of 15 pairs of modalities those that agree best and least are drawn" in drawn.caption


def test_bars_of_features_are_within_and_the_mean_of_the_others(run, folder):
    drawn = features.draw(run)
    variant = features.chosen_variant(run, run.tables["features"]).id
    rows = table(folder, "features")
    rows = rows[(rows["variant"] == variant) & (rows["to"] == "C")]
    (axes,) = [axes for axes in seen(drawn.figure) if axes.get_title(loc="left") == "features of C"]
    order = [tick.get_text() for tick in axes.get_yticklabels()]
    within = rows[rows["from"] == "C"].groupby("feature")["r2"].mean()
    others = rows[rows["from"].isin(set(NAMES) - {"C"})].groupby("feature")["r2"].mean()
    for bars, expected in zip([found for found in axes.containers if hasattr(found, "patches")], (within, others), strict=True):
        assert np.allclose([bar.get_width() for bar in bars.patches], expected[order])
    medians = rows[rows["from"].isin(NAMES)].groupby(["from", "feature"])["r2"].mean().groupby("from").median()
    assert ["T", "C", "9", f"{medians['T']:.3f}"] in [line[:4] for line in drawn.table[1]]
    assert f"C within {medians['C']:.2f} (9 features), from others {medians.drop('C').min():.2f} ({medians.drop('C').idxmin()})" in drawn.caption


def test_an_ensemble_and_its_members_have_one_colour():
    ids = ["f,lambda=0,member=0", "f,lambda=0,member=1", "f,lambda=1,member=0", "f,lambda=0,members=2", "again"]
    found = colours([Variant(name, "f", "", False) for name in ids])
    assert found[ids[0]] == found[ids[1]] == found[ids[3]] and len({found[name] for name in (ids[0], ids[2], ids[4])}) == 3


@pytest.mark.parametrize(("count", "columns"), [(1, 1), (4, 4), (5, 3), (6, 3), (7, 4), (9, 3)])
def test_lines_of_panels_are_about_equally_full(count, columns):
    assert balanced(count, 4) == columns


def test_classes_stand_in_their_order_where_more_of_them_leave_fewer_with_cells():
    def rows(usable):
        return pd.DataFrame({"n_classes": [5.0, 10.0, 10.0, 20.0], "n_usable": usable})

    assert accuracy.class_places(rows([5, 8, 9, 12])) == {5: 5, 10: 8.5, 20: 12}
    assert accuracy.class_places(rows([5, 8, 8, 5])) == accuracy.class_places(rows([5, 8, 8, 8])) == {5: 0, 10: 1, 20: 2}


def test_a_rounded_zero_has_no_sign():
    assert (number(-0.004, 2), number(-0.006, 2), number(0.125, 1)) == ("0.00", "-0.01", "0.1")


def test_ensembles_have_accuracies_of_their_own(run, folder):
    rows = table(folder, "accuracy").query("variant == 'folds,lambda=1,members=2' and representation == 'zM'")
    matching_rows = table(folder, "matching").query("variant == 'folds,lambda=1,members=2' and measure == 'foscttm'")
    foscttm = matching_rows.groupby("fold")["value"].mean()
    (line,) = [line for line in numbers.headline(run).split("<tr") if ">folds: λ = 1, members = 2<" in line]
    assert f"<td>{100 * rows['accuracy'].mean():.1f} ± {100 * rows['accuracy'].std():.1f}</td>" in line
    assert f"<td>{foscttm.mean():.3f} ± {foscttm.std():.3f}</td>" in line
