"""What the report draws and says of prediction intervals, recomputed here from calibration.csv by the csv module and sums."""

import csv
import math
from collections import defaultdict

import matplotlib.pyplot as plt
import numpy as np
import pytest
from test_report import FakeRun, call, full, pictures_only  # noqa: F401

from cplae_analysis.figures import calibration
from cplae_analysis.figures.run_folder import Run
from cplae_analysis.figures.style import LeftOut

ENSEMBLE, APART = "cross_validation,members=4", "cross_validation,lambda=0,members=4"
NOMINAL = (0.5, 0.8, 0.95)


@pytest.fixture(autouse=True)
def closed():
    yield
    plt.close("all")


def made(folder, modalities, variants=(ENSEMBLE,), joint=()):
    """A run whose coverages are drawn at random: of each direction and fold another one, one fold without a calibrated one."""
    rng, run = np.random.default_rng(5), FakeRun(folder, modalities, labels=False)
    for variant in variants:
        run.add_variant(variant, [1.0, 2.0, 3.0])
        for fold in range(3):
            for start in (*modalities, *joint):
                for end in modalities:
                    at = {"experiment": "cross_validation", "variant": variant, "lambda": "1", "fold": fold, "from": start, "to": end, "n_cells": 20 + fold}
                    shares = {nominal: np.clip(nominal + rng.normal(0, 0.02), 0, 1) for nominal in NOMINAL}
                    rows = [at | {"nominal": nominal, "coverage": shares[nominal], "coverage_spread": 0.3 * shares[nominal]} for nominal in NOMINAL]
                    if (start, end, fold) == (modalities[0], modalities[0], 2):
                        rows = [row | {"coverage": ""} for row in rows]
                    run.rows["calibration"] += rows
    run.write()
    return run.folder


def shares_of(folder):
    """[(variant, from, to, nominal, column)] -> percents, a fold each."""
    found = defaultdict(list)
    with open(folder / "tables" / "calibration.csv", newline="") as file:
        for row in csv.DictReader(file):
            for column in ("coverage", "coverage_spread"):
                if row[column]:
                    found[row["variant"], row["from"], row["to"], float(row["nominal"]), column].append(100 * float(row[column]))
    return found


def mean_of(values):
    return sum(values) / len(values)


def sd_of(values):
    return math.sqrt(sum((value - mean_of(values)) ** 2 for value in values) / (len(values) - 1))


def panel(drawn, title):
    return next(axes for axes in drawn.figure.axes if axes.get_title() == title)


def test_two_modalities_have_a_diagram_a_direction(tmp_path):
    folder = made(tmp_path / "run", ["T", "E"])
    drawn, expected = calibration.draw(Run(folder)), shares_of(folder)
    assert [axes.get_title() for axes in drawn.figure.axes[:4]] == ["T → T (within)", "E → T (across)", "E → E (within)", "T → E (across)"]
    for start, end in (("T", "T"), ("E", "T"), ("E", "E"), ("T", "E")):
        axes = panel(drawn, f"{start} → {end} ({'within' if start == end else 'across'})")
        drawn_lines = {line.get_label(): line for line in axes.containers}
        for words, column in (("calibrated interval", "coverage"), ("spread alone", "coverage_spread")):
            folds = [expected[ENSEMBLE, start, end, nominal, column] for nominal in NOMINAL]
            points, _, (bars,) = drawn_lines[words]
            assert np.allclose(points.get_xydata(), [(100 * nominal, mean_of(own)) for nominal, own in zip(NOMINAL, folds, strict=True)])
            for segment, own in zip(bars.get_segments(), folds, strict=True):
                assert np.allclose(segment[:, 1], [mean_of(own) - sd_of(own), mean_of(own) + sd_of(own)]), "bars are one SD over folds"
        diagonal = axes.lines[0].get_xydata()
        assert np.array_equal(diagonal[:, 0], diagonal[:, 1])


def test_the_widest_intervals_have_a_dot_a_fold(tmp_path):
    folder = made(tmp_path / "run", ["T", "E"], (APART, ENSEMBLE))
    drawn, expected = calibration.draw(Run(folder)), shares_of(folder)
    for axes, (start, end) in zip(drawn.figure.axes[4:], (("T", "T"), ("E", "T"), ("E", "E"), ("T", "E")), strict=True):
        dots = [sorted(dots.get_offsets()[:, 1]) for dots in axes.collections if len(dots.get_offsets()) > 1]
        assert np.allclose(np.concatenate(dots), np.concatenate([sorted(expected[variant, start, end, 0.95, "coverage"]) for variant in (APART, ENSEMBLE)]))
        assert len(dots[0]) == (2 if (start, end) == ("T", "T") else 3), "a fold without a calibrated interval has no dot"
        assert list(axes.lines[0].get_ydata()) == [95, 95] and axes.get_ylim()[0] <= 92


def test_caption_and_table_say_what_is_held(tmp_path):
    folder = made(tmp_path / "run", ["T", "E"])
    drawn, expected = calibration.draw(Run(folder)), shares_of(folder)
    within, across = (expected[ENSEMBLE, start, "T", 0.95, "coverage"] for start in "TE")
    assert f"Held by the 95 % intervals: members = 4: T → T {mean_of(within):.1f} %, E → T {mean_of(across):.1f} %" in drawn.caption
    assert "n = 2 to 3 folds, 20 to 22 held-out cells each" in drawn.caption and "Several modalities" not in drawn.caption
    heads, rows = drawn.table
    assert len(rows) == 4 and rows[1][:5] == ["members = 4", "E", "T", "3", "20 to 22"]
    assert rows[1][heads.index("calibrated: 95 %")] == f"{mean_of(across):.1f} ± {sd_of(across):.1f}"
    spread = expected[ENSEMBLE, "E", "T", 0.5, "coverage_spread"]
    assert rows[1][heads.index("spread alone: 50 %")] == f"{mean_of(spread):.1f} ± {sd_of(spread):.1f}"


def test_many_modalities_have_a_diagram_and_a_matrix_a_variant(tmp_path):
    names = ["T", "E", "M"]
    folder = made(tmp_path / "run", names, (APART, ENSEMBLE), joint=("E+M",))
    drawn, expected = calibration.draw(Run(folder)), shares_of(folder)
    for column, variant in enumerate((APART, ENSEMBLE)):
        top, matrix = drawn.figure.axes[column], drawn.figure.axes[2 + column]
        lines = {tuple(np.round(line.get_ydata(), 6)) for line in top.lines[1:]}
        wanted = {
            tuple(round(mean_of(expected[variant, start, end, nominal, kind]), 6) for nominal in NOMINAL)
            for start in names for end in names for kind in ("coverage", "coverage_spread")
        }
        assert lines == wanted and len(top.lines) == 1 + 18, "a line a direction and kind, and the diagonal; none from several modalities"
        shown = matrix.images[0].get_array()
        assert np.allclose(shown, [[mean_of(expected[variant, start, end, 0.95, "coverage"]) for end in names] for start in names])
    means = {(a, b): mean_of(expected[ENSEMBLE, a, b, 0.95, "coverage"]) for a in names for b in names}
    least, most = min(means, key=means.get), max(means, key=means.get)
    said = f"{least[0]} → {least[1]} {means[least]:.1f} %, {most[0]} → {most[1]} {means[most]:.1f} % (least and most of 9 directions)"
    assert said in drawn.caption and drawn.caption.endswith("Several modalities at once: calibration.csv.")


def test_report_has_the_section_and_its_tables(full, monkeypatch, capsys):
    assert call(monkeypatch, capsys, full)[0] == 0
    page = (full / "report.html").read_text()
    section = page[page.index('<h2 id="calibration"') :].partition("</section>")[0]
    assert "the 95 % interval of a gene in a cell should hold what is then measured there 95 times in 100" in section
    assert 'href="tables/calibration.csv"' in section and "E → T 93.8 %" in section and "The figure&#x27;s numbers" not in section
    assert "The figure's numbers (1 rows)" in section and "93.8 ± 8.8" in section


def test_left_out_with_its_reason(tmp_path):
    run = Run(made(tmp_path / "run", ["T"]))
    run.tables["calibration"]["coverage"] = np.nan
    with pytest.raises(LeftOut, match="one fold alone has networks with results"):
        calibration.draw(run)
    run.tables["calibration"] = run.tables["calibration"].iloc[:0]
    with pytest.raises(LeftOut, match="no cross-validation has several networks a fold"):
        calibration.draw(run)


def test_variants_lie_where_their_intervals_say_and_look_different(tmp_path):
    folder = made(tmp_path / "run", ["T", "E"], (APART, ENSEMBLE))
    axes = calibration.draw(Run(folder)).figure.axes[0]
    points = {line.get_label(): line[0] for line in axes.containers}
    assert len(points) == 4 and all(np.allclose(line.get_xdata(), [50, 80, 95]) for line in points.values())
    looks = {(line.get_color(), line.get_marker(), line.get_markerfacecolor()) for line in points.values()}
    assert len(looks) == 4 and {line.get_marker() for line in points.values()} == {"o", "s"}


@pytest.mark.parametrize("count", [calibration.MOST_VARIANTS, calibration.MOST_VARIANTS + 1])
def test_many_variants_stay_within_the_page(tmp_path, count):
    variants = [f"cross_validation,lambda={number},members=4" for number in range(count)]
    drawn = calibration.draw(Run(made(tmp_path / "run", ["T", "E"], variants)))
    assert drawn.figure.get_figwidth() <= calibration.WIDEST_FIGURE
    hidden = f"The first 4 of {count} variants are drawn and told of here."
    assert (hidden in drawn.caption) == (count > calibration.MOST_VARIANTS) and drawn.caption.count("spread alone ") == min(count, 4 if hidden in drawn.caption else count)
    assert len(drawn.table[1]) == 4 * count
