"""Whether tables are as they were written, and a report of these tables."""

import hashlib
import os
import re
from pathlib import Path

from cplae_analysis.figures.run_folder import READ_TABLES, ReportError

BORNE = re.compile(r'<meta name="cplae-tables" content="([0-9a-f]{64})">')
# A table's name is none that leads elsewhere.
LINE = re.compile(r"([0-9a-f]{64})  ([^/\x00-\x1f]+\.csv)")
HEAD_BYTES = 4096
MAKES_ANEW = "`cplae reduce` makes the tables anew"


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


def sums_listed(path: Path) -> dict[str, str]:
    """Table -> its checksum, of SHA256SUMS. Raises ReportError for what is no such file."""
    try:
        text = os.fsdecode(path.read_bytes())
    except OSError as error:
        raise ReportError(f"{path}: {error.strerror}") from error
    found = {}
    for line in text.removesuffix("\n").split("\n") if text else ():
        parts = LINE.fullmatch(line)
        if not parts:
            shown = ascii(line[:80])
            raise ReportError(f"{path}: line {shown}, expected a checksum and the name of a table; {MAKES_ANEW}")
        found[parts[2]] = parts[1]
    return found


def require_whole_tables(folder: Path) -> None:
    """Raises ReportError naming the first table that is not what tables/SHA256SUMS says, or that it does not name."""
    path = folder / "tables" / "SHA256SUMS"
    if not path.is_file():
        return
    listed = sums_listed(path)
    for name, wanted in listed.items():
        table = path.with_name(name)
        if not os.path.isfile(table):  # Path's own throws where a name is too long
            raise ReportError(f"{table}: missing, but named in SHA256SUMS; {MAKES_ANEW}")
        if sha256(table) != wanted:
            raise ReportError(f"{table}: its checksum is not that of SHA256SUMS; {MAKES_ANEW}")
    for name in (f"{table}.csv" for table in READ_TABLES):
        if name not in listed and path.with_name(name).is_file():
            raise ReportError(f"{path}: damaged, it does not name {name}, which is there; {MAKES_ANEW}")


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
