"""The project's C++ files and what they include; shared by the house tests. Standard library only."""

import re
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
INCLUDE = re.compile(r'^[ \t]*#[ \t]*include[ \t]*([<"])([^>"]+)[>"]', re.MULTILINE)
COMMENT_OR_STRING = re.compile(r'//[^\n]*|/\*.*?\*/|"(?:\\.|[^"\\\n])*"|\'(?:\\.|[^\'\\\n])\'', re.DOTALL)


def cpp_files(*folders, root=ROOT):
    """All C++ files under the folders, sorted."""
    return sorted(
        path for folder in folders for path in (root / folder).rglob("*") if path.suffix in {".cpp", ".hpp", ".h", ".inl", ".cu", ".cuh"}
    )


def includes(path):
    """(quoted?, name) of every include of a file, in order."""
    return [(mark == '"', name) for mark, name in INCLUDE.findall(path.read_text())]


def code_of(path):
    """A file's text without comments and strings; lines keep their numbers."""
    return COMMENT_OR_STRING.sub(lambda hit: "\n" * hit.group().count("\n"), path.read_text())


def room_of(path, root=ROOT):
    """The room a file of src/ or include/cplae/ belongs to."""
    parts = path.relative_to(root).parts
    return parts[2] if parts[0] == "include" else parts[1]


def resolve(path, name, root=ROOT):
    """The project's file that `#include "name"` in `path` means, or None: beside the file, in its room, in include/ or src/."""
    own_room = root / "src" / room_of(path, root)
    for folder in (path.parent, own_room, root / "include", root / "src"):
        if (folder / name).is_file():
            return (folder / name).resolve()
    return None


def reach(path, root=ROOT):
    """The project's files that a file includes, directly or through others, with itself."""
    seen, todo = set(), [path.resolve()]
    while todo:
        here = todo.pop()
        if here in seen:
            continue
        seen.add(here)
        found = (resolve(here, name, root) for quoted, name in includes(here) if quoted)
        todo += [target for target in found if target]
    return seen
