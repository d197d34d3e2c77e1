"""Small pieces of HTML."""

import base64
from collections.abc import Iterable, Sequence
from html import escape
from pathlib import Path

import pandas as pd

MOST_ROWS_INLINE = 80
# A table up to this size travels in the page itself.
MOST_BYTES_EMBEDDED = 300_000


def table(head: Sequence[str], rows: Iterable[Sequence[str]], starts: Iterable[int] = ()) -> str:
    """A table in a box that scrolls by itself; lines above the rows in `starts`."""
    lines, lined = [], set(starts)
    for number, row in enumerate(rows):
        mark = ' class="first"' if number in lined else ""
        lines.append(f"<tr{mark}>" + "".join(f"<td>{escape(text)}</td>" for text in row) + "</tr>")
    heads = "".join(f"<th>{escape(text)}</th>" for text in head)
    return f'<div class="wide" tabindex="0"><table><thead><tr>{heads}</tr></thead><tbody>{"".join(lines)}</tbody></table></div>'


def number(value: float, digits: int = 3) -> str:
    return "–" if pd.isna(value) else f"{value:.{digits}f}"


def with_spread(mean: float, sd: float, digits: int = 3) -> str:
    """'0.125 ± 0.062', or the mean alone where there is no SD."""
    return number(mean, digits) + ("" if pd.isna(mean) or pd.isna(sd) else f" ± {sd:.{digits}f}")


def short(text: str) -> str:
    """A field of a table with at most five digits."""
    try:
        return text if text.lstrip("-").isdigit() else f"{float(text):.5g}"
    except ValueError:
        return text


def size_text(path: Path) -> str:
    size = path.stat().st_size
    return f"{size / 1e6:.1f} MB" if size >= 1e6 else f"{max(1, round(size / 1e3))} kB"


def links(folder: Path, names: Sequence[str]) -> str:
    """Links to files of the run folder that are there, with their sizes."""
    found = [name for name in names if (folder / name).is_file()]
    return ", ".join(f'<a href="{escape(name)}">{escape(name.rsplit("/", 1)[-1])}</a> ({size_text(folder / name)})' for name in found)


def embedded(name: str, content: bytes) -> str:
    """A link that saves the content, which is in the page itself."""
    data = base64.b64encode(content).decode()
    return f'<a download="{escape(name)}" href="data:text/csv;charset=utf-8;base64,{data}">{escape(name)}</a>'


def copies(folder: Path, names: Sequence[str]) -> str:
    """Copies of files of the run folder, in the page; those too large are named."""
    small = [name for name in names if (folder / name).stat().st_size <= MOST_BYTES_EMBEDDED]
    links_to = ", ".join(embedded(name.rsplit("/", 1)[-1], (folder / name).read_bytes()) for name in small)
    large = ", ".join(escape(name.rsplit("/", 1)[-1]) for name in names if name not in small)
    more = f" Above {MOST_BYTES_EMBEDDED / 1e3:.0f} kB, and beside this page only: {large}." if large else ""
    return f"{links_to}.{more}" if links_to else more.strip()


def small_table(path: Path) -> str:
    """The whole table, folded, if it is a small one; else ''."""
    frame = pd.read_csv(path, dtype=str, keep_default_na=False, nrows=MOST_ROWS_INLINE + 1)
    if not 0 < len(frame) <= MOST_ROWS_INLINE:
        return ""
    rows = [[short(text) for text in row] for row in frame.to_numpy()]
    return f"<details><summary>{escape(path.name)} ({len(frame)} rows)</summary>{table(list(frame.columns), rows)}</details>"
