"""The paper's numbers beside ours, for the first page, and all of them for results/published.md.

    python -m cplae_analysis.against_paper > results/published.md
"""

from html import escape

import pandas as pd

from cplae_analysis import html
from cplae_analysis.figures.run_folder import Run, variant_label
from cplae_analysis.published import Beside, beside, published, said_of, unlike, why_not

ANSWERS = {"yes": "comparable", "in part": "comparable in part", "no": "not comparable, so ours is not shown"}


def label_of(setting: str) -> str:
    return variant_label(f"of,{setting}", "of", False)


def value_text(value: float, sd: float) -> str:
    return f"{value:g}" if pd.isna(sd) else f"{value:g} ± {sd:g}"


def rows_html(rows: list[Beside]) -> str:
    shown, starts, before = [], [], ""
    for row in rows:
        if row.what != before:
            starts.append(len(shown))
        name = "" if row.what == before else f"{row.what}{'' if row.number['comparable'] == 'yes' else ' *'}"
        before = row.what
        ours = row.ours
        theirs = value_text(row.published, row.published_sd)
        experiment, _, settings = ours.source.partition(",")
        setting = f"coupled ({label_of(settings)})" if row.setting == "coupled" and settings else label_of(row.setting)
        shown.append([name, setting, theirs, html.with_spread(ours.mean, ours.sd), f"{ours.n:.0f}", experiment])
    return html.table(("", "setting", "paper", "this run", "n", "experiment"), shown, starts)


def notes_html() -> str:
    """Of every published number: whether ours may be compared with it, and why."""
    entries = "".join(
        f"<li>{escape(said_of(number))}: <b>{ANSWERS[number['comparable']]}</b>; {escape(number['note'])}</li>" for number in published()["numbers"]
    )
    return f"<details><summary>Which of the numbers are comparable, and why (*: in part)</summary><ul>{entries}</ul></details>"


def lacking(every: list[Beside], there: list[Beside]) -> str:
    apart = sum(row.number["comparable"] == "no" for row in every)
    missing = len(every) - len(there) - apart
    return (f" {missing} more published numbers are of settings that this study has not." if missing else "") + (
        f" {apart} are not comparable with anything here." if apart else ""
    )


def paper_html(run: Run) -> str:
    if reason := why_not(run):
        return f"<p><b>Against the paper:</b> its numbers are not shown, because {escape(reason)}.</p>"
    every = beside(run)
    there = [row for row in every if not pd.isna(row.ours.mean)]
    apart = f" Done otherwise than in the paper: {'; '.join(unlike(run))}." if unlike(run) else ""
    note = (
        "Ours: mean ± SD over n replicates of this run (of types and features: over these; of a silhouette: over clusters, n cells), of the experiment named. The paper's have a "
        f"spread where one is given; coupled: λ = 1, or 0.5 where there is no 1.{apart}{lacking(every, there)}"
    )
    source = f"{published()['paper']}; numbers {published()['source']}."
    return (
        f"<p><b>Against the paper</b> (genes, measurements and types are the paper's):</p>{rows_html(there)}"
        f'<p class="note">{escape(note)} {escape(source)}</p>{notes_html()}'
    )


def markdown() -> str:
    """results/published.md."""
    lines = [
        "# Published numbers",
        "",
        "What the report shows beside a run's own numbers, where the data are the paper's. Made of analysis/cplae_analysis/data/published.json by `python -m cplae_analysis.against_paper`.",
        "",
        f"{published()['paper']} Numbers {published()['source']}. λ = 0.5, 1: coupled networks; λ = 0: uncoupled ones; coupled: the source does not tell λ.",
        "",
        "| what | published | comparable | why |",
        "| --- | --- | --- | --- |",
    ]
    for number in published()["numbers"]:
        values = [(label_of(setting), *(value if isinstance(value, list) else (value, float("nan")))) for setting, value in number["values"].items()]
        told = ", ".join(f"{label}: {value_text(mean, sd)}" for label, mean, sd in values)
        lines.append("| " + " | ".join(text.replace("|", "\\|") for text in (said_of(number), told, number["comparable"], number["note"])) + " |")
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    print(markdown(), end="")
