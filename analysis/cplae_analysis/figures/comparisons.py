"""Each variant and baseline against the reference of its experiment, over the same folds."""

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.figure import Figure

from cplae_analysis.figures.comparison_matrices import draw_matrices
from cplae_analysis.figures.matrices import MOST_PANELS_WIDE
from cplae_analysis.figures.names import MOST_IN_TITLE, is_of_several, short_names
from cplae_analysis.figures.run_folder import EARLIER, Run, Variant, is_baseline, settings_of
from cplae_analysis.figures.style import Drawn, LeftOut, colours, counted, metric_name

MOST_METRICS = 12
MOST_NAMED = 8
LEVEL = 0.05


def is_less_better(metric: str) -> bool:
    return metric.startswith(("foscttm", "mse", "loss"))


def chosen_metrics(table) -> list[str]:
    """R2 of every direction, the accuracies of the finest labels, and FOSCTTM."""
    metrics = list(dict.fromkeys(table["metric"]))
    r2 = [metric for metric in metrics if metric.startswith("r2 ")]
    accuracy: dict[tuple[str, str], str] = {}
    for metric in metrics:
        if metric.startswith("accuracy "):
            _, representation, rest = metric.split(" ", 2)
            label, classes = rest.rsplit(" ", 1)
            before = accuracy.get((representation, label))
            if before is None or int(classes) > int(before.rsplit(" ", 1)[1]):
                accuracy[representation, label] = metric
    matching = [metric for metric in metrics if metric.startswith("foscttm ")]
    return sorted(r2 + list(accuracy.values()) + matching, key=is_of_several)  # of single modalities first


def ahead(table, metrics) -> list[tuple[str, str]]:
    """(variant, metric): who beats the reference in what, by more than chance allows after correction."""
    better = np.where(table["metric"].map(is_less_better), table["difference"] > 0, table["difference"] < 0)
    won = table[better & (table["p_holm"] < LEVEL) & table["metric"].isin(metrics)]
    return [(row.variant, row.metric) for row in won.itertuples()]


def families(table) -> str:
    """The rows that Holm's correction is over, in words: those of single modalities, and those of several at once."""
    joint = int(table["metric"].map(is_of_several).sum())
    return f"the {len(table) - joint} rows of single modalities and, apart from them, the {joint} of several at once" if joint else f"all {len(table)} rows"


def setting_of(run: Run, variant: str, key: str) -> float:
    """A number of `training`, from the variant's id where it is varied; NaN where neither has one."""
    try:
        return float(settings_of(variant).get(key, run.study.get("training", {}).get(key, np.nan)))
    except ValueError:
        return np.nan


def keeps_best(run: Run, variant: str) -> bool:
    """Whether the variant's networks are those of their best step on the held-out cells, rather than of their last one."""
    return not is_baseline(variant) and setting_of(run, variant, "keep_best_after") <= setting_of(run, variant, "steps")


def choice_note(run: Run) -> str:
    """What p values between networks and baselines do not know of; '' where there are none, or where networks choose nothing."""
    table = run.tables["comparisons"]
    pairs = table[["variant", "reference"]].drop_duplicates().to_numpy() if len(table) else ()
    if not any(is_baseline(one) != is_baseline(other) and (keeps_best(run, one) or keeps_best(run, other)) for one, other in pairs):
        return ""
    return (
        "Networks are kept at their best step on these same held-out cells (keep_best_after does not exceed steps), baselines choose nothing on them: "
        "differences and p values between the two favour the networks."
    )


def winners_text(table, metrics) -> str:
    """'variant in R² T → E, R² E → T; ...': of each variant the first few."""
    won: dict[str, list[str]] = {}
    for variant, metric in ahead(table, metrics):
        won.setdefault(variant, []).append(metric_name(metric))
    more = {variant: f" and {len(names) - MOST_NAMED} more" if len(names) > MOST_NAMED else "" for variant, names in won.items()}
    return "; ".join(f"{variant} in {', '.join(names[:MOST_NAMED])}{more[variant]}" for variant, names in won.items())


def draw_intervals(run: Run, table, metrics: list[str], variants: list[Variant]) -> Figure:
    """A panel a metric, an interval a variant."""
    columns = min(4, len(metrics))
    rows = -(-len(metrics) // columns)
    figure, grid = plt.subplots(
        rows, columns, figsize=(2.2 + 2.6 * columns, (0.7 + 0.24 * len(variants)) * rows), squeeze=False, sharey=True, layout="constrained"
    )
    colour, titles = colours(run.variants), short_names(map(metric_name, metrics), MOST_IN_TITLE)
    height = {variant.id: -number for number, variant in enumerate(variants)}
    for axes, metric in zip(grid.flat, metrics, strict=False):
        for row in table[table["metric"] == metric].itertuples():
            place = height[row.variant]
            axes.plot([row.low, row.high], [place, place], color=colour[row.variant], linewidth=1.6)
            filled = colour[row.variant] if row.p_holm < LEVEL else "white"
            axes.plot(row.difference, place, "o", color=colour[row.variant], markerfacecolor=filled, markersize=5)
        axes.axvline(0, color="#888888", linewidth=0.8)
        axes.set_title(titles[metric_name(metric)], fontsize=8)
        axes.grid(axis="x", alpha=0.3)
        axes.set_yticks(list(height.values()), [variant.label for variant in variants], fontsize=8)
    for axes in list(grid.flat)[len(metrics) :]:
        axes.set_visible(False)
    return figure


def how_to_read(many: bool) -> tuple[str, str]:
    """What stands for the interval and its direction, and for p."""
    if many:
        return "mean and half of the 95 % interval (small)", "Blue: the reference is ahead (higher, of FOSCTTM lower), red: behind. Bold and framed"
    return "mean and 95 % interval", "Right of 0 the reference is higher: ahead, or behind in FOSCTTM. Filled"


def hidden_text(every: list[str], metrics: list[str]) -> str:
    if len(metrics) == len(every):
        return ""
    several = all(map(is_of_several, set(every) - set(metrics)))
    return f"{len(metrics)} of {len(every)} measures are drawn, " + ("those of single modalities. " if several else "the first. ")


def draw(run: Run) -> Drawn:
    table = run.tables["comparisons"]
    if not len(table):
        raise LeftOut(f"no experiment has folds and two variants, all networks of the reference failed, or {EARLIER}")
    every = chosen_metrics(table)
    variants = [variant for variant in run.variants if variant.id in set(table["variant"])]
    many = len(run.modalities) > MOST_PANELS_WIDE
    metrics = [metric for metric in every if not is_of_several(metric)] if many else every[:MOST_METRICS]
    figure = draw_matrices(table, metrics, variants, run.modalities, LEVEL) if many else draw_intervals(run, table, metrics, variants)
    references = ", ".join(dict.fromkeys(table["reference"]))
    if table["p_holm"].notna().any():
        winners = winners_text(table, every)
        verdict = f"Ahead of the reference by that test: {winners}." if winners else "None of the others is ahead of it by that test."
    else:
        verdict = "Too few folds have results for an interval or a test."
    shown, direction = how_to_read(many)
    caption = (
        f"Reference ({references}) less variant, paired over {counted(table['folds'].max(), 'folds')}: {shown} (Nadeau and Bengio 2003, which allows for "
        f"folds sharing training cells). {direction}: p < {LEVEL:g} after Holm's correction over "
        f"{families(table)} of comparisons.csv. {hidden_text(every, metrics)}{verdict}"
        + f" {choice_note(run)}".rstrip()
    )
    return Drawn(figure, caption)
