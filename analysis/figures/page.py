"""The page around the figures: self-contained HTML, nothing is loaded from elsewhere."""

import base64
from dataclasses import dataclass
from html import escape

import pandas as pd

from figures.reconstruction import directions
from figures.run_folder import Run

STYLE = """
body { font: 15px/1.5 system-ui, sans-serif; color: #222; max-width: 62rem; margin: 2rem auto; padding: 0 1rem; }
h1 { font-size: 1.6rem; margin-bottom: 0.2rem; } h2 { font-size: 1.15rem; margin-top: 2.2rem; }
dl { display: grid; grid-template-columns: max-content 1fr; gap: 0.15rem 1.2rem; } dt { color: #666; } dd { margin: 0; overflow-wrap: anywhere; }
table { border-collapse: collapse; font-variant-numeric: tabular-nums; } .wide { overflow-x: auto; }
th, td { padding: 0.2rem 0.7rem; text-align: right; white-space: nowrap; } th:first-child, td:first-child { text-align: left; }
thead th { border-bottom: 1px solid #222; } tr.first td { border-top: 1px solid #ccc; }
figure { margin: 0; } img { max-width: 100%; height: auto; } figcaption, .note { color: #555; font-size: 0.9rem; max-width: 52rem; }
.left-out { color: #555; font-style: italic; } .failed { color: #a33; }
code { font-size: 0.85rem; }
"""


@dataclass(frozen=True)
class Section:
    """A figure with its caption, or why it is left out (then `png` is empty)."""

    name: str
    title: str
    png: bytes
    text: str


def facts(run: Run) -> list[tuple[str, str]]:
    session, identity = run.session, run.provenance.get("identity", {})
    done = sum(replicate.done for replicate in run.replicates)
    hosts = ", ".join(dict.fromkeys(session.get("hosts", [])))
    started = [entry.get("started", "") for entry in run.provenance.get("sessions", [])]
    when = started[0] if len(started) == 1 else f"{started[0]} to {started[-1]} ({len(started)} sessions)" if started else ""
    return [
        ("study", run.name),
        ("networks", f"{done} done, {len(run.replicates) - done} failed, of {len(run.replicates)}"),
        ("cells, modalities", f"{len(run.cells)} cells; {', '.join(run.modalities)}"),
        ("seed", str(run.provenance.get("seed", ""))),
        ("data", f"{session.get('data_path', '')} (SHA-256 {identity.get('data_sha256', '')})"),
        ("program", f"cplae {session.get('cplae', '')}, commit {session.get('git_commit', '')}, {session.get('build', '')}"),
        ("trainer, device", f"{identity.get('trainer', '')}, {session.get('device', '')}"),
        ("ranks, hosts", f"{session.get('ranks', '')} {'rank' if session.get('ranks') == 1 else 'ranks'} on {hosts}"),
        ("started", when),
        ("command", " ".join(session.get("command", []))),
    ]


def failures(run: Run) -> str:
    failed = [replicate for replicate in run.replicates if not replicate.done]
    if not failed:
        return ""
    names = "; ".join(f"{r.variant}, {r.name} (not finite at step {r.failed_step})" for r in failed)
    return f'<p class="failed">Failed networks, left out of every number below: {escape(names)}.</p>'


def columns(run: Run) -> list[tuple[str, str]]:
    """(metric of summary.csv, heading): every direction's R2, then each label at its finest, by representation."""
    found = [(f"r2 {end}<-{start}", f"R² {start} → {end}") for start, end in directions(run)]
    table = run.tables["accuracy"]
    finest = table.groupby(["label", "representation"], sort=False)["n_classes"].max()
    for (label, representation), classes in finest.items():
        found.append((f"accuracy {representation} {label} {classes:.0f}", f"{label}, {representation} (%)"))
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
    heads = columns(run)
    found = {(row["variant"], row["metric"]): row for _, row in run.tables["summary"].iterrows()}
    lines, before = [], ""
    for variant in run.variants:
        rows = [found.get((variant.id, metric)) for metric, _ in heads]
        count = max((int(row["n"]) for row in rows if row is not None and row["n"] > 0), default=0)
        name = variant.label if variant.label.startswith(variant.experiment) else f"{variant.experiment}: {variant.label}"
        cells = [cell(row, count, metric.startswith("accuracy")) for row, (metric, _) in zip(rows, heads, strict=True)]
        start = ' class="first"' if variant.experiment != before else ""
        before = variant.experiment
        lines.append(f"<tr{start}>" + "".join(f"<td>{escape(text)}</td>" for text in (name, *cells, str(count))) + "</tr>")
    head = "".join(f"<th>{escape(text)}</th>" for text in ("variant", *(name for _, name in heads), "n"))
    note = (
        f"Mean ± SD over n {run.replicate_words()}, on held-out cells. A → B: B decoded from the latents of A, R² as the mean over features. "
        "Accuracy of predicting a cell's type from the latents (zA: those of modality A), at the finest resolution of each label."
    )
    return (
        f'<div class="wide"><table><thead><tr>{head}</tr></thead><tbody>{"".join(lines)}</tbody></table></div>'
        f'<p class="note">{escape(note)}</p>'
    )


def section_html(section: Section) -> str:
    title = f'<h2 id="{section.name}">{escape(section.title)}</h2>'
    if not section.png:
        return f'{title}<p class="left-out">Left out: {escape(section.text)}.</p>'
    data = base64.b64encode(section.png).decode()
    return (
        f'{title}<figure><img alt="{escape(section.title)}" src="data:image/png;base64,{data}">'
        f"<figcaption>{escape(section.text)}</figcaption></figure>"
    )


def page_html(run: Run, sections: list[Section]) -> str:
    listed = "".join(f"<dt>{escape(name)}</dt><dd>{escape(text)}</dd>" for name, text in facts(run))
    body = [f"<h1>{escape(run.name)}</h1><dl>{listed}</dl>", failures(run), "<h2 id=\"numbers\">Numbers</h2>", headline(run)]
    body += [section_html(section) for section in sections]
    return (
        f'<!DOCTYPE html>\n<html lang="en"><head><meta charset="utf-8"><title>{escape(run.name)}: report</title>'
        f"<style>{STYLE}</style></head><body>\n" + "\n".join(body) + "\n</body></html>\n"
    )
