"""What the first page of the report says, the published numbers, the rotatable latents, the tree, and whether a report is of its tables."""

import base64
import hashlib
import json
import sys
from html import unescape

import h5py
import numpy as np
import pandas as pd
import pytest
from test_report import BASELINE, CELLS, ROOT, VARIANT, FakeRun, bare, call, full, keys, pictures, pictures_only  # noqa: F401

from cplae_analysis import against_paper, checksums, first_page, html, published, report, scenes
from cplae_analysis.figures import comparisons, reconstruction, tree
from cplae_analysis.figures.members import without_members
from cplae_analysis.figures.run_folder import ReportError, Run, Variant
from cplae_analysis.figures.style import LeftOut


@pytest.fixture
def two_figures(monkeypatch):
    """For what has nothing to do with the figures, which take long to draw."""
    monkeypatch.setattr(report, "FIGURES", [figure for figure in report.FIGURES if figure[0] in ("latents", "losses")])


def test_first_page_says_whether_it_ran_and_what_came_out(full):
    page = first_page.first_page(Run(full))
    assert "✗ 1 of 5 networks failed, 4 done" in page
    assert "40 cells of gone.h5mu (2 features of T; 2 features of E)" in page and "commit abc123, 2020-01-02" in page
    # The reference of the comparisons is the headline; 0.125 and 0.51 are what summary.csv has of it.
    assert first_page.headline_variant(Run(full)).id == VARIANT
    found = {tile.name: (tile.value, tile.under) for tile in first_page.tiles(Run(full), first_page.headline_variant(Run(full)))}
    assert found["R² T → E"] == ("0.12 ± 0.06", "n = 2 folds")
    assert found["leaf from zE, % right"] == ("51.0 ± 4.0", "n = 2 folds")
    assert found["clusters (least BIC)"] == ("3", "mode over 2 networks, an end of the counts tried (2 to 4)"), "as consensus.csv says"


def test_first_page_of_a_study_without_labels_and_folds(bare):
    page = unescape(first_page.first_page(Run(bare)))
    assert "✓ Finished: all 3 networks done" in page
    assert "Against simple models:</b> not compared" in page
    assert "its numbers are not shown, because the data are others than the paper's: 40 cells, not 3,411" in page


def comparison(variant, reference, metric, difference, p):
    row = {"reference": reference, "metric": metric, "difference": difference, "low": difference - 0.1, "high": difference + 0.1}
    return keys(variant) | row | {"folds": 3, "p": p, "p_holm": p}


def with_comparisons(folder, *rows):
    columns = ["experiment", "variant", "lambda", "reference", "metric", "difference", "low", "high", "folds", "p", "p_holm"]
    pd.DataFrame(rows, columns=columns).to_csv(folder / "tables" / "comparisons.csv", index=False)
    return Run(folder)


def test_simple_models_that_win_are_named(full):
    run = with_comparisons(
        full,
        comparison(BASELINE, VARIANT, "r2 E<-T", -0.25, 0.001),  # the simple model's R2 is higher
        comparison(BASELINE, VARIANT, "r2 T<-T", 0.5, 0.001),
        comparison(BASELINE, VARIANT, "foscttm E<-T", -0.125, 0.001),  # the network's FOSCTTM is lower: the network is ahead
        comparison(BASELINE, VARIANT, "foscttm T<-E", 0.0625, 0.5),  # the simple one's is lower, but not beyond chance
        comparison("cross_validation,lambda=0", VARIANT, "r2 E<-T", -0.9, 0.001),  # a network: no simple model
    )
    rows = first_page.simple_rows(run)
    assert dict(zip(rows["metric"], rows["gain"], strict=True)) == {"r2 E<-T": 0.25, "r2 T<-T": -0.5, "foscttm E<-T": -0.125, "foscttm T<-E": 0.0625}
    said = first_page.simple_html(run)
    assert "ahead of cross_validation,lambda=0.5 in 2 of 4 comparisons on the same folds, in 1 of them beyond chance" in said
    assert "<td>R² T → E</td><td>PC-CCA 2×2</td><td>0.250 [0.150, 0.350]</td>" in said
    assert "FOSCTTM E → T" in said and "FOSCTTM T → E" not in said


def test_one_fold_has_no_interval_and_none_is_shown(full):
    """All other folds failed: comparisons.csv has empty fields, and a reader no 'nan'."""
    empty = {"low": np.nan, "high": np.nan, "folds": 1, "p": np.nan, "p_holm": np.nan}
    run = with_comparisons(full, comparison(BASELINE, VARIANT, "r2 E<-T", -0.25, 1) | empty)
    said = first_page.simple_html(run)
    assert "<td>0.250</td><td>–</td>" in said and "nan" not in said
    assert "in 1 of 1 comparisons on the same folds, of which too few have results to tell chance." in said
    caption = comparisons.draw(run).caption
    assert "paired over 1 fold:" in caption and "Too few folds have results" in caption and "by that test" not in caption
    with_comparisons(full, comparison(BASELINE, VARIANT, "r2 E<-T", -0.25, 0.001))
    assert "paired over 3 folds:" in comparisons.draw(Run(full)).caption


def test_one_fold_is_not_one_folds(full):
    summary = pd.read_csv(full / "tables" / "summary.csv")
    summary.assign(n=1, sd=np.nan).to_csv(full / "tables" / "summary.csv", index=False)
    run = Run(full)
    found = {tile.name: (tile.value, tile.under) for tile in first_page.tiles(run, first_page.headline_variant(run))}
    assert found["R² T → E"] == ("0.12", "n = 1 fold")


def test_a_simple_reference_is_compared_the_other_way_round(full):
    run = with_comparisons(full, comparison(VARIANT, BASELINE, "r2 E<-T", 0.25, 0.001))
    row = first_page.simple_rows(run).iloc[0]
    assert (row["simple"], row["network"], row["gain"], round(row["least"], 6)) == (BASELINE, VARIANT, 0.25, 0.15)


def test_no_simple_model_ahead(full):
    said = first_page.simple_html(with_comparisons(full, comparison(BASELINE, VARIANT, "r2 E<-T", 0.25, 0.001)))
    assert "none of them is ahead of cross_validation,lambda=0.5 in any of the 1 comparisons" in said


def paper_run(folder, cells="neuron {}", gene="Sst", types=59):
    """A run of the paper's numbers of cells, genes, measurements and types."""
    run = FakeRun(folder, ["rna", "ephys"], labels=True)
    run.add_variant(VARIANT, [1.0])
    run.add_summary(VARIANT, "r2 ephys<-rna", 0.3, 0.02, 43)
    run.add_summary(VARIANT, "accuracy zrna leaf 59", 0.7, 0.03, 43)
    run.add_summary(VARIANT, "type_pearson ephys<-rna", 0.9, 0.03, 17)
    row = {"label": "leaf", "representation": "zrna", "n_classes": 59, "n_usable": 54, "n_fitted": 54, "n_cells": 9, "accuracy": 0.7}
    run.rows["accuracy"].append(keys(VARIANT, 0) | row)
    run.write()
    names = [cells.format(i) for i in range(3411)]
    pd.DataFrame({"cell": names, "leaf": [f"t{i % types}" for i in range(3411)], "family": "f"}).to_csv(folder / "tables" / "cells.csv", index=False)
    genes = [*published.published()["genes"][:12], gene]
    genes += [f"Gene{i}" for i in range(1252 - len(genes))]
    with h5py.File(folder / "results.h5", "a") as file:
        for name in ("cells", "features/rna", "features/ephys"):
            del file[name]
        file["cells"] = np.array(names, dtype="S")
        file["features/rna"] = np.array(genes, dtype="S")
        file["features/ephys"] = np.array([f"measure {i}" for i in range(68)], dtype="S")
    return Run(folder)


def test_published_numbers_stand_beside_ours_where_the_data_are_the_paper_s(tmp_path):
    run = paper_run(tmp_path / "run")
    assert published.why_not(run) == ""
    found = {(row.what.split(" (")[0], row.setting): (row.published, row.ours.mean, row.ours.n, row.ours.source) for row in published.beside(run)}
    assert found["R² T → E", "lambda=0.5"] == (0.31, 0.3, 43, VARIANT)
    assert found["accuracy from zT, 54 types", "lambda=0.5"] == (0.71, 0.7, 43, VARIANT)
    assert found["T → E: Pearson r of a type's means, ± over types; features of R² above 0.25", "coupled"] == (0.98, 0.9, 17, VARIANT)
    published_only = found["R² T → E", "lambda=1"]
    assert published_only[0] == 0.31 and np.isnan(published_only[1])
    page = unescape(first_page.first_page(run))
    assert "<td>λ = 0.5</td><td>0.31</td><td>0.300 ± 0.020</td><td>43</td><td>cross_validation</td>" in page
    assert "<td>coupled (λ = 0.5)</td><td>0.98 ± 0.02</td><td>0.900 ± 0.030</td><td>17</td>" in page
    apart = sum(len(number["values"]) for number in published.published()["numbers"] if number["comparable"] == "no")
    others = sum(len(number["values"]) for number in published.published()["numbers"]) - apart - 3
    assert f"{others} more published numbers are of settings that this study has not. {apart} are not comparable with anything here." in page
    assert "github AllenInstitute/coupledAE-patchseq" in page and "Nature Computational Science" in page
    assert all(number["note"] in page for number in published.published()["numbers"]), "why each is comparable, or not"


def relative_row(experiment, at, alpha, term, value):
    row = {"experiment": experiment, "variant": f"{experiment},{at},{alpha}", "lambda": at, "alpha_ephys": alpha, "term": term, "loss": 1.0, "n": 2.0}
    return row | {"reference": "", "reference_loss": 1.0, "reference_n": 2.0, "relative": value}


def test_one_series_of_relative_losses_has_one_source(tmp_path):
    """As in jobs/paper.toml: cross_validation and the sweep of both weights have lambda = 1, alpha_E = 1 alike."""
    run = paper_run(tmp_path / "run")
    rows = [relative_row("cross_validation", at, "1", term, 9.0) for at in ("0.5", "1") for term in ("mse_rna", "mse_ephys", "coupling_rna_ephys")]
    rows += [relative_row("weights", "0.5", alpha, "mse_ephys", value) for alpha, value in (("1", 1.25), ("2", 1.75))]
    rows += [relative_row("weights", "1", "1", "mse_rna", 1.5), relative_row("weights", "2", "1", "coupling_rna_ephys", 0.125)]
    run.tables["relative"] = pd.DataFrame(rows)
    series = [row for row in published.beside(run) if row.number["what"] == "relative"]
    found = {(row.number["term"], row.setting): (row.ours.mean, row.ours.source) for row in series if not np.isnan(row.ours.mean)}
    assert found == {("E", "lambda=0.5"): (1.25, "weights"), ("T", "lambda=1"): (1.5, "weights"), ("coupling", "lambda=2"): (0.125, "weights")}
    run.tables["relative"] = pd.DataFrame(rows).query("experiment == 'cross_validation'").drop(columns="alpha_ephys")
    assert {row.ours.source for row in published.beside(run) if row.number["what"] == "relative"} == {"cross_validation", ""}
    run.study["modality"][1]["alpha"] = 2
    assert {row.ours.source for row in published.beside(run) if row.number["what"] == "relative"} == {""}, "the paper's are of alpha_E = 1"


def test_published_numbers_say_in_what_a_run_is_unlike_the_paper_s(tmp_path):
    run = paper_run(tmp_path / "run")
    assert published.unlike(run) == []
    run.study["training"] = {"steps": 8000}
    run.study["experiment"][0]["folds"] = 10
    run.study["experiment"][1]["initialisations"] = 21
    assert published.unlike(run) == ["10 folds, not 43", "8,000 steps a network, not 750,000"]
    run.study["training"] = {"steps": 750000, "average_last": 0.5, "supervision": 3}
    run.study["coupling"] = {"lambda": 1, "augment_encoders": True, "scale": "none"}
    run.study["modality"][0]["output_bias"] = "mean"
    assert published.unlike(run)[1:] == [
        "coupling.augment_encoders true, not false", "coupling.scale none, not min_singular_value",
        "training.average_last 0.5, not 0", "training.supervision 3, not 0", "modality.rna.output_bias mean, not zero",
    ]  # fmt: skip


def test_encoders_that_learn_across_are_not_the_paper_s(tmp_path):
    """The default of later recipes. Without coupling they learn from their own modality alone, whatever the study says."""
    run = paper_run(tmp_path / "run")
    half, none = (Variant(f"cross_validation,lambda={at}", "cross_validation", "", False) for at in ("0.5", "0"))
    tried = {at: Variant(f"cross_validation,augment_encoders={at},lambda=0.5", "cross_validation", "", False) for at in ("false", "true")}
    wanted = {"lambda": "0.5"}
    for base, expected in ((False, True), (True, False)):
        run.study["coupling"] = {"augment_encoders": base}
        assert published.has_setting(run, half, wanted) == expected and published.has_setting(run, none, {"lambda": "0"})
        assert [published.has_setting(run, tried[at], wanted) for at in ("false", "true")] == [True, False]
        assert published.has_setting(run, half, wanted | {"augment_decoders": "false"}) is False
    run.study["coupling"] = {"augment_encoders": True, "augment_decoders": False}
    assert published.has_setting(run, half, wanted | {"augment_decoders": "false"}), "decoders that do not keep encoders from it"
    assert published.unlike(run) == ["coupling.augment_encoders true, not false"]
    run.variants.append(tried["false"])
    assert published.unlike(run) == []


def test_silhouettes_of_every_modality_and_of_the_tree_s_cut(tmp_path):
    run = paper_run(tmp_path / "run")
    run.variants.append(Variant("consensus,lambda=1", "consensus", "", False))
    rows = [(first, second, measure, value) for first, second, value in (("zrna", "(clusters)", 0.25), ("zephys", "(clusters)", 0.125), ("zrna", "leaf 33", 0.5), ("zrna", "leaf", 0.75)) for measure in ("silhouette", "silhouette_sd")]
    table = pd.DataFrame(rows, columns=["first", "second", "measure", "value"])
    run.tables["consensus"] = table.assign(experiment="consensus", variant="consensus,lambda=1", cells="held_out", n_cells=40.0)
    found = {row.what: (row.published, row.ours.mean, row.ours.n) for row in published.beside(run) if row.number["what"] == "silhouette"}
    assert found == {
        "silhouette: consensus clusters, by zT": (0.23, 0.25, 40),
        "silhouette: 33 consensus clusters, by zE": (0.1, 0.125, 40),
        "silhouette: taxonomy cut to 33 types, by zT": (0.135, 0.5, 40),
    }


def test_results_show_the_published_numbers_as_the_report_has_them():
    text = (ROOT / "results" / "published.md").read_text(encoding="utf-8")
    assert text == against_paper.markdown(), "python -m cplae_analysis.against_paper > results/published.md"
    rows = [line for line in text.splitlines() if line.startswith("| ")][2:]
    assert len(rows) == len(published.published()["numbers"])
    assert "λ = 1: 33" in text and "λ = 0.1: 0.239, λ = 0.5: 0.122, λ = 1: 0.105, λ = 2: 0.086" in text


@pytest.mark.parametrize(
    ("made", "words"),
    [
        ({"cells": "cell_{:04d}"}, "these cells are simulated"),
        ({"types": 58}, "58 types, not 59"),
        ({"gene": "\nnone"}, ""),
    ],
)
def test_published_numbers_stay_away_from_other_data(tmp_path, made, words):
    run = paper_run(tmp_path / "run", **made)
    assert words in published.why_not(run)
    if words:
        assert "0.300" not in first_page.paper_html(run) and words in first_page.paper_html(run)


def test_published_numbers_wait_for_the_types(tmp_path):
    run = paper_run(tmp_path / "run")
    run.tables["cells"] = pd.DataFrame()
    assert "cells.csv is missing" in published.why_not(run)


def test_other_genes_are_not_the_paper_s(tmp_path):
    run = paper_run(tmp_path / "run")
    run.features["rna"] = [f"Gene{i}" for i in range(1252)]
    assert "the 1,252 genes are not the paper's" in published.why_not(run)


def test_published_numbers_are_those_of_the_settings():
    for number in published.published()["numbers"]:
        for setting, value in number["values"].items():
            assert setting == "coupled" or all(part.split("=")[0] in ("lambda", "pc_cca", "augment_decoders") for part in setting.split(","))
            assert isinstance(value, (int, float, list))
        assert number["comparable"] in against_paper.ANSWERS and len(number["note"]) > 20


def test_scenes_hold_every_cell_of_every_modality(full):
    made = scenes.make_scenes(Run(full))
    figures = json.loads(made.json)
    assert [sum(len(trace["x"]) for trace in figure["data"]) for figure in figures] == [CELLS, CELLS]
    assert made.titles == ["from T (n = 40 cells)", "from E (n = 40 cells)"]
    held_out = figures[0]["data"][1]
    assert held_out["name"] == "held-out cells" and held_out["text"] == [f"cell {i}<br>{'a1'}" for i in range(0, CELLS, 4)]
    assert "<" not in made.json, "a name could end the script that holds the points"
    ranges = [figure["layout"]["scene"]["xaxis"]["range"] for figure in figures]
    assert ranges[0] == ranges[1]


def test_scenes_of_more_dimensions_are_principal_axes():
    rng = np.random.default_rng(0)
    latents = [rng.normal(size=(50, 5)) * [9, 1, 5, 0.1, 3], rng.normal(size=(50, 5)) * [9, 1, 5, 0.1, 3]]
    latents[1][7] = np.nan
    points, said = scenes.axes_of(latents)
    assert "first three principal axes of all 5" in said and points[0].shape == (50, 3) and np.isnan(points[1][7]).all()
    assert points[0][:, 0].std() > points[0][:, 1].std() > points[0][:, 2].std() > 2
    with pytest.raises(LeftOut, match="2 dimensions"):
        scenes.axes_of([np.zeros((4, 2))])


def test_tree_without_types_that_no_cell_has(full):
    run = Run(full)
    nodes = tree.branches_of(run, ["b1", "b2", "a1", "a2"])
    # b over places 0 and 1, a over 2 and 3, the root over both; b3 has no cell.
    assert [(node.height, node.branches) for node in nodes] == [
        (1, [(0, 0), (1, 0)]), (1, [(2, 0), (3, 0)]), (2, [(0.5, 1), (2.5, 1)]),
    ]
    assert tree.branches_of(run, ["b1", "a1"])[0].branches == [(0, 0), (1, 0)], "nodes with one branch are passed over"
    assert [(classes, names["b1"]) for classes, names in tree.resolutions(run, "leaf")] == [(2, "b")]


def sums_of(folder):
    lines = [f"{hashlib.sha256(path.read_bytes()).hexdigest()}  {path.name}\n" for path in sorted((folder / "tables").glob("*.csv"))]
    (folder / "tables" / "SHA256SUMS").write_text("".join(lines))


def test_a_report_bears_the_checksum_of_its_tables(full, two_figures, monkeypatch, capsys):
    sums_of(full)
    assert call(monkeypatch, capsys, full)[0] == 0
    assert hashlib.sha256((full / "tables/SHA256SUMS").read_bytes()).hexdigest() in (full / "report.html").read_text()
    assert checksums.staleness(full) == "" and call(monkeypatch, capsys, full, "--check")[0] == 0
    change = full / "tables" / "bic.csv"
    change.write_text(change.read_text() + "\n")
    sums_of(full)
    code, said = call(monkeypatch, capsys, full, "--check")
    assert code == 1 and "is of other tables than those in tables/" in said.out
    (full / "report.html").unlink()
    assert "there is none" in checksums.staleness(full)


def test_damaged_tables_are_refused(full, monkeypatch, capsys):
    sums_of(full)
    change = full / "tables" / "summary.csv"
    change.write_text(change.read_text().replace("0.125", "0.925"))
    code, said = call(monkeypatch, capsys, full)
    assert code == 2 and "summary.csv: its checksum is not that of SHA256SUMS" in said.err and not (full / "report.html").exists()
    (full / "tables" / "SHA256SUMS").write_text("0" * 64 + "  ../study.toml\n")
    with pytest.raises(ReportError, match="expected a checksum and the name of a table"):
        checksums.require_whole_tables(full)


def test_figures_are_files_too_and_equal_each_time(full, two_figures, monkeypatch, capsys):
    monkeypatch.setattr(report, "VECTORS", ("svg", "pdf"))

    def files():
        return {path.name: path.read_bytes() for path in (full / "figures").iterdir()}

    assert call(monkeypatch, capsys, full)[0] == 0
    first, page = files(), (full / "report.html").read_bytes()
    assert set(first) == {"latents.svg", "latents.pdf", "losses.svg", "losses.pdf"}
    assert first["latents.pdf"].startswith(b"%PDF") and b"<svg" in first["losses.svg"]
    assert call(monkeypatch, capsys, full)[0] == 0
    assert files() == first and (full / "report.html").read_bytes() == page


def test_a_fault_in_one_figure_leaves_the_others(full, monkeypatch, capsys):
    def broken(run):
        raise ZeroDivisionError("of a test")

    monkeypatch.setattr(report, "FIGURES", (("losses", "Losses", broken), report.FIGURES[0]))
    code, _ = call(monkeypatch, capsys, full)
    page = (full / "report.html").read_text()
    assert code == 1 and "could not be drawn, which is a fault of cplae (losses: ZeroDivisionError: of a test)" in page
    assert len(pictures(page)) == 1


def test_module_says_what_is_missing(monkeypatch, capsys):
    from cplae_analysis import __main__

    monkeypatch.setitem(sys.modules, "cplae_analysis.report", None)
    monkeypatch.delattr(sys.modules["cplae_analysis"], "report", raising=False)
    assert __main__.main() == 2
    assert "scripts/setup.sh demo" in capsys.readouterr().err


def test_many_modalities_have_matrices_and_pooled_numbers(tmp_path):
    run = FakeRun(tmp_path / "run", ["A", "B", "C", "D"], labels=True)
    run.add_variant("cross_validation", [2.0, 1.0])
    for fold in range(2):
        at = keys("cross_validation", fold)
        run.rows["reconstruction"] += [at | {"from": source, "to": "D", "n_cells": 9, "r2": 0.5 + fold, "mse": 1} for source in ("A+B", "B+C", "A+B+C")]
        run.rows["accuracy"] += [run.rows["accuracy"][0] | at | {"representation": name} for name in ("zA+B", "zA+B+C+D")]
    run.write()
    found = Run(run.folder)
    several = next(tile for tile in first_page.tiles(found, first_page.headline_variant(found)) if tile.name == "R² from several")
    assert several.value.startswith("1.00 ±") and several.under == "mean of 3 directions, n = 2 folds"
    assert {representation for _, representation, _ in first_page.finest(found, "cross_validation")} == {"zA", "zB", "zC", "zD", "zA+B+C+D"}
    table = found.tables["reconstruction"]
    table = table[table["from"].isin(list("ABCD"))]
    across = table[table["from"] != table["to"]]
    per_fold = across.groupby("fold")["r2"].mean()
    tile = next(tile for tile in first_page.tiles(found, first_page.headline_variant(found)) if tile.name == "R² across")
    assert tile.value == f"{per_fold.mean():.2f} ± {per_fold.std():.2f}" and tile.under == "mean of 12 directions, n = 2 folds"
    drawn = reconstruction.draw(found)
    (axes,) = [axes for axes in drawn.figure.axes if axes.get_visible()]
    means = table.groupby(["from", "to"])["r2"].mean()
    words = [text.get_text() for text in axes.texts if not text.get_text().startswith("±")]
    assert sorted(words) == sorted(f"{value:.2f}" for value in means) and len(words) == 16
    assert np.allclose(axes.images[0].get_array(), means.unstack().to_numpy())
    assert "Mean and SD (small) over n = 2 folds" in drawn.caption


def test_members_of_an_ensemble_are_shown_as_one():
    rows = ["cv,member=0", "cv,member=1", "cv,members=2", "cv,baseline=mean", "repeats"]
    assert list(without_members(pd.DataFrame({"variant": rows}))["variant"]) == ["cv,members=2", "cv,baseline=mean", "repeats"]
    assert list(without_members(pd.DataFrame({"variant": rows[:2]}))["variant"]) == ["cv,member=0"]
    assert list(without_members(pd.DataFrame({"cell": ["a"]}))["cell"]) == ["a"]


def test_tables_too_large_for_the_page_are_named(tmp_path):
    (tmp_path / "small.csv").write_bytes(b"a,b\n1,2\n")
    (tmp_path / "large.csv").write_bytes(b"x" * (html.MOST_BYTES_EMBEDDED + 1))
    said = html.copies(tmp_path, ["large.csv", "small.csv"])
    assert base64.b64encode(b"a,b\n1,2\n").decode() in said and 'download="small.csv"' in said
    assert said.endswith("Above 300 kB, and beside this page only: large.csv.") and 'download="large' not in said
