"""The report of damaged and foreign run folders, and of names that are hard to draw."""

import re

import h5py
import numpy as np
import pandas as pd
import pytest
from matplotlib.text import Text
from test_report import LEAVES, VARIANT, bare, call, full, pictures, pictures_only  # noqa: F401
from test_report_parts import sums_of, two_figures  # noqa: F401

from cplae_analysis import checksums, report
from cplae_analysis.figures import latents, losses, names, tree
from cplae_analysis.figures.run_folder import ReportError, Run

HARD = ("$\\frac$", "$$", "a$x_1$b", "_{\n%s")
LONG = "layer five extratelencephalic projecting neuron of the motor cortex, subtype "


def refused_in_one_line(folder, monkeypatch, capsys, *words):
    code, said = call(monkeypatch, capsys, folder)
    assert (code, said.out, len(said.err.splitlines())) == (2, "", 1), said.err
    assert said.err.startswith("report: ") and all(word in said.err for word in words), said.err
    assert not (folder / "report.html").exists()


def rename_types(folder, called):
    """`called`: leaf -> its name from now on, in the cells and in the tree."""
    for table, columns in (("cells", ["leaf"]), ("taxonomy", ["label", "parent"])):
        path = folder / "tables" / f"{table}.csv"
        frame = pd.read_csv(path, dtype=str, keep_default_na=False)
        frame[columns] = frame[columns].replace(called)
        frame.to_csv(path, index=False)


def drawn_texts(figure):
    """What a figure shows of words, once it has been laid out."""
    figure.canvas.draw()
    return {text.get_text(): text for text in figure.findobj(Text) if text.get_visible() and text.get_text()}


def test_dollars_in_names_are_letters(full, monkeypatch, capsys):
    rename_types(full, dict(zip(LEAVES, HARD, strict=True)))
    path = full / "study.toml"
    path.write_text(path.read_text().replace('also = ["family"]', "also = []"))
    monkeypatch.setattr(report, "FIGURES", [figure for figure in report.FIGURES if figure[0] in ("latents", "tree")])
    monkeypatch.setattr(report, "VECTORS", ("svg", "pdf"))
    monkeypatch.setitem(report.plt.rcParams, "svg.fonttype", "none")
    code, said = call(monkeypatch, capsys, full)
    assert (code, said.err) == (0, "")
    for name in ("latents", "tree"):
        svg = (full / "figures" / f"{name}.svg").read_text()
        assert all(f">{shown}</text>" in svg for shown in (*HARD[:3], "_{ %s")), name


def test_logarithmic_axes_have_plain_numbers(full):
    run = Run(full)
    run.tables["losses"].loc[run.tables["losses"]["step"] == 10, "value"] *= 1000
    words = drawn_texts(losses.draw(run).figure)
    assert {"10", "100", "1000", "10000"} <= set(words) and not any("$" in word for word in words)


def test_figures_that_cannot_be_made_into_files_leave_the_others(full, monkeypatch, capsys):
    """What goes wrong when a figure is saved is no more the end of the report than what goes wrong before."""
    save = report.picture

    def broken(drawn, kind):
        if "Loss against training steps" in drawn.caption:
            raise ValueError("no such\nletter")
        return save(drawn, kind)

    monkeypatch.setattr(report, "picture", broken)
    monkeypatch.setattr(report, "FIGURES", [figure for figure in report.FIGURES if figure[0] in ("latents", "losses")])
    (full / "figures").mkdir()
    (full / "figures" / "losses.svg").write_text("of an earlier report")
    monkeypatch.setattr(report, "VECTORS", ("svg",))
    code, said = call(monkeypatch, capsys, full)
    page = (full / "report.html").read_text()
    assert code == 1 and "Left out: it could not be drawn, which is a fault of cplae (losses: ValueError: no such letter)" in page
    assert len(pictures(page)) == 1 and "losses: left out, it could not be drawn" in said.out
    assert [path.name for path in (full / "figures").iterdir()] == ["latents.svg"]


def test_a_fault_in_the_rotatable_picture_leaves_the_page(full, two_figures, monkeypatch, capsys):
    def broken(run):
        raise ZeroDivisionError("of a test")

    monkeypatch.setattr(report, "make_scenes", broken)
    code, _ = call(monkeypatch, capsys, full)
    assert code == 1 and "The rotatable picture is left out: it could not be drawn" in (full / "report.html").read_text()


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (np.random.default_rng(0).bytes(300), "expected a checksum and the name of a table"),
        (b"\n\n", "expected a checksum and the name of a table"),
        (b"0" * 64 + b"  .\n", "expected a checksum and the name of a table"),
        (b"", "does not name accuracy.csv, which is there"),
    ],
)
def test_damaged_checksums_are_one_line(full, monkeypatch, capsys, content, words):
    (full / "tables" / "SHA256SUMS").write_bytes(content)
    refused_in_one_line(full, monkeypatch, capsys, "SHA256SUMS: ", words, "`cplae reduce`")


def test_a_link_in_place_of_the_figures_is_not_followed(full, tmp_path, monkeypatch, capsys):
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    (elsewhere / "relative.svg").write_text("mine")
    (full / "figures").symlink_to(elsewhere)
    refused_in_one_line(full, monkeypatch, capsys, str(full / "figures"), "is a link, which is not followed")
    assert [path.name for path in elsewhere.iterdir()] == ["relative.svg"]


def test_tables_that_checksums_lack_are_refused(full):
    sums_of(full)
    checksums.require_whole_tables(full)
    path = full / "tables" / "SHA256SUMS"
    path.write_text(re.sub(r".*  summary\.csv\n", "", path.read_text()))
    with pytest.raises(ReportError, match="does not name summary.csv, which is there"):
        checksums.require_whole_tables(full)
    # A table that no report reads may be there with or without its checksum.
    (full / "tables" / "of the user's.csv").write_text("own\n")
    sums_of(full)
    checksums.require_whole_tables(full)
    path.write_text(re.sub(r".*  of the user's\.csv\n", "", path.read_text()))
    checksums.require_whole_tables(full)
    path.write_text(f"{'0' * 64}  {'x' * 3000}.csv\n")
    with pytest.raises(ReportError, match="missing, but named in SHA256SUMS"):
        checksums.require_whole_tables(full)


@pytest.mark.parametrize(
    ("content", "words"),
    [
        ("[]", "the whole is not a table"),
        ("null", "the whole is not a table"),
        ('{"sessions": null}', "sessions is not a list"),
        ('{"sessions": {}}', "sessions is not a list"),
        ('{"sessions": [5]}', "sessions[0] is not a table"),
        ('{"sessions": [{}, {"started": 5}]}', "sessions[1].started is not a text"),
        ('{"sessions": [{"hosts": "a"}]}', "sessions[0].hosts is not a list"),
        ('{"sessions": [{"command": [5]}]}', "sessions[0].command is not a text"),
        ('{"sessions": [{"data_path": null}]}', "sessions[0].data_path is not a text"),
        ('{"identity": 5}', "identity is not a table"),
        ('{"sessions": [{"device": "\\ud800"}]}', "surrogates not allowed"),
        ("[" * 100_000, "recursion"),
        (b"\xff\xfe", "codec can't decode"),
    ],
)
def test_damaged_provenance_is_one_line(bare, monkeypatch, capsys, content, words):
    (bare / "provenance.json").write_bytes(content if isinstance(content, bytes) else content.encode())
    refused_in_one_line(bare, monkeypatch, capsys, "provenance.json: ", words)


def test_provenance_of_earlier_versions_is_read(bare):
    (bare / "provenance.json").write_text('{"sessions": [{"command": ["cplae", "run"]}]}')
    assert Run(bare).session["command"] == ["cplae", "run"]
    (bare / "provenance.json").write_text("{}")
    assert Run(bare).session == {}


@pytest.mark.parametrize(
    ("content", "words"),
    [
        ("", "modality is missing"),
        ("modality = []\nexperiment = []\n", "modality is empty"),
        ('modality = "T"\n', "modality is not a list"),
        ('[[modality]]\nname = "A"\n', "experiment is missing"),
        ('[[modality]]\nname = 5\n', "modality[0].name is not a text"),
        ("labels = ", "Invalid value"),
    ],
)
def test_damaged_studies_are_one_line_that_names_them(bare, monkeypatch, capsys, content, words):
    (bare / "study.toml").write_text(content)
    refused_in_one_line(bare, monkeypatch, capsys, "study.toml: ", words)


def with_study_in_results(folder, *changes):
    """results.h5 has the study of the folder, but for (this, that) in its text."""
    text = (folder / "study.toml").read_text() + '[coupling]\nlambda = 1\n[training]\ntrainer = "auto"\ncheckpoint_seconds = 60\n'
    text = text.replace('kind = "kfold"', 'kind = "kfold"\nvary."coupling.lambda" = [0, 0.5]')
    text = text.replace('name = "T"', 'name = "T"\npanel = ""')
    (folder / "study.toml").write_text(text)
    for this, that in changes:
        assert this in text
        text = text.replace(this, that)
    with h5py.File(folder / "results.h5", "a") as file:
        file.attrs["study"] = text


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (("lambda = 1", "lambda = 2"), "coupling.lambda is 1 there, 2 in results.h5"),
        (("[0, 0.5]", "[0, 1]"), "experiment.cross_validation.vary is "),
        (('vary."coupling.lambda" = [0, 0.5]', ""), "experiment.cross_validation.vary is "),
        (('name = "consensus"', 'name = "other"'), "experiment is ['cross_validation', 'consensus'] there"),
        (("[coupling]", "[coupling"), "attribute 'study'"),
    ],
)
def test_the_study_of_another_run_is_refused(full, monkeypatch, capsys, change, words):
    with_study_in_results(full, change)
    refused_in_one_line(full, monkeypatch, capsys, words, "results.h5", *([] if "attribute" in words else ["study.toml: is not the study of "]))


def test_what_a_run_may_be_gone_on_with_is_no_other_study(full):
    free = (("a <study>", "earlier"), ('"auto"', '"fused"'), ("seconds = 60", "seconds = 5"), ('panel = ""', 'panel = "x.txt"'))
    with_study_in_results(full, *free, ("lambda = 1\n", "lambda = 1\nof_a_later_version = 5\n"))
    assert Run(full).name == "a <study>"


@pytest.mark.parametrize(
    ("column", "value", "words"),
    [("value", "4.5", f"the loss of {VARIANT}, fold 0 is 4.5 there, 3 in results.h5"), ("variant", "else", "which has no network else, fold 0")],
)
def test_tables_of_another_run_are_refused(full, monkeypatch, capsys, column, value, words):
    path = full / "tables" / "losses.csv"
    table = pd.read_csv(path, dtype=str, keep_default_na=False)
    table.loc[(table["variant"] == VARIANT) & (table["fold"] == "0"), column] = value
    table.to_csv(path, index=False)
    refused_in_one_line(full, monkeypatch, capsys, "losses.csv: is of another run than ", "results.h5", words)


def test_names_are_shortened_and_stay_different():
    short = names.short_names(["a", "b" * 28, "c" * 29, LONG + "1", LONG + "2"])
    assert short["a"] == "a" and short["b" * 28] == "b" * 28
    assert short[LONG + "2"] == "layer five ext…ex, subtype 2" and all(len(name) <= 28 for name in short.values())
    # That differ in the middle of one half, in the middle, or in a control character only.
    for pair in ((f"{'x' * 18}1{'x' * 60}", f"{'x' * 18}2{'x' * 60}"), (f"{'x' * 40}1{'x' * 40}", f"{'x' * 40}2{'x' * 40}"), ("a\nb", "a b", "a\tb")):
        shown = names.short_names(pair)
        assert len(set(shown.values())) == len(pair) and not any("\n" in name for name in shown.values()), shown
    # A name that looks like a cut one keeps its own.
    same = ["x" * 80, "x" * 81, names.cut("x" * 80, 28, 0.5)]
    assert names.short_names(same)[same[2]] == same[2] and len(set(names.short_names(same).values())) == 3


@pytest.mark.parametrize("letter", ["m", "W", "i"])
def test_long_names_leave_room_for_the_drawing(full, letter):
    rename_types(full, {leaf: 75 * letter + leaf for leaf in LEAVES})
    study = full / "study.toml"
    study.write_text(study.read_text().replace('also = ["family"]', "also = []"))
    run = Run(full)
    # Without a tree names begin at the edge of the page.
    run.tables["taxonomy"] = run.tables["taxonomy"].iloc[:0]
    del run.tables["cells"]["leaf 2"]
    for drawing in (tree, latents):
        drawn = drawing.draw(run)
        # The PNG takes the places that were found for the SVG.
        report.picture(drawn, "svg")
        drawn.figure.set_dpi(report.DOTS_PER_INCH)
        renderer = drawn.figure.canvas.get_renderer()
        boxes = [text.get_window_extent(renderer) for text in drawn_texts(drawn.figure).values() if "…" in text.get_text()]
        assert len(boxes) == len(LEAVES)
        assert min(box.x0 for box in boxes) >= 0 and max(box.x1 for box in boxes) <= drawn.figure.bbox.width
        assert all(axes.get_position().width * drawn.figure.get_figwidth() > 2.4 for axes in drawn.figure.axes)
    assert all(75 * letter in name for name in run.tables["cells"]["leaf"]), "tables have names whole"
