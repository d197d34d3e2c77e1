"""Draws the report of a finished run: one HTML file with the figures in it.

    python analysis/report.py RUN [--figures DIR]

Reads the run folder (study.toml, provenance.json, results.h5, tables/) and writes RUN/report.html; with --figures also
each figure as DIR/<figure>.png. Types of the cells come from the data file of the run, if it is there still and the same.
"""

import argparse
import io
import os
import sys
from pathlib import Path

try:
    import h5py  # noqa: F401
    import matplotlib.pyplot as plt
    import pandas as pd  # noqa: F401
except ImportError as missing:
    sys.exit(f"report: {missing}; `scripts/setup.sh demo` puts what the report needs into build/env: build/env/bin/python analysis/report.py RUN")

from figures import accuracy, clusters, comparisons, consensus, features, latents, losses, matching, reconstruction
from figures.page import Section, page_html
from figures.run_folder import ReportError, Run
from figures.style import LeftOut

FIGURES = (
    ("latents", "Latents of one network", latents.draw),
    ("accuracy", "Types predicted from the latents", accuracy.draw),
    ("reconstruction", "Features predicted within and across modalities", reconstruction.draw),
    ("comparisons", "Each variant against the reference", comparisons.draw),
    ("matching", "How well the modalities' latents meet", matching.draw),
    ("clusters", "Best number of components", clusters.draw),
    ("consensus", "Consensus clusters", consensus.draw),
    ("losses", "Losses in training", losses.draw),
    ("features", "Feature by feature", features.draw),
)
DOTS_PER_INCH = 170


def draw_section(run: Run, name: str, title: str, draw) -> Section:
    try:
        drawn = draw(run)
    except LeftOut as reason:
        return Section(name, title, b"", str(reason))
    picture = io.BytesIO()
    # Without the name of the program that made it, so that the same run gives the same bytes.
    drawn.figure.savefig(picture, format="png", dpi=DOTS_PER_INCH, metadata={"Software": None})
    plt.close(drawn.figure)
    return Section(name, title, picture.getvalue(), drawn.caption)


def replace(path: Path, content: bytes) -> None:
    """Written aside and renamed, so that a full disk leaves the file as it was."""
    part = path.with_name(f"{path.name}.part{os.getpid()}")
    try:
        part.write_bytes(content)
        part.replace(path)
    except OSError:
        part.unlink(missing_ok=True)
        raise


def write_report(folder: Path, figures: Path | None) -> None:
    run = Run(folder)
    sections = [draw_section(run, *figure) for figure in FIGURES]
    try:
        replace(folder / "report.html", page_html(run, sections).encode("utf-8"))
        if figures:
            figures.mkdir(parents=True, exist_ok=True)
        for section in sections:
            if figures and section.png:
                replace(figures / f"{section.name}.png", section.png)
    except OSError as error:
        raise ReportError(f"{error.filename}: {error.strerror}") from error
    print(folder / "report.html")
    for section in sections:
        at = figures / f"{section.name}.png" if figures else section.title
        print(f"{section.name}: {at}" if section.png else f"{section.name}: left out, {section.text}")


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("run", type=Path, metavar="RUN", help="folder of a finished run")
    parser.add_argument("--figures", type=Path, metavar="DIR", help="also write each figure there, as PNG")
    options = parser.parse_args()
    try:
        write_report(options.run, options.figures)
    except ReportError as error:
        print(f"report: {error}", file=sys.stderr)
        return 2
    return 0


if __name__ == "__main__":
    sys.exit(main())
