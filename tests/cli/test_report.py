"""The report (analysis/cplae_analysis) on run folders made here, whose numbers are known: what the page says, draws and leaves out."""

import base64
import json
import re
import sys
from pathlib import Path

import h5py
import numpy as np
import pandas as pd
import pytest

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "analysis"))
from cplae_analysis import report, scenes  # noqa: E402
from cplae_analysis.figures import labels  # noqa: E402

FIGURES = [
    *("latents", "accuracy", "reconstruction", "types", "type_correlations", "comparisons", "matching", "collapse", "stability", "clusters"),
    *("consensus", "ensembles", "calibration", "relative", "losses", "features", "tree"),
]
CELLS, FOLDS = 40, 3
LEAVES = ("a1", "a2", "b1", "b2")
VARIANT = "cross_validation,lambda=0.5"
BASELINE = "cross_validation,pc_cca=2x2"
COLUMNS = {
    "accuracy": "label representation n_classes n_usable n_fitted n_cells accuracy",
    "reconstruction": "from to n_cells r2 mse",
    "features": "from to feature r2 pearson",
    "losses": "step kept part term value",
    "bic": "components bic log_likelihood n_cells failed_starts iterations",
    "clusters": "best_components bic",
    "cluster_counts": "bin_left bin_right count modal_components",
    "summary": "metric mean sd n",
}
# Written where there are rows: earlier versions had no such tables.
LATER = {
    "matching": "from to measure label n_cells value ceiling",
    "comparisons": "reference metric difference low high folds p p_holm",
    "consensus": "measure first second cells n_cells value",
    "contingency": "first second cells row column row_order column_order count",
    "typewise": "from to type feature n_cells measured decoded",
    "type_correlations": "from to over name panel folds n n_cells pearson pearson_raw pearson_centred",
    "ensembles": "measure from to label members n_cells value",
    "calibration": "fold from to n_cells nominal coverage_spread coverage",
    "relative": "term loss n reference reference_loss reference_n relative",
    "latents": "scale representation axis sd",
}
WITHOUT_REPLICATE = ("cluster_counts", "summary", "comparisons", "consensus", "contingency", "typewise", "type_correlations", "ensembles", "calibration", "relative")


def keys(variant, replicate=None):
    found = {"experiment": variant.split(",")[0], "variant": variant, "lambda": "0.5"}
    if replicate is not None:
        found |= {"fold": replicate, "init": ""} if "cross" in variant else {"fold": "", "init": replicate}
    return found


class FakeRun:
    """A run folder with the least that a report reads; rows are added, then `write` is called."""

    def __init__(self, folder, modalities, labels):
        self.folder, self.modalities, self.labels = folder, modalities, labels
        self.rows = {table: [] for table in COLUMNS | LATER}
        self.colours = {}
        self.variants = {}

    def add_variant(self, variant, losses, failed=()):
        """Networks with these held-out losses."""
        self.variants[variant] = (losses, failed)
        for replicate, loss in enumerate(losses):
            if replicate not in failed:
                self.add_replicate(variant, replicate, loss)

    def add_replicate(self, variant, replicate, loss):
        rng = np.random.default_rng(replicate)
        at = keys(variant, replicate)
        for step, kept in ((10, 0), (20, 1)):
            for part in ("train", "validation"):
                row = {"step": step, "kept": kept, "part": part, "term": "total", "value": loss + 20 - step}
                self.rows["losses"].append(at | row)
        for start in self.modalities:
            for end in self.modalities:
                self.rows["reconstruction"].append(at | {"from": start, "to": end, "n_cells": 10, "r2": rng.random(), "mse": 1})
                for feature in ("NA", f"{end}_2"):  # a gene of that name is no missing value
                    self.rows["features"].append(at | {"from": start, "to": end, "feature": feature, "r2": rng.random(), "pearson": 0})
            for classes in (2, 4) if self.labels else ():
                row = {"label": "leaf", "representation": "z" + start, "n_classes": classes, "n_usable": classes}
                self.rows["accuracy"].append(at | row | {"n_fitted": classes, "n_cells": 10, "accuracy": rng.random()})

    def add_summary(self, variant, metric, mean, sd, n):
        self.rows["summary"].append(keys(variant) | {"metric": metric, "mean": mean, "sd": sd, "n": n})

    def add_mixtures(self, variant, inits):
        for init in range(inits):
            for components in (2, 3, 4):
                row = {"components": components, "bic": abs(components - 3) + init, "n_cells": 30}
                self.rows["bic"].append(keys(variant, init) | row)
            self.rows["clusters"].append(keys(variant, init) | {"best_components": 3, "bic": init})
        bins = {"bin_left": 2.5, "bin_right": 3.5, "count": inits, "modal_components": 3}
        self.rows["cluster_counts"].append(keys(variant) | bins)

    def add_later_tables(self):
        for measure, label in (("foscttm", ""), ("label_transfer", "leaf"), ("purity", "leaf")):
            for fold in range(2):
                row = {"from": "T", "to": "E", "measure": measure, "label": label, "n_cells": 9, "value": 0.25, "ceiling": 0.75}
                self.rows["matching"].append(keys(VARIANT, fold) | row)
        row = {"reference": VARIANT, "metric": "r2 E<-T", "difference": -0.5, "low": -0.7, "high": -0.3, "folds": 3, "p": 0.001, "p_holm": 0.002}
        self.rows["comparisons"] += [keys(BASELINE) | row, keys(BASELINE) | row | {"metric": "foscttm E<-T"}]
        for measure, value in (("components", 3), ("components_at_end", 1), ("networks", 2), ("replicate", 1)):
            row = {"measure": measure, "first": "", "second": "", "cells": "", "n_cells": 0, "value": value}
            self.rows["consensus"].append(keys("consensus") | row)
        for scale, sd in (("none", 0.125), ("norm", 0.5), ("norm", 0.25)):
            self.rows["latents"].append(keys("consensus", int(8 * sd)) | {"scale": scale, "representation": "zT", "axis": 0, "sd": sd})
        for second, cells in (("zE", "held_out"), ("leaf", "all")):
            pair = {"first": "zT", "second": second, "cells": cells}
            self.rows["consensus"].append(keys("consensus") | pair | {"measure": "adjusted_rand_index", "n_cells": 9, "value": 0.625})
            for place, name in enumerate("ab"):
                row = {"row": name, "column": name, "row_order": place, "column_order": place, "count": 4 + place}
                self.rows["contingency"].append(keys("consensus") | pair | row)

    def add_types_and_ensembles(self):
        types, features = ["a", "b", "c"], ["NA", "g", "h"]
        at = keys(VARIANT) | {"from": "E", "to": "T"}
        for place, name in enumerate(types):
            row = {"over": "features", "name": name, "panel": "panel", "folds": 3, "n": 3, "n_cells": 9, "pearson": 0.5, "pearson_centred": 0.25}
            self.rows["type_correlations"] += [at | row, at | row | {"over": "types", "name": features[place]}]
            self.rows["typewise"] += [
                at | {"type": name, "feature": feature, "n_cells": 9, "measured": place + i, "decoded": i - place} for i, feature in enumerate(features)
            ]
        measures = ["r2_of_average", "r2_of_members", "r2_of_best_member", "within_two_spreads", "spread_error_correlation", "spread_error_correlation_within_features"]
        for measure in measures:
            row = {"measure": measure, "from": "E", "to": "T", "label": "", "members": 3, "n_cells": 9, "value": 0.375}
            self.rows["ensembles"].append(keys("consensus") | row)
        for fold in range(2):
            row = {"fold": fold, "from": "E", "to": "T", "n_cells": 9, "nominal": 0.95, "coverage_spread": 0.25, "coverage": 0.875 + fold / 8}
            self.rows["calibration"].append(keys(VARIANT) | row)
        row = {"term": "mse_T", "loss": 2, "n": 3, "reference": "cross_validation,lambda=0", "reference_loss": 1, "reference_n": 3, "relative": 2}
        self.rows["relative"].append(keys(VARIANT) | row)

    def write_cells(self):
        """Cells in another order than that of results.h5, with two types of each of two families, and their tree."""
        order = np.arange(CELLS)[::-1]
        cells = {"cell": [f"cell {i}" for i in order], **{f"has_{name}": 1 for name in self.modalities}}
        types = {"leaf": [LEAVES[i % 4] for i in order], "family": [LEAVES[i % 4][0] for i in order], "leaf 2": [LEAVES[i % 4][0] for i in order]}
        pd.DataFrame(cells | (types if self.labels else {})).to_csv(self.folder / "tables" / "cells.csv", index=False)
        nodes = [("root", "", 2, "FALSE", ""), ("b", "root", 1, "FALSE", ""), ("a", "root", 1, "FALSE", "")]
        nodes += [(leaf, leaf[0], 0, "TRUE", self.colours.get(leaf, "")) for leaf in (*LEAVES, "b3")]
        tree = pd.DataFrame(nodes if self.labels else [], columns=["label", "parent", "height", "leaf", "colour"])
        tree.to_csv(self.folder / "tables" / "taxonomy.csv", index=False)

    def write(self):
        (self.folder / "tables").mkdir(parents=True)
        for table, columns in (COLUMNS | {name: columns for name, columns in LATER.items() if self.rows[name]}).items():
            first = ["experiment", "variant", "lambda"] + ([] if table in WITHOUT_REPLICATE else ["fold", "init"])
            frame = pd.DataFrame(self.rows[table], columns=[*first, *columns.split()])
            frame.to_csv(self.folder / "tables" / f"{table}.csv", index=False)
        names = "".join(f'[[modality]]\nname = "{name}"\n' for name in self.modalities)
        labels = '[labels]\ncolumn = "leaf"\nalso = ["family"]\n' if self.labels else ""
        kinds = '[[experiment]]\nname = "cross_validation"\nkind = "kfold"\n[[experiment]]\nname = "consensus"\nkind = "repeats"\n'
        (self.folder / "study.toml").write_text(f'[study]\nname = "a <study>"\n{names}{labels}{kinds}')
        self.write_cells()
        session = {"started": "2020-01-02T03:04:05Z", "git_commit": "abc123", "ranks": 2, "device": "cpu", "data_path": "/somewhere/gone.h5mu"}
        provenance = {"seed": 7, "identity": {"data_sha256": "5ab"}, "sessions": [session | {"command": "cplae run study.toml"}]}
        (self.folder / "provenance.json").write_text(json.dumps(provenance))
        with h5py.File(self.folder / "results.h5", "w") as file:
            file["cells"] = np.array([f"cell {i}" for i in range(CELLS)], dtype="S")
            for name in self.modalities:
                file[f"features/{name}"] = np.array(["NA", f"{name}_2"], dtype="S")
            for variant, (losses, failed) in self.variants.items():
                self.write_variant(file.create_group(f"variants/{variant}"), variant, losses, failed)

    def write_variant(self, group, variant, losses, failed):
        count = len(losses)
        table = np.zeros(count, [("fold", "i4"), ("init", "i4"), ("status", "u1"), ("best_step", "i8"), ("failed_step", "i8")])
        numbers, none = np.arange(count), np.full(count, -1)
        table["fold"], table["init"] = (numbers, none) if "cross" in variant else (none, numbers)
        table["status"][list(failed)], table["failed_step"][list(failed)] = 1, 11
        table["best_step"] = 20
        group["replicate"] = table
        history = np.array([[[10, loss + 10], [20, loss]] for loss in losses], "f4")
        group["losses"] = history
        group["losses"].attrs["terms"] = ["step", "validation_total"]
        group["split"] = np.tile(np.arange(CELLS) % 4 == 0, (count, 1)).astype("u1")
        for name in self.modalities:
            group[f"latents/{name}"] = np.random.default_rng(1).normal(size=(count, CELLS, 3)).astype("f4")


def call(monkeypatch, capsys, *words):
    monkeypatch.setattr(sys, "argv", ["cplae_analysis", *map(str, words)])
    code = report.main()
    return code, capsys.readouterr()


@pytest.fixture(autouse=True)
def pictures_only(monkeypatch):
    """SVG and PDF take most of the time; test_report_parts looks at them."""
    monkeypatch.setattr(report, "VECTORS", ())


def without_plotly(page):
    """What cplae wrote; the library's own text is full of addresses."""
    return page.replace(scenes.plotly_script(), "")


def pictures(page):
    return [base64.b64decode(text) for text in re.findall(r'src="data:image/png;base64,([^"]+)"', without_plotly(page))]


def require_self_contained(page):
    words = re.sub(r"base64,[^\"]+", "", without_plotly(page))
    assert not re.search(r"https?://", words.replace("https://doi.org/10.1038/s43588-021-00030-1", ""))
    assert not re.search(r"<script[^>]* src=", words)
    loaded = set(re.findall(r'(?:src|href)="([^"]*)', words))
    assert all(name in ("data:image/png;", "data:text/csv;charset=utf-8;", "data:,") or name.startswith(("#", "tables/", "figures/", "study.toml", "provenance.json")) for name in loaded), loaded


@pytest.fixture
def full(tmp_path):
    """Two modalities, labels, mixtures, a baseline; one of the networks failed."""
    run = FakeRun(tmp_path / "run", ["T", "E"], labels=True)
    run.add_variant(VARIANT, [3.0, 2.0, 1.0], failed=(2,))
    run.add_variant("consensus", [5.0, 4.25])
    for fold in range(FOLDS):
        run.add_replicate(BASELINE, fold, 1.0)
    run.rows["losses"] = [row for row in run.rows["losses"] if row["variant"] != BASELINE]
    run.add_mixtures("consensus", 2)
    run.add_later_tables()
    run.add_types_and_ensembles()
    run.add_summary(VARIANT, "r2 E<-T", 0.125, 0.0625, 2)
    run.add_summary(VARIANT, "accuracy zE leaf 4", 0.51, 0.04, 2)
    run.add_summary(BASELINE, "r2 E<-T", 0.0875, 0.01, 3)
    run.write()
    return run.folder


@pytest.fixture
def bare(tmp_path):
    """One modality, no labels, no mixtures."""
    run = FakeRun(tmp_path / "run", ["A"], labels=False)
    run.add_variant("cross_validation", [3.0, 2.0, 1.0])
    run.write()
    return run.folder


def test_full_report_has_all_figures_and_numbers(full, tmp_path, monkeypatch, capsys):
    code, said = call(monkeypatch, capsys, full, "--figures", tmp_path / "figures")
    page = (full / "report.html").read_text()
    assert (code, said.err) == (0, "")
    assert said.out.splitlines()[0] == str(full / "report.html")
    assert [line.split(":")[0] for line in said.out.splitlines()[1:]] == FIGURES
    assert re.findall(r'<h2 id="(\w+)"', page) == ["numbers", *FIGURES, "provenance"]
    assert pictures(page) == [(tmp_path / "figures" / f"{name}.png").read_bytes() for name in FIGURES]
    assert all(picture.startswith(b"\x89PNG") for picture in pictures(page))
    for words in ("0.125 ± 0.062", "51.0 ± 4.0", "0.087 ± 0.010", "abc123", "a &lt;study&gt;", "4 done, 1 failed, of 5"):
        assert words in page, words
    assert f"{VARIANT}, fold 2 (not finite at step 11)" in page
    require_self_contained(page)


def test_captions_name_network_colours_and_mode(full, monkeypatch, capsys):
    call(monkeypatch, capsys, full)
    page = (full / "report.html").read_text()
    # The least loss of all (1.0) is a failed network's, the least of the repeats is 4.25.
    assert "one network: consensus, init 1 (held-out loss 4.25" in page
    assert "Colour is the family, its shades the leaf types within it (4)" in page
    assert "n = 2 networks, modal count 3" in page
    assert "n = 2 to 3 folds" in page
    assert f"Ahead of the reference by that test: {BASELINE} in R² T → E." in page, "less FOSCTTM is better: there it is behind"
    assert "3 clusters, the modal best count of 2 networks" in page and "(initialisation 1). It is an end of the counts" in page
    assert "zT against leaf (all, training included, 9 cells): adjusted rand index 0.62" in page


def test_types_follow_the_names_of_the_cells(full):
    found = labels.read_labels(report.Run(full))
    assert list(found.types) == [LEAVES[i % 4] for i in range(CELLS)]
    assert list(found.coarse) == [LEAVES[i % 4][0] for i in range(CELLS)]


def change_cells(folder, **columns):
    path = folder / "tables" / "cells.csv"
    pd.read_csv(path, dtype=str).assign(**columns).to_csv(path, index=False)


def test_types_that_cross_their_families_give_way_to_these(full):
    change_cells(full, leaf=[f"t{i % 9}" for i in range(CELLS)])
    found = labels.read_labels(report.Run(full))
    assert (found.column, found.coarse_column) == ("family", "")
    assert list(found.types) == [LEAVES[i % 4][0] for i in range(CELLS)]


def test_label_columns_called_as_the_table_s_own(full):
    """Those of the data's are "obs cell" and "obs has_T" in cells.csv."""
    study, path = full / "study.toml", full / "tables" / "cells.csv"
    study.write_text(study.read_text().replace('column = "leaf"', 'column = "cell"').replace('also = ["family"]', 'also = ["has_T"]'))
    path.write_text(path.read_text().replace(",leaf,family,", ",obs cell,obs has_T,", 1))
    found = labels.read_labels(report.Run(full))
    assert (list(found.types), found.coarse_column) == ([LEAVES[i % 4] for i in range(CELLS)], "has_T")
    assert list(found.coarse) == [LEAVES[i % 4][0] for i in range(CELLS)]


def test_colours_of_the_taxonomy_are_used_where_it_has_them_all(full):
    path = full / "tables" / "taxonomy.csv"
    tree = pd.read_csv(path, keep_default_na=False)
    own = {"a1": "#010203", "a2": "#040506", "b1": "#070809", "b2": "#0A0B0C"}
    tree["colour"] = [own.get(label, "") for label in tree["label"]]
    tree.to_csv(path, index=False)
    found = labels.colouring(report.Run(full))
    assert found.cells == [own[LEAVES[i % 4]] for i in range(CELLS)]
    assert list(found.legend) == ["b1", "b2", "a1", "a2"], "in the order of the tree"
    assert "in the taxonomy's own colours" in found.says
    tree.loc[tree["label"] == "a1", "colour"] = ""
    tree.to_csv(path, index=False)
    assert "its shades the leaf types" in labels.colouring(report.Run(full)).says


def test_runs_without_cells_say_what_makes_them(full, monkeypatch, capsys):
    (full / "tables" / "cells.csv").unlink()
    (full / "tables" / "taxonomy.csv").unlink()
    assert call(monkeypatch, capsys, full)[0] == 0
    page = (full / "report.html").read_text()
    assert "not coloured by type: tables/cells.csv is missing; `cplae run` makes it" in page
    assert "tables/cells.csv is missing, as in runs of earlier versions" in page


def test_what_a_study_has_not_is_left_out_with_its_reason(bare, monkeypatch, capsys):
    code, said = call(monkeypatch, capsys, bare)
    page = (bare / "report.html").read_text()
    assert code == 0
    assert "accuracy: left out, the study has no labels" in said.out
    assert "clusters: left out, the study asks for no Gaussian mixtures" in said.out
    assert "features: left out, the study has one modality" in said.out
    assert "not coloured by type: the study names no label column" in page
    assert "matching: left out, no cell has two modalities" in said.out
    assert "consensus: left out, the study asks for no Gaussian mixtures" in said.out
    assert len(pictures(page)) == 3
    require_self_contained(page)


def test_every_network_failed(tmp_path, monkeypatch, capsys):
    run = FakeRun(tmp_path / "run", ["T", "E"], labels=True)
    run.add_variant(VARIANT, [1.0], failed=(0,))
    run.write()
    code, said = call(monkeypatch, capsys, run.folder)
    assert code == 0
    assert said.out.count("left out, every network failed") == 6
    assert len(pictures((run.folder / "report.html").read_text())) == 1, "of the types and their cells"


def test_a_report_that_cannot_be_written_leaves_the_last_one(bare, monkeypatch, capsys):
    (bare / "report.html").write_text("the last one")

    def no_space(path, content):
        path.touch()
        raise OSError(28, "No space left on device", str(path))

    monkeypatch.setattr(Path, "write_bytes", no_space)
    code, said = call(monkeypatch, capsys, bare)
    assert code == 2 and "No space left on device" in said.err
    assert (bare / "report.html").read_text() == "the last one"
    assert list(bare.glob("*.part*")) == []


def break_nothing_here(folder):
    for name in ("provenance.json", "study.toml"):
        (folder / name).unlink()


def break_unfinished(folder):
    (folder / "results.h5").unlink()
    (folder / "tables" / "bic.csv").unlink()


def break_column(folder):
    path = folder / "tables" / "losses.csv"
    path.write_text(path.read_text().replace("part", "party", 1))


def break_results(folder):
    (folder / "results.h5").write_bytes(b"not HDF5")


@pytest.mark.parametrize(
    ("damage", "words"),
    [
        (break_nothing_here, "not a run folder"),
        (break_unfinished, "not finished, missing: results.h5, tables/bic.csv"),
        (break_column, "losses.csv: column 'part' is missing"),
        (break_results, "results.h5"),
    ],
)
def test_one_line_and_exit_2(bare, monkeypatch, capsys, damage, words):
    damage(bare)
    code, said = call(monkeypatch, capsys, bare)
    assert code == 2
    assert said.out == "" and len(said.err.splitlines()) == 1 and words in said.err
    assert not (bare / "report.html").exists()
