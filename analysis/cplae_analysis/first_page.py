"""What a reader wants to know in ten seconds: did it run, what came out, is a simple model ahead, how does it stand to the paper."""

from dataclasses import dataclass
from html import escape

import numpy as np
import pandas as pd

from cplae_analysis import html
from cplae_analysis.against_paper import paper_html
from cplae_analysis.figures.clusters import end_of_range
from cplae_analysis.figures.comparisons import LEVEL, choice_note, chosen_metrics, is_less_better
from cplae_analysis.figures.names import single_or_all
from cplae_analysis.figures.run_folder import Run, Variant, is_baseline
from cplae_analysis.figures.reconstruction import directions
from cplae_analysis.figures.stability import sentence
from cplae_analysis.figures.style import counted, metric_name
from cplae_analysis.pooled import LEAST_MODALITIES, Mean, is_many, means_of_directions, means_of_types, of_networks

MOST_TILES = 8
MOST_NAMED = 8


@dataclass(frozen=True)
class Tile:
    """One headline number."""

    name: str
    value: str
    under: str


def headline_variant(run: Run) -> Variant | None:
    """The reference of the comparisons, if it is a network; else the most coupled variant of the first experiment with results."""
    done = {replicate.variant for replicate in run.replicates if replicate.done}
    trained = [variant for variant in run.variants if variant.id in done]
    references = list(run.tables["comparisons"]["reference"]) if len(run.tables["comparisons"]) else []
    # An ensemble has no network of its own.
    named = [variant for variant in run.variants if not variant.is_baseline and variant.id in references]
    if named:
        return named[0]
    own = [variant for variant in trained if variant.experiment == trained[0].experiment]
    return max(own, key=run.coupling_of) if own else None


def values_of(run: Run, variant: str) -> dict[str, tuple[float, float, float]]:
    """Metric -> mean, SD, n of summary.csv."""
    table = run.tables["summary"]
    own = table[table["variant"] == variant]
    return {row.metric: (row.mean, row.sd, row.n) for row in own.itertuples()}


def finest(run: Run, variant: str) -> list[tuple[str, str, float]]:
    """(label, representation, classes) of the first label at its finest, by representation."""
    table = run.tables["accuracy"]
    own = table[table["variant"] == variant]
    labels = list(dict.fromkeys(own["label"]))[:1]
    most = own[own["label"].isin(labels)].groupby("representation", sort=False)["n_classes"].max()
    return [(labels[0], representation, most[representation]) for representation in single_or_all(most.index)]


def wanted_tiles(run: Run, variant: Variant) -> list[tuple[str, str, float, int]]:
    """(metric, name, factor, digits): across modalities first, then types, then how well latents meet."""
    across = [pair for pair in directions(run) if pair[0] != pair[1]] or directions(run)
    if len(run.modalities) >= LEAST_MODALITIES:
        across = []  # means over all directions say more: pooled_tiles
    found = [(f"r2 {end}<-{start}", f"R² {start} → {end}", 1.0, 2) for start, end in across]
    for label, representation, classes in [] if is_many(run) else finest(run, variant.id):
        found.append((f"accuracy {representation} {label} {classes:.0f}", f"{label} from {representation}, % right", 100.0, 1))
    found += [(f"foscttm {end}<-{start}", f"FOSCTTM {start} → {end}", 1.0, 2) for start, end in across[:2]]
    return found


def means_of(run: Run) -> list[Mean]:
    """What stands for single directions, where there are many."""
    if len(run.modalities) < LEAST_MODALITIES:
        return []
    return means_of_directions(run) + (means_of_types(run) if is_many(run) else [])


def pooled_tiles(run: Run, variant: Variant) -> list[Tile]:
    made = []
    for mean in means_of(run):
        table = run.tables[mean.table]
        count, frame = of_networks(table[table["variant"] == variant.id] if len(table) else table, mean)
        values = frame[mean.value].dropna() if len(frame) else ()
        if len(values):
            factor, digits, unit = (100, 1, ", % right") if mean.is_share else (1, 2, "")
            under = f"{f'mean of {count} {mean.words}, ' if count > 1 else ''}n = {counted(len(values), run.replicate_word(variant))}"
            made.append(Tile(mean.name + unit, html.with_spread(factor * values.mean(), factor * values.std(), digits), under))
    return made


def tiles(run: Run, variant: Variant) -> list[Tile]:
    values = values_of(run, variant.id)
    made = pooled_tiles(run, variant)
    for metric, name, factor, digits in wanted_tiles(run, variant):
        mean, sd, n = values.get(metric, (np.nan, np.nan, 0))
        if not pd.isna(mean):
            made.append(Tile(name, html.with_spread(factor * mean, factor * sd, digits), f"n = {counted(n, run.replicate_word(variant))}"))
    counts = run.tables["cluster_counts"]
    if len(counts):
        first = counts["variant"].iloc[0]
        own = counts[counts["variant"] == first]
        under = f"mode over {own['count'].sum():.0f} networks{end_of_range(run, first)}"
        made.append(Tile("clusters (least BIC)", f"{own['modal_components'].iloc[0]:g}", under))
    return made[:MOST_TILES]


def status_html(run: Run) -> str:
    done = sum(replicate.done for replicate in run.replicates)
    failed = len(run.replicates) - done
    word = f"✓ Finished: all {done} networks done" if not failed else f"✗ {failed} of {len(run.replicates)} networks failed, {done} done"
    counts = "; ".join(f"{len(names):,} features of {name}" for name, names in run.features.items())
    data = ", ".join(path.rsplit("/", 1)[-1] for path in run.session.get("data_path", "").splitlines())
    said = (
        f"{len(run.cells):,} cells of {data or 'unknown data'}{f' ({counts})' if counts else ''}, study “{run.name}”; "
        f"cplae {run.session.get('cplae', '')}, commit {run.session.get('git_commit', 'unknown')}, {run.session.get('started', '')[:10]}."
    )
    return f'<p class="status {"bad" if failed else "good"}">{escape(word)}</p><p class="lead">{escape(said)}</p>'


def tiles_html(run: Run) -> str:
    variant = headline_variant(run)
    if variant is None:
        return '<p class="left-out">No network has a result.</p>'
    shown = tiles(run, variant)
    cards = "".join(
        f'<div class="tile"><div class="name">{escape(tile.name)}</div><div class="value">{escape(tile.value)}</div>'
        f'<div class="under">{escape(tile.under)}</div></div>'
        for tile in shown
    )
    kind = "folds" if run.replicate_word(variant) == "folds" else "initialisations"
    note = (
        f"Of the variant {variant.id}, mean ± SD over {kind}, on held-out cells. R² A → B: B decoded from the latents of A, mean over features. "
        "zA: latents of A."
    )
    if any(tile.name.startswith("FOSCTTM") for tile in shown):
        note += " FOSCTTM: share of cells closer than the true partner (0 is best, 0.5 is chance)."
    taught = [variant.id for variant in run.variants if run.is_supervised(variant)]
    if taught:
        note += (
            f" Supervised: {taught[0]}{f' and {len(taught) - 1} more' if len(taught) > 1 else ''} learnt the types of the training cells too "
            "(training.supervision). No network knows those of its held-out cells, but clusters, silhouettes and accuracies are of latents "
            "that types have shaped, and baselines were told none."
        )
    chance = sentence(run, variant, [mean.name for mean in means_of(run)] + [metric for metric, *_ in wanted_tiles(run, variant)])
    return f'<div class="tiles">{cards}</div><p class="note">{escape(note)}</p><p><b>How much is chance:</b> {escape(chance)}</p>'


def simple_rows(run: Run) -> pd.DataFrame:
    """Comparisons of a network with a model without one: `gain` > 0 where the simple model is ahead, `simple` its name."""
    table = run.tables["comparisons"]
    if not len(table):
        return pd.DataFrame()
    table = table[table["metric"].isin(chosen_metrics(table))].copy()
    simple, reference = table["variant"].map(is_baseline), table["reference"].map(is_baseline)
    table = table[simple != reference].dropna(subset=["difference"])
    sign = np.where(table["metric"].map(is_less_better), 1, -1) * np.where(table["reference"].map(is_baseline), -1, 1)
    ends = sign * table["low"], sign * table["high"]
    return table.assign(
        gain=sign * table["difference"], least=np.minimum(*ends), most=np.maximum(*ends),
        simple=np.where(table["reference"].map(is_baseline), table["reference"], table["variant"]),
        network=np.where(table["reference"].map(is_baseline), table["variant"], table["reference"]),
    )


def with_interval(row) -> str:
    """The lead and its interval, which a comparison on one fold has not."""
    return f"{row.gain:.3f}" + ("" if pd.isna(row.least) else f" [{row.least:.3f}, {row.most:.3f}]")


def simple_html(run: Run) -> str:
    """If a simple model wins somewhere, the report says so."""
    rows = simple_rows(run)
    if not len(rows):
        return '<p><b>Against simple models:</b> not compared (the study has no folds with baselines, or the tables are of an earlier version).</p>'
    labels = {variant.id: variant.label for variant in run.variants}
    ahead = rows[rows["gain"] > 0].sort_values("gain", ascending=False)
    sure = ahead[ahead["p_holm"] < LEVEL]
    networks = ", ".join(dict.fromkeys(rows["network"]))
    note = f" {escape(choice_note(run))}".rstrip()
    if not len(ahead):
        return f"<p><b>Against simple models:</b> none of them is ahead of {escape(networks)} in any of the {len(rows)} comparisons on the same folds.{note}</p>"
    tested = rows["p_holm"].notna().any()
    verdict = f"a simple model is ahead of {networks} in {len(ahead)} of {len(rows)} comparisons on the same folds, " + (
        f"in {len(sure)} of them beyond chance (p < {LEVEL:g} after Holm's correction)" if tested else "of which too few have results to tell chance"
    )
    best = ahead.drop_duplicates("metric")
    listed = [
        [metric_name(row.metric), labels.get(row.simple, row.simple), with_interval(row), "–" if pd.isna(row.p_holm) else f"{row.p_holm:.2g}"]
        for row in best.head(MOST_NAMED).itertuples()
    ]
    more = f" For each measure the best of them{', the largest leads only' if len(best) > MOST_NAMED else ''}:"
    head = ("measure", "best simple model", "ahead by [95 % interval]", "p (Holm)")
    return (
        f"<p><b>Against simple models:</b> {escape(verdict, quote=False)}.{note}{more}</p>{html.table(head, listed)}"
    )


def first_page(run: Run) -> str:
    return "".join((status_html(run), tiles_html(run), simple_html(run), paper_html(run)))
