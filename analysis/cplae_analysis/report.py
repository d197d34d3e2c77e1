"""Makes the report of a finished run: one HTML file with the figures in it.

    python -m cplae_analysis RUN [--figures DIR] [--check]

Reads the run folder alone (study.toml, provenance.json, results.h5, tables/) and writes RUN/report.html and each figure
as RUN/figures/<figure>.svg and .pdf; with --figures also as DIR/<figure>.png.
"""

import argparse
import io
import os
import sys
import traceback
from collections.abc import Sequence
from dataclasses import dataclass, replace as changed
from pathlib import Path

import matplotlib.pyplot as plt

from cplae_analysis.checksums import require_whole_tables, staleness, sum_of_tables
from cplae_analysis.figures import accuracy, calibration, clusters, collapse, comparisons, consensus, ensembles, features, latents, losses, matching, reconstruction, relative, stability, tree, types
from cplae_analysis.figures.run_folder import ReportError, Run
from cplae_analysis.figures.style import Drawn, LeftOut
from cplae_analysis.page import Section, page_html
from cplae_analysis.scenes import Scenes, make_scenes

# Name, title, what draws it, and the tables behind it.
FIGURES = (
    ("latents", "Latents of one network", latents.draw, ("cells", "latents")),
    ("accuracy", "Types predicted from the latents", accuracy.draw, ("accuracy", "summary")),
    ("reconstruction", "Features predicted within and across modalities", reconstruction.draw, ("reconstruction", "summary")),
    ("types", "Means of types, measured and decoded", types.draw, ("typewise", "type_correlations")),
    ("type_correlations", "Means of types by variant", types.draw_correlations, ("type_correlations",)),
    ("comparisons", "Each variant against the reference", comparisons.draw, ("comparisons",)),
    ("matching", "How well the modalities' latents meet", matching.draw, ("matching", "latents", "summary")),
    ("collapse", "Couplings and the collapse of latents", collapse.draw, ("latents",)),
    ("stability", "How much is chance: seeds and folds", stability.draw, ("reconstruction", "accuracy", "matching", "clusters")),
    ("clusters", "Best number of components", clusters.draw, ("cluster_counts", "clusters", "bic")),
    ("consensus", "Consensus clusters", consensus.draw, ("consensus", "contingency", "consensus_cells")),
    ("ensembles", "Networks that predict together", ensembles.draw, ("ensembles",)),
    ("calibration", "Prediction intervals: do they hold what they say?", calibration.draw, ("calibration", "predictive")),
    ("relative", "What coupling costs", relative.draw, ("relative",)),
    ("losses", "Losses in training", losses.draw, ("losses",)),
    ("features", "Feature by feature", features.draw, ("features",)),
    ("tree", "Types and their cells", tree.draw, ("cells", "taxonomy")),
)
VECTORS = ("svg", "pdf")
DOTS_PER_INCH = 170
# Without dates and the name of the program that made it, so that the same run gives the same bytes.
METADATA = {
    "png": {"Software": None},
    "svg": {"Date": None, "Creator": None},
    "pdf": {"CreationDate": None, "Creator": None, "Producer": None},
}


@dataclass(frozen=True)
class Picture:
    """A drawn figure as files: kind -> content; its caption, its width in inches, and its numbers, if it has them as a table."""

    files: dict[str, bytes]
    caption: str
    width: float
    table: tuple[Sequence[str], Sequence[Sequence[str]]] | None


def picture(drawn: Drawn, kind: str) -> bytes:
    content = io.BytesIO()
    drawn.figure.savefig(content, format=kind, dpi=DOTS_PER_INCH, metadata=METADATA[kind])
    # Laid out once: the other formats take the same places, in a third of the time.
    drawn.figure.set_layout_engine("none")
    return content.getvalue()


def replace(path: Path, content: bytes) -> None:
    """Written aside and renamed, so that a full disk leaves the file as it was."""
    part = path.with_name(f"{path.name}.part{os.getpid()}")
    try:
        part.write_bytes(content)
        part.replace(path)
    except OSError:
        part.unlink(missing_ok=True)
        raise


def write_vectors(files: dict[str, bytes], folder: Path, name: str) -> None:
    """The figure as RUN/figures/<name>.svg and .pdf; those of an earlier report go where there is none now."""
    for kind in VECTORS:
        path = folder / "figures" / f"{name}.{kind}"
        if kind in files:
            path.parent.mkdir(exist_ok=True)
            replace(path, files[kind])
        else:
            path.unlink(missing_ok=True)


def told(fault: Exception, name: str) -> str:
    """The fault in words for the page; all of it goes to standard error."""
    traceback.print_exception(fault)
    return f"it could not be drawn, which is a fault of cplae ({name}: {type(fault).__name__}: {' '.join(str(fault).split())})"


def draw(run: Run, name: str, draw_figure) -> Picture | str:
    """The figure, or why there is none. A fault in one of them leaves the others as they are, and is told.

    The files are made here as well: most of the drawing, and what can go wrong in it, comes then only.
    """
    try:
        drawn = draw_figure(run)
        files = {kind: picture(drawn, kind) for kind in (*VECTORS, "png")}
        return Picture(files, drawn.caption, drawn.figure.get_size_inches()[0], drawn.table)
    except LeftOut as reason:
        return str(reason)
    except Exception as fault:  # noqa: BLE001
        return told(fault, name)
    finally:
        plt.close("all")


def make_section(run: Run, name: str, title: str, draw_figure, tables: tuple[str, ...] = ()) -> Section:
    drawn = draw(run, name, draw_figure)
    if isinstance(drawn, str):
        write_vectors({}, run.folder, name)
        return Section(name, title, b"", drawn)
    write_vectors(drawn.files, run.folder, name)
    return Section(name, title, drawn.files["png"], drawn.caption, tables, drawn.width, drawn.table)


def scenes_of(run: Run) -> tuple[Scenes | None, str]:
    """The rotatable latents, if there are any, and what to say of a fault in them."""
    try:
        return make_scenes(run), ""
    except LeftOut:
        return None, ""
    except Exception as fault:  # noqa: BLE001
        return None, f" The rotatable picture is left out: {told(fault, 'scenes')}."


def write_report(folder: Path, figures: Path | None) -> list[Section]:
    """Writes the report and its figures. Raises ReportError."""
    if (folder / "figures").is_symlink():
        raise ReportError(f"{folder / 'figures'}: is a link, which is not followed")
    run = Run(folder)
    require_whole_tables(folder)
    tables_sum = sum_of_tables(folder)
    try:
        sections = [make_section(run, *figure) for figure in FIGURES]
        scenes, fault = scenes_of(run)
        sections = [changed(section, text=section.text + fault) if section.name == "latents" else section for section in sections]
        replace(folder / "report.html", page_html(run, sections, scenes, tables_sum).encode("utf-8"))
        if figures:
            figures.mkdir(parents=True, exist_ok=True)
        for section in sections:
            if figures and section.png:
                replace(figures / f"{section.name}.png", section.png)
    except OSError as error:
        raise ReportError(f"{error.filename}: {error.strerror}") from error
    return sections


def say(folder: Path, figures: Path | None, sections: list[Section]) -> None:
    print(folder / "report.html")
    for section in sections:
        at = figures / f"{section.name}.png" if figures else section.title
        print(f"{section.name}: {at}" if section.png else f"{section.name}: left out, {section.text}")


def parse() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m cplae_analysis", description=__doc__.splitlines()[0])
    parser.add_argument("run", type=Path, metavar="RUN", help="folder of a finished run")
    parser.add_argument("--figures", type=Path, metavar="DIR", help="also write each figure there, as PNG")
    parser.add_argument("--check", action="store_true", help="only tell whether RUN/report.html is of the tables that are there: exit 1 if not")
    return parser.parse_args()


def main() -> int:
    options = parse()
    try:
        if options.check:
            stale = staleness(options.run)
            print(stale or f"{options.run / 'report.html'}: is of the tables that are there")
            return 1 if stale else 0
        sections = write_report(options.run, options.figures)
    except ReportError as error:
        print(f"report: {error}", file=sys.stderr)
        return 2
    say(options.run, options.figures, sections)
    return 1 if any("a fault of cplae" in section.text for section in sections) else 0
