"""Whether tables are as they were written, and a report of these tables."""

import hashlib
import re
from pathlib import Path

from cplae_analysis.figures.run_folder import ReportError

BORNE = re.compile(r'<meta name="cplae-tables" content="([0-9a-f]{64})">')
HEAD_BYTES = 4096


def sha256(path: Path) -> str:
    digest = hashlib.sha256()  # hashlib.file_digest is not in Python 3.10
    try:
        with path.open("rb") as file:
            while piece := file.read(1 << 20):
                digest.update(piece)
    except OSError as error:
        raise ReportError(f"{path}: {error.strerror}") from error
    return digest.hexdigest()


def sum_of_tables(folder: Path) -> str:
    """SHA-256 of tables/SHA256SUMS; '' where there is none, as in runs of earlier versions."""
    path = folder / "tables" / "SHA256SUMS"
    return sha256(path) if path.is_file() else ""


def require_whole_tables(folder: Path) -> None:
    """Raises ReportError naming the first table that is not what tables/SHA256SUMS says."""
    path = folder / "tables" / "SHA256SUMS"
    if not path.is_file():
        return
    for line in path.read_text().splitlines():
        wanted, _, name = line.partition("  ")
        if "/" in name or not name:
            raise ReportError(f"{path}: line '{line[:80]}', expected a checksum and the name of a table")
        table = path.with_name(name)
        if not table.is_file():
            raise ReportError(f"{table}: missing, but named in SHA256SUMS; `cplae reduce` makes the tables anew")
        if sha256(table) != wanted:
            raise ReportError(f"{table}: its checksum is not that of SHA256SUMS; `cplae reduce` makes the tables anew")


def sum_borne(report: Path) -> str:
    """The checksum that a report bears; '' if it bears none."""
    with report.open("rb") as file:
        found = BORNE.search(file.read(HEAD_BYTES).decode("utf-8", "replace"))
    return found.group(1) if found else ""


def staleness(folder: Path) -> str:
    """Why the report is none of these tables; '' if it is."""
    report = folder / "report.html"
    if not report.is_file():
        return f"{report}: there is none"
    if not (borne := sum_borne(report)):
        return f"{report}: bears no checksum of its tables (made by an earlier version)"
    return "" if borne == sum_of_tables(folder) else f"{report}: is of other tables than those in tables/"
