"""Files stay small enough to be read in one go; nothing is left for later."""

import re

from sources import ROOT, cpp_files

MOST_LINES = 400


def own_files():
    yield from cpp_files("include", "src", "tests", "fuzz")
    for folder, pattern in [("scripts", "*.sh"), ("analysis", "*.py"), ("tests", "*.py"), ("cmake", "*.cmake")]:
        yield from sorted((ROOT / folder).rglob(pattern))


def test_no_file_is_longer_than_the_limit():
    counts = {str(path.relative_to(ROOT)): len(path.read_text().splitlines()) for path in own_files()}
    assert len(counts) > 40
    assert {name: count for name, count in counts.items() if count > MOST_LINES} == {}


def test_nothing_is_left_for_later():
    mark = re.compile(r"\b(TO" + r"DO|FIX" + r"ME|XX" + r"X)\b")
    wrong = [
        f"{path.relative_to(ROOT)}:{number}"
        for path in own_files()
        for number, line in enumerate(path.read_text().splitlines(), start=1)
        if mark.search(line)
    ]
    assert wrong == []
