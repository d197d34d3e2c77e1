"""SD of the headline numbers over seeds and over folds, against NumPy on the tables as they are read by pandas."""

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import pytest
from test_report import VARIANT, FakeRun, bare, keys, pictures_only  # noqa: F401

from cplae_analysis import first_page, numbers, spreads
from cplae_analysis.figures import stability
from cplae_analysis.figures.run_folder import Run
from cplae_analysis.figures.style import LeftOut


@pytest.fixture(autouse=True)
def closed():
    yield
    plt.close("all")


@pytest.fixture
def repeated(tmp_path):
    """Three members on four folds, of which one network failed; five initialisations of the same settings on one split."""
    run = FakeRun(tmp_path / "run", ["T", "E"], labels=True)
    for member in range(3):
        run.add_variant(f"{VARIANT},member={member}", [1.0, 2.0, 3.0, 4.0], failed=(2,) if member == 1 else ())
    run.add_variant("consensus", [1.0] * 5)
    run.write()
    path = run.folder / "tables" / "reconstruction.csv"
    table = pd.read_csv(path, dtype=str, keep_default_na=False)
    table.assign(r2=np.random.default_rng(3).normal(size=len(table))).to_csv(path, index=False)
    return run.folder


def test_spreads_are_those_of_numpy(repeated):
    found = stability.stability(Run(repeated)).set_index(["group", "metric"])
    table = pd.read_csv(repeated / "tables" / "reconstruction.csv")
    table = table[(table["from"] == "T") & (table["to"] == "E")]
    members = table[table["variant"].str.startswith(VARIANT)]
    square = np.full((3, 4), np.nan)
    for _, row in members.iterrows():
        square[int(row["variant"][-1]), int(row["fold"])] = row["r2"]
    assert np.isnan(square[1, 2]) and np.isfinite(square).sum() == 11
    # Pooled: sums of squares over degrees of freedom. Columns have 3, 3, 2, 3 values, rows 4, 3, 4.
    seeds = np.sqrt(np.nansum((square - np.nanmean(square, axis=0)) ** 2) / (2 + 2 + 1 + 2))
    folds = np.sqrt(np.nansum((square - np.nanmean(square, axis=1, keepdims=True)) ** 2) / (3 + 2 + 3))
    own = found.loc[VARIANT, "r2 E<-T"]
    assert np.allclose([own["sd_seeds"], own["sd_folds"], own["mean"]], [seeds, folds, np.nanmean(square)], rtol=1e-12)
    assert (own["seeds"], own["splits"], own["folds"], own["folds_of"]) == ("2 to 3", 4, "3 to 4", VARIANT)
    # Repeats have the folds of the cross-validation of the same settings.
    repeats = found.loc["consensus", "r2 E<-T"]
    assert np.isclose(repeats["sd_seeds"], table[table["variant"] == "consensus"]["r2"].std(ddof=1), rtol=1e-12)
    assert (repeats["seeds"], repeats["splits"], repeats["folds_of"]) == ("5", 1, VARIANT) and repeats["sd_folds"] == own["sd_folds"]


def test_spreads_leave_ensembles_and_coarse_labels_out(repeated):
    run = Run(repeated)
    table = run.tables_with_members["reconstruction"]
    run.tables_with_members["reconstruction"] = pd.concat([table, table.head(4).assign(variant=f"{VARIANT},members=3"), table.head(4).assign(variant=f"{VARIANT},baseline=mean")])
    found = spreads.scores(run)
    assert set(found["group"]) == {VARIANT, "consensus"}
    assert set(found["metric"]) == {f"r2 {end}<-{start}" for start in "TE" for end in "TE"} | {"accuracy zT leaf 4", "accuracy zE leaf 4"}


def test_stability_is_on_the_first_page_and_in_a_table(repeated):
    run = Run(repeated)
    drawn = stability.draw(run)
    heads, rows = drawn.table
    own = stability.stability(run).set_index(["group", "metric"]).loc["consensus", "r2 E<-T"]
    assert ["R² T → E", "consensus", f"{own['mean']:.3g}", f"{own['sd_seeds']:.3g}", "5 × 1", f"{own['sd_folds']:.3g}", f"3 to 4 ({VARIANT})"] in rows
    assert len(heads) == len(rows[0]) and "n = 2 to 3 on each of 4 splits, 5 on one split" in drawn.caption
    said = stability.sentence(run, first_page.headline_variant(run), ["r2 E<-T", "none"])
    member = stability.stability(run).set_index(["group", "metric"]).loc[VARIANT, "r2 E<-T"]
    assert said == f"SD of {VARIANT} over 2 to 3 seeds on each of 4 splits, in brackets over 3 to 4 folds: R² T → E {member['sd_seeds']:.2g} ({member['sd_folds']:.2g})."


def test_nothing_repeated_is_said(bare):
    run = Run(bare)
    with pytest.raises(LeftOut, match="no setting has two networks on one split"):
        stability.draw(run)
    assert "How much is chance:</b> not known, no setting has two networks" in first_page.first_page(run)


def test_an_ensemble_that_is_the_reference_is_the_headline(repeated):
    """Its members, which have no rows of their own beside it, stand in no line of the numbers."""
    run = Run(repeated)
    ensemble = f"{VARIANT},members=3"
    at = keys(ensemble)
    run.tables["summary"] = pd.DataFrame([at | {"metric": "r2 E<-T", "mean": 0.25, "sd": 0.125, "n": 4.0}])
    run.tables["comparisons"] = pd.DataFrame([keys(f"{VARIANT},baseline=mean") | {"reference": ensemble, "metric": "r2 E<-T", "difference": 0.5}])
    table = run.tables["accuracy"]
    run.tables["accuracy"] = pd.concat([table, table[table["variant"] == f"{VARIANT},member=0"].assign(variant=ensemble)])
    headline = first_page.headline_variant(run)
    assert headline.id == ensemble
    assert [(tile.name, tile.value) for tile in first_page.tiles(run, headline)] == [("R² T → E", "0.25 ± 0.12")]
    assert "accuracy of leaf (4) from zT" in first_page.tiles_html(run), "the spread is that of its members"
    page = numbers.headline(run)
    assert "0.250 ± 0.125" in page and "members = 3" in page and "member = " not in page
