"""The page around the figures: self-contained HTML, nothing is loaded from elsewhere."""

import base64
import csv
import io
from collections.abc import Sequence
from dataclasses import dataclass
from html import escape
from importlib import resources

from cplae_analysis import html
from cplae_analysis.first_page import first_page
from cplae_analysis.figures.run_folder import MAKES_TABLES, Run
from cplae_analysis.numbers import headline
from cplae_analysis.scenes import Scenes, plotly_script


@dataclass(frozen=True)
class Section:
    """A figure with its caption, the names of its tables, and perhaps its numbers as a table (heads, rows); or why it is left out (then `png` is empty)."""

    name: str
    title: str
    png: bytes
    text: str
    tables: Sequence[str] = ()
    width: float = 0.0  # inches
    table: tuple[Sequence[str], Sequence[Sequence[str]]] | None = None


# Figures wider than the page shrink to it, but no further: their words must be read, so they scroll in their box.
LEAST_SCALE = 0.8


def resource(name: str) -> str:
    return (resources.files("cplae_analysis") / "data" / name).read_text(encoding="utf-8")


def facts(run: Run, tables_sum: str) -> list[tuple[str, str]]:
    session, identity = run.session, run.provenance.get("identity", {})
    done = sum(replicate.done for replicate in run.replicates)
    hosts = ", ".join(dict.fromkeys(session.get("hosts", [])))
    started = [entry.get("started", "") for entry in run.provenance.get("sessions", [])]
    when = started[0] if len(started) == 1 else f"{started[0]} to {started[-1]} ({len(started)} sessions)" if started else ""
    command = session.get("command", [])
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
        ("command", command if isinstance(command, str) else " ".join(command)),
        ("tables", f"SHA-256 of tables/SHA256SUMS when this page was made: {tables_sum}" if tables_sum else "without checksums (an earlier version)"),
    ]


def failures(run: Run) -> str:
    failed = [replicate for replicate in run.replicates if not replicate.done]
    if not failed:
        return ""
    names = "; ".join(f"{r.variant}, {r.name} (not finite at step {r.failed_step})" for r in failed)
    return f'<p class="failed">Failed networks, left out of every number: {escape(names)}.</p>'


def older_run(run: Run) -> str:
    if len(run.tables["cells"]):
        return ""
    return f'<p class="failed">tables/cells.csv is missing, as in runs of earlier versions: cells have no types here; {MAKES_TABLES}.</p>'


def tables_html(run: Run, names: Sequence[str]) -> str:
    """Links to the tables behind a figure; small ones are on the page as well, folded."""
    paths = [f"tables/{name}.csv" for name in names]
    linked = html.links(run.folder, paths)
    folded = "".join(html.small_table(run.folder / path) for path in paths if (run.folder / path).is_file())
    copies = '; <a href="#copies">copies in this page</a>'
    return (f'<p class="note">Tables: {linked}{copies}</p>' if linked else "") + folded


def own_table_html(section: Section) -> str:
    """The figure's numbers, folded, and as a file to save."""
    if section.table is None:
        return ""
    head, rows = section.table
    text = io.StringIO()
    csv.writer(text, lineterminator="\n").writerows([head, *rows])
    saved = html.embedded(f"{section.name}.csv", text.getvalue().encode("utf-8"))
    return f"<details><summary>The figure's numbers ({len(rows)} rows)</summary><p class=\"note\">As a file: {saved}</p>{html.table(head, rows)}</details>"


def scenes_html(scenes: Scenes | None) -> str:
    """Hidden until its script has found that it can draw; the static picture stands below in any case."""
    if scenes is None:
        return ""
    places = "".join(
        f'<div><div class="scene-title">{escape(title)}</div><div class="scene" role="img" aria-label="Rotatable latents {escape(title)}"></div></div>'
        for title in scenes.titles
    )
    legend = "".join(f'<span><i style="background:{escape(colour)}"></i>{escape(name)}</span>' for name, colour in scenes.legend.items())
    return (
        f'<div id="scenes" class="no-print" hidden><div class="scenes">{places}</div><div class="legend">{legend}</div>'
        f'<p class="note scenes-note">{escape(scenes.caption)}</p></div>'
        f'<script type="application/json" id="scenes-data">{scenes.json}</script>'
    )


def section_html(run: Run, section: Section, before: str = "") -> str:
    title = f'<h2 id="{section.name}">{escape(section.title)}</h2>'
    if not section.png:
        return f'<section>{title}<p class="left-out">Left out: {escape(section.text)}.</p></section>'
    data = base64.b64encode(section.png).decode()
    files = html.links(run.folder, [f"figures/{section.name}.{kind}" for kind in ("svg", "pdf")])
    return (
        f'<section>{title}{before}<figure><div class="wide" tabindex="0"><img alt="{escape(section.title)}" style="width:{96 * section.width:.0f}px;min-width:{LEAST_SCALE * 96 * section.width:.0f}px" '
        f'src="data:image/png;base64,{data}"></div><figcaption>{escape(section.text)}</figcaption></figure>'
        + (f'<p class="note">Figure: {files}</p>' if files else "")
        + f"{own_table_html(section)}{tables_html(run, section.tables)}</section>"
    )


def provenance_html(run: Run, tables_sum: str) -> str:
    listed = "".join(f"<dt>{escape(name)}</dt><dd>{escape(text)}</dd>" for name, text in facts(run, tables_sum))
    every = [f"tables/{path.name}" for path in sorted((run.folder / "tables").glob("*.csv"))]
    return (
        f'<section><h2 id="provenance">Where it comes from</h2><dl>{listed}</dl>'
        f'<p class="note">All tables: {html.links(run.folder, every)}. Also: {html.links(run.folder, ["study.toml", "provenance.json"])}. '
        f'What each column means: docs/file-formats.md of cplae.</p><p class="note" id="copies">The same tables in this page, to save where it is without its folder: '
        f"{html.copies(run.folder, every)}</p></section>"
    )


def contents_html(sections: Sequence[Section]) -> str:
    drawn = [section for section in sections if section.png]
    entries = [("numbers", "Numbers"), *((section.name, section.title) for section in drawn), ("provenance", "Where it comes from")]
    return '<nav class="no-print">' + " · ".join(f'<a href="#{name}">{escape(title)}</a>' for name, title in entries) + "</nav>"


def page_html(run: Run, sections: Sequence[Section], scenes: Scenes | None = None, tables_sum: str = "") -> str:
    name = escape(run.name)
    body = [f"<h1>{name}</h1>", first_page(run), failures(run), older_run(run), contents_html(sections)]
    body += [f'<section><h2 id="numbers">Numbers</h2>{headline(run)}{tables_html(run, ["summary"])}</section>']
    body += [section_html(run, section, scenes_html(scenes) if section.name == "latents" else "") for section in sections]
    body += [provenance_html(run, tables_sum)]
    scripts = f"<script>{plotly_script()}</script><script>{resource('scenes.js')}</script>" if scenes else ""
    return (
        f'<!DOCTYPE html>\n<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">'
        f'<meta name="cplae-tables" content="{tables_sum}"><link rel="icon" href="data:,"><title>{name}: report</title>'
        f"<style>{resource('page.css')}</style></head><body>\n" + "\n".join(body) + f"\n{scripts}</body></html>\n"
    )
