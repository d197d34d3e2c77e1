"""study.toml and provenance.json of a run folder: read, and found to be what the report takes them for."""

import json
from collections.abc import Callable, Iterator
from pathlib import Path

try:
    import tomllib
except ModuleNotFoundError:  # Python 3.10
    import tomli as tomllib

NUMBER = (int, float)
# What the report uses: a type, [what a list holds], a table's keys (`?`: may be missing), or (several of these).
STUDY = {
    "study?": {"name?": str},
    "modality": [{"name": str, "alpha?": NUMBER}],
    "coupling?": {"lambda?": NUMBER, "scale?": str},
    "training?": {"latent_dim?": NUMBER, "steps?": NUMBER, "keep_best_after?": NUMBER},
    "labels?": {"column?": str, "also?": [str]},
    "experiment": [{"name": str, "kind?": str, "split?": str, "folds?": int, "initialisations?": int, "components?": list}],
}
PROVENANCE = {
    "identity?": {},
    "sessions?": [
        {
            **dict.fromkeys(("started?", "data_path?", "cplae?", "git_commit?", "build?", "device?"), str),
            "hosts?": [str],
            "command?": (str, [str]),  # a list in earlier versions
        }
    ],
}
WORDS = {dict: "a table", list: "a list", str: "a text", int: "a number", float: "a number"}


class ReportError(Exception):
    """The folder cannot be reported on; the message is one line."""


def first_line(error: BaseException) -> str:
    return (str(error).splitlines() or [type(error).__name__])[0]


def faults_of(value: object, shape: object, at: str = "") -> Iterator[str]:
    """What in the value is not of that shape; `at` is where in the file it stands."""
    if isinstance(shape, tuple):
        if all(any(faults_of(value, one, at)) for one in shape):
            yield from faults_of(value, shape[0], at)
        return
    kind = shape if isinstance(shape, type) else type(shape)
    if not isinstance(value, kind):
        yield f"{at or 'the whole'} is not {WORDS[kind]}"
    elif isinstance(shape, list):
        for number, entry in enumerate(value):
            yield from faults_of(entry, shape[0], f"{at}[{number}]")
    elif isinstance(shape, dict):
        for key, inner in shape.items():
            name, path = key.rstrip("?"), f"{at}.{key}".strip(".?")
            if name in value:
                yield from faults_of(value[name], inner, path)
            elif not key.endswith("?"):
                yield f"{path} is missing"


def shape_fault(value: object, shape: object) -> str:
    """The first fault; '' if there is none."""
    return next(faults_of(value, shape), "")


def parsed(text: bytes, parse: Callable[[str], dict], named: str) -> dict:
    """Raises ReportError, which names the file, for what is no such text."""
    try:
        return parse(text.decode("utf-8"))
    except (ValueError, RecursionError) as error:
        raise ReportError(f"{named}: {first_line(error)}") from error


def read(path: Path, parse: Callable[[str], dict], shape: dict) -> dict:
    try:
        content = path.read_bytes()
    except OSError as error:
        raise ReportError(f"{path}: {error.strerror}") from error
    found = parsed(content, parse, str(path))
    if fault := shape_fault(found, shape):
        raise ReportError(f"{path}: {fault}, so this is not what cplae wrote")
    return found


def parse_json(text: str) -> dict:
    found = json.loads(text)
    # Halves of a letter can be written in JSON, but not on a page.
    json.dumps(found, ensure_ascii=False).encode("utf-8")
    return found


def parse_study(text: bytes, named: str) -> dict:
    return parsed(text, tomllib.loads, named)


def read_study(path: Path) -> dict:
    study = read(path, tomllib.loads, STUDY)
    for key in ("modality", "experiment"):
        if not study[key]:
            raise ReportError(f"{path}: {key} is empty, so this is not what cplae wrote")
    return study


def read_provenance(path: Path) -> dict:
    return read(path, parse_json, PROVENANCE)
