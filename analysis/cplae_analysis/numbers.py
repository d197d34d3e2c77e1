"""The main numbers of every variant, of summary.csv; of many modalities means over directions."""

from html import escape

import numpy as np
import pandas as pd

from cplae_analysis import html
from cplae_analysis.figures.members import MEMBER
from cplae_analysis.figures.names import single_or_all
from cplae_analysis.figures.reconstruction import directions
from cplae_analysis.figures.run_folder import Run
from cplae_analysis.figures.style import mean_and_sd
from cplae_analysis.pooled import Mean, is_many, means_of_directions, means_of_targets, of_networks


def columns(run: Run) -> list[tuple[str, str]]:
    """(metric, heading): every direction's R2, or means over them; then each label at its finest, by representation."""
    if is_many(run):
        found = [(mean.name, mean.name) for mean in means(run)]
    else:
        found = [(f"r2 {end}<-{start}", f"R² {start} → {end}") for start, end in directions(run)]
    table = run.tables["accuracy"]
    finest = table.groupby(["label", "representation"], sort=False)["n_classes"].max()
    shown = single_or_all(table["representation"])
    for (label, representation), classes in finest[finest.index.isin(shown, level="representation")].items():
        found.append((f"accuracy {representation} {label} {classes:.0f}", f"{label}, {representation} (%)"))
    return found


def means(run: Run) -> list[Mean]:
    return [*means_of_directions(run), *means_of_targets(run)]


def described(frame: pd.DataFrame, value: str, metric: str) -> dict[tuple[str, str], pd.Series]:
    """(variant, metric) -> mean, SD and n over the frame's rows of the variant."""
    found = {}
    for variant, own in frame.groupby("variant", sort=False) if len(frame) else ():
        middle, sd = mean_and_sd(own[value])
        found[variant, metric] = pd.Series({"mean": middle, "sd": sd, "n": own[value].notna().sum()})
    return found


def pooled_rows(run: Run) -> dict[tuple[str, str], pd.Series]:
    """Means over directions of each network that has a line of its own, if it has all of them: an ensemble stands for its members."""
    found = {}
    for mean in means(run) if is_many(run) else ():
        frame = of_networks(run.tables[mean.table], mean)[1]
        if len(frame):
            lined = ~frame["variant"].str.match(MEMBER.pattern) | frame["variant"].isin(run.tables["summary"]["variant"])
            found |= described(frame[lined], mean.value, mean.name)
    return found


def cell(row: pd.Series | None, count: int, is_share: bool) -> str:
    if row is None or pd.isna(row["mean"]):
        return "–"
    factor, digits = (100, 1) if is_share else (1, 3)
    text = f"{factor * row['mean']:.{digits}f}"
    if not pd.isna(row["sd"]):
        text += f" ± {factor * row['sd']:.{digits}f}"
    return text if row["n"] == count else f"{text} (n = {row['n']:.0f})"


def headline(run: Run) -> str:
    found = {(row["variant"], row["metric"]): row for _, row in run.tables["summary"].iterrows()} | pooled_rows(run)
    with_mean = {metric for (_, metric), row in found.items() if np.isfinite(row["mean"])}
    heads = [head for head in columns(run) if head[0] in with_mean]
    lines, starts, before = [], [], ""
    for variant in run.variants:
        rows = [found.get((variant.id, metric)) for metric, _ in heads]
        if not any(row is not None for row in rows) and MEMBER.match(variant.id):
            continue  # what the members predict together stands for them
        count = max((int(row["n"]) for row in rows if row is not None and row["n"] > 0), default=0)
        name = variant.label if variant.label.startswith(variant.experiment) else f"{variant.experiment}: {variant.label}"
        if variant.experiment != before:
            starts.append(len(lines))
        before = variant.experiment
        cells = [cell(row, count, metric.startswith("accuracy")) for row, (metric, _) in zip(rows, heads, strict=True)]
        lines.append((name, *cells, str(count)))
    many = (
        "Across: mean over the directions from one modality to another; from several: over those from two modalities and more; others → A: over those to A; "
        "FOSCTTM: share of cells closer than the true partner (0 is best, 0.5 is chance). Each direction is in the figures below. "
        "A mean over directions is of networks that have all that any has: – where the variant has fewer, a smaller n where some of its folds have fewer. "
    )
    note = (
        f"Mean ± SD over n {run.replicate_words()}, on held-out cells. A → B: B decoded from the latents of A, R² as the mean over features. {many if is_many(run) else ''}"
        "Accuracy of predicting a cell's type from the latents (zA: those of modality A), at the finest resolution of each label."
    )
    return html.table(("variant", *(name for _, name in heads), "n"), lines, starts) + f'<p class="note">{escape(note)}</p>'
