"""What the report says where tables have gaps: directions, measures or indices that a variant, a fold or all of them lack."""

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import pytest
from test_report import VARIANT, FakeRun, full, keys, pictures_only  # noqa: F401

from cplae_analysis import first_page, numbers, pooled, spreads
from cplae_analysis.figures import accuracy, comparisons, consensus, ensembles, features, matching, reconstruction, relative
from cplae_analysis.figures.members import together_text
from cplae_analysis.figures.names import is_of_several
from cplae_analysis.figures.run_folder import Run, Variant

NAMES = ["A", "B", "C", "D"]
SIMPLE = "cross_validation,baseline=ridge"


@pytest.fixture(autouse=True)
def closed():
    yield
    plt.close("all")


@pytest.fixture
def four(tmp_path):
    """Four modalities: of the variant one fold lacks a direction, the baseline has two directions only."""
    run = FakeRun(tmp_path / "run", NAMES, labels=True)
    run.add_variant(VARIANT, [1.0, 2.0, 3.0])
    for fold in range(3):
        run.add_replicate(SIMPLE, fold, 1.0)
    run.rows["losses"] = [row for row in run.rows["losses"] if row["variant"] != SIMPLE]

    def is_there(row):
        if row["from"] == row["to"]:
            return True
        return {row["from"], row["to"]} == {"A", "B"} if row["variant"] == SIMPLE else (row["fold"], row["from"], row["to"]) != (2, "A", "D")

    run.rows["reconstruction"] = [row for row in run.rows["reconstruction"] if is_there(row)]
    run.write()
    return Run(run.folder)


def fields(page, name):
    """Heading -> field of the line of a variant."""
    heads = page.partition("</tr>")[0].split("<th>")[1:]
    (line,) = [line for line in page.split("<tr") if f">{name}<" in line]
    return dict(zip([head.partition("</th>")[0] for head in heads], [cell.partition("</td>")[0] for cell in line.split("<td>")[1:]], strict=True))


def test_means_are_of_networks_that_have_all_directions(four):
    page = numbers.headline(four)
    table = four.tables["reconstruction"]
    own = table[(table["variant"] == VARIANT) & (table["from"] != table["to"])]
    whole = own[own["fold"] != "2"].groupby("fold")["r2"].mean()
    network, simple = fields(page, "cross_validation: λ = 0.5"), fields(page, "cross_validation: ridge")
    assert network["R² across"] == f"{whole.mean():.3f} ± {whole.std():.3f} (n = 2)" and network["R² within"].count("(n") == 0
    assert simple["R² across"] == "–" and simple["R² others → D"] == "–" and simple["R² within"] != "–"
    assert "A mean over directions is of networks that have all that any has" in page


def test_a_tile_counts_the_directions_of_its_variant(four):
    """Another experiment has a direction more, and the same as the variant's mean is of it."""
    table = four.tables["reconstruction"]
    more = table[table["variant"] == VARIANT].assign(experiment="consensus", variant="consensus", fold="", init="0")
    four.tables["reconstruction"] = pd.concat([table[~((table["from"] == "A") & (table["to"] == "D"))], more[more["r2"].notna()].drop_duplicates(["from", "to"])])
    tile = next(tile for tile in first_page.tiles(four, first_page.headline_variant(four)) if tile.name == "R² across")
    assert tile.under == "mean of 11 directions, n = 3 folds"


def test_of_as_many_directions_those_of_most_networks_are_taken():
    rows = [(fold, end) for fold, ends in enumerate(("AB", "AC", "AC", "A")) for end in ends]
    frame = pd.DataFrame([{"variant": "v", "fold": str(fold), "init": "", "from": "T", "to": end, "r2": fold + 1.0} for fold, end in rows])
    mean = pooled.Mean("", "reconstruction", "r2", lambda own: own["from"] == "T")
    count, found = pooled.of_networks(frame, mean)
    assert count == 2 and np.array_equal(found["r2"], [np.nan, 2, 3, np.nan], equal_nan=True)
    assert pooled.of_networks(frame.assign(r2=np.nan), mean)[0] == pooled.of_networks(pd.DataFrame(), mean)[0] == 0


def test_columns_without_any_number_are_not_shown(full):
    run = Run(full)
    row = keys(VARIANT) | {"metric": "accuracy zT leaf 4", "mean": np.nan, "sd": np.nan, "n": 0.0}
    run.tables["summary"] = pd.concat([run.tables["summary"], pd.DataFrame([row])])
    page = numbers.headline(run)
    assert "<th>leaf, zE (%)</th>" in page and "leaf, zT" not in page


@pytest.mark.parametrize(
    ("metric", "several"),
    [
        ("r2 E<-T+M", True), ("mse E<-T+M", True), ("accuracy zT+M leaf 4", True), ("accuracy zT CD4+ 4", False),
        ("label_transfer E<-T CD4+ T+M", False), ("CD4+ from one modality", False), ("a b+ from all together", False), ("best_components", False),
    ],
)  # fmt: skip
def test_a_plus_in_a_label_is_no_second_modality(metric, several):
    assert is_of_several(metric) == several


def test_labels_with_a_plus_stay_in_spreads_and_comparisons(four):
    table = four.tables["accuracy"].assign(label="CD4+")
    four.tables_with_members["accuracy"] = four.tables["accuracy"] = pd.concat([table, table.assign(representation="zA+B")])
    found = set(spreads.scores(four)["metric"])
    assert {"accuracy zA CD4+ 4", "CD4+ from one modality"} <= found and "accuracy zA+B CD4+ 4" not in found
    rows = pd.DataFrame({"metric": ["accuracy zA CD4+ 4", "r2 A<-B+C", "r2 A<-B"]})
    assert comparisons.families(rows) == "the 2 rows of single modalities and, apart from them, the 1 of several at once"
    assert comparisons.chosen_metrics(rows)[-1] == "r2 A<-B+C"


def test_settings_look_different_beyond_the_colours():
    looks = [tuple(relative.look_of(number).values()) for number in range(len(relative.MARKERS) * len(relative.PALETTE))]
    assert len(set(looks)) == 49


@pytest.fixture
def averaged(full):
    return Run(full)


def test_ensembles_without_spreads_across_say_nothing_of_them(averaged):
    table = averaged.tables["ensembles"]
    lacking = table[table["measure"] != "spread_error_correlation"]
    empty = table.assign(value=table["value"].where(table["measure"] != "within_two_spreads"))
    within = table.assign(**{"from": "T"})
    assert "38% of entries within two spreads" in ensembles.draw(averaged).caption
    for rows in (lacking, empty, within):
        averaged.tables["ensembles"] = rows
        caption = ensembles.draw(averaged).caption
        assert "consensus, 3 networks. Networks that differ" in caption and "nan" not in caption
        assert ensembles.calibrated_text(rows, "consensus", NAMES) == ""
    assert ensembles.calibrated_text(table, "consensus", ["T", "E", "M", "A"]).startswith("over the directions across, 38% to 38%")


def test_gains_of_averages_without_a_mean_of_one_are_empty(averaged):
    table = averaged.tables["ensembles"]
    rows = table.assign(value=table["value"].where(table["measure"] != "r2_of_members"))
    figure = ensembles.draw_gains(rows, [variant for variant in averaged.variants if variant.id == "consensus"], ["T", "E"])
    assert [axes.get_title() for axes in figure.axes if axes.get_visible()] == ["R² of the average\nconsensus"]


@pytest.mark.parametrize(
    ("values", "ends", "words"),
    [
        ([0.1, np.nan, 0.5, 0.3], ["C", "A"], "those that agree best and least are drawn"),
        ([np.nan, np.nan, 0.5, np.nan], ["C"], "those that agree best and least are drawn"),
        ([np.nan] * 4, ["A"], "none has an index of agreement, and the first is drawn"),
    ],
)
def test_pairs_without_an_index_are_neither_best_nor_least(values, ends, words):
    rows = [("zT", f"z{name}", "held_out") for name in NAMES]
    scores = pd.DataFrame(rows, columns=["first", "second", "cells"]).assign(measure="adjusted_rand_index", value=values)
    chosen, said = consensus.chosen([*rows, ("zT", "leaf", "held_out")], scores, ["T", *NAMES])
    assert [second for _, second, _ in chosen] == [*(f"z{name}" for name in ends), "leaf"] and f"Of 4 pairs of modalities {words}" in said


def test_a_variant_without_any_r2_is_not_the_one_of_the_features(full):
    run = Run(full)
    apart = "cross_validation,lambda=0"
    run.variants.insert(0, Variant(apart, "cross_validation", "", False))
    table = run.tables["features"]
    own = table[table["variant"] == VARIANT]
    assert features.chosen_variant(run, pd.concat([own.assign(variant=apart, r2=np.nan), own])).id == VARIANT


def test_captions_say_what_a_dot_of_an_ensemble_is(full):
    run = Run(full)
    words = "Of a variant with members = n a dot is all networks of a fold together, by the mean of"
    for draw in (accuracy.draw, matching.draw, reconstruction.draw):
        assert "members = n" not in draw(run).caption
    for table in ("accuracy", "matching", "reconstruction"):
        own = run.tables[table]
        run.tables[table] = pd.concat([own, own[own["variant"] == VARIANT].assign(variant=f"{VARIANT},members=3")])
    run.variants.append(Variant(f"{VARIANT},members=3", "cross_validation", "members = 3", False))
    assert f"{words} their latents, each turned onto the first one's." in matching.draw(run).caption
    assert f"{words} what they decode." in reconstruction.draw(run).caption
    assert "members = n a value is all networks of a fold together" in accuracy.draw(run).caption, "lines, no dots"
    assert together_text(["cv,member=0", "cv"], "dot", "") == ""
