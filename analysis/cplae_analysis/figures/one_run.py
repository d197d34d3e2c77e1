"""Whether the files of a run folder are of one run: study.toml and the tables are those of results.h5."""

from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from cplae_analysis.figures.small_files import STUDY, ReportError, parse_study, shape_fault

if TYPE_CHECKING:
    from cplae_analysis.figures.run_folder import Replicate

# A run may be gone on with under other values of these; a results.h5 that is complete keeps those that it was written with.
FREE = ("study.name", "study.recipe", "training.checkpoint_seconds", "training.trainer")
FREE_OF_MODALITIES = "panel"
# Far below what two networks differ by, far above the rounding of a text.
TOLERANCE = 1e-5


def settings_under(path: str, value: object) -> Iterator[tuple[str, object]]:
    if isinstance(value, dict):
        for key, inner in value.items():
            yield from settings_under(f"{path}.{key}", inner)
    else:
        yield path, value


def settings(study: dict) -> dict[str, object]:
    """'modality.T.hidden' -> its value, for all that makes the run."""
    found: dict[str, object] = {}
    for section, value in study.items():
        if section in ("modality", "experiment"):
            found[section] = [entry["name"] for entry in value]
            for entry in value:
                path = f"{section}.{entry['name']}"
                found |= settings_under(path, {key: inner for key, inner in entry.items() if key != "vary"})
                found[f"{path}.vary"] = entry.get("vary", {})
        else:
            found |= settings_under(section, value)
    panels = {f"modality.{entry['name']}.{FREE_OF_MODALITIES}" for entry in study["modality"]}
    return {path: setting for path, setting in found.items() if path not in FREE and path not in panels}


def difference(study: dict, of_results: dict) -> str:
    """The first setting that is another one, '' if none is. Keys that one text lacks do not count: later versions know more of them."""
    ours, theirs = settings(study), settings(of_results)
    unlike = (path for path in ours if path in theirs and ours[path] != theirs[path])
    return next((f"{path} is {ours[path]!r} there, {theirs[path]!r} in results.h5" for path in unlike), "")


def require_study(path: Path, study: dict, results: Path, text: object) -> None:
    """Raises ReportError if the study in results.h5 (None: an earlier version wrote none) is another one than that of the folder."""
    if text is None:
        return
    named = f"{results}: attribute 'study'"
    if not isinstance(text, str | bytes):
        raise ReportError(f"{named}: is no text")
    own = parse_study(text.encode("utf-8", "surrogateescape") if isinstance(text, str) else text, named)
    if fault := shape_fault(own, STUDY):
        raise ReportError(f"{named}: {fault}")
    if unlike := difference(study, own):
        raise ReportError(f"{path}: is not the study of {results}: {unlike[:200]}")


def require_losses(path: Path, losses: pd.DataFrame, results: Path, replicates: Iterable["Replicate"]) -> None:
    """Raises ReportError if a kept network's loss in the tables is not that of results.h5: both have it, and no two runs of other seeds, data or settings the same."""
    there = {(replicate.variant, replicate.name): replicate.held_out_loss for replicate in replicates}
    kept = losses[(losses["kept"] == 1) & (losses["part"] == "validation") & (losses["term"] == "total")]
    for row in kept.itertuples():
        name = f"fold {row.fold}" if row.fold else f"init {row.init}"
        if (row.variant, name) not in there:
            raise ReportError(f"{path}: is of another run than {results}, which has no network {row.variant}, {name}")
        loss = there[row.variant, name]
        if np.isfinite(loss) and not np.isclose(row.value, loss, rtol=TOLERANCE, atol=0):
            raise ReportError(f"{path}: is of another run than {results}: the loss of {row.variant}, {name} is {row.value:.6g} there, {loss:.6g} in results.h5")
