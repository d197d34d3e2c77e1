"""Names of types, features and panels as figures show them: short enough to leave room for the drawing. Tables and captions have them whole."""

import re
from collections.abc import Iterable

from matplotlib.figure import Figure
from matplotlib.font_manager import FontProperties

MOST_LETTERS = 28
MOST_IN_TITLE = 44
# How much of a shown name is its beginning, in the order in which they are tried: names may differ in either end.
BEGINNINGS = (0.5, 0.85, 0.15)
# A line break would draw a name over its neighbours, other control characters are boxes.
# In metrics of summary.csv: a representation or a source. Labels may have a plus of their own ("CD4+"), modalities have none.
REPRESENTATION_OR_SOURCE = re.compile(r"^(?:accuracy (?P<of>\S+)|\w+ \S+<-(?P<source>\S+))")
CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029]+")


def single_or_all(representations: Iterable[str]) -> list[str]:
    """Each once, in their order: those of one modality, and of several ("zT+M") the one of most; there are many in between."""
    every = list(dict.fromkeys(representations))
    most = max((name.count("+") for name in every), default=0)
    return [name for name in every if name.count("+") in (0, most)]


def is_of_several(metric: str) -> bool:
    """Whether a metric of summary.csv is about several modalities at once, as reduce takes it for Holm's families."""
    found = REPRESENTATION_OR_SOURCE.match(metric)
    return found is not None and "+" in (found["of"] or found["source"])


def cut(name: str, most: int, beginning: float) -> str:
    """The name without its middle if it has more than `most` letters."""
    text = CONTROL.sub(" ", name)
    if len(text) <= most:
        return text
    head = round(beginning * (most - 1))
    return f"{text[:head].rstrip()}…{text[head + 1 - most :].lstrip()}"


def numbered(names: list[str], most: int) -> dict[str, str]:
    """Cut names with numbers behind those that would look like another one."""
    shown = {name: name for name in names if cut(name, most, BEGINNINGS[0]) == name}
    taken = set(shown)
    for name in names:
        if name in shown:
            continue
        short, number = cut(name, most, BEGINNINGS[0]), 1
        text = short
        while text in taken:
            number += 1
            text = f"{short} ({number})"
        shown[name] = text
        taken.add(text)
    return shown


def short_names(names: Iterable[str], most: int = MOST_LETTERS) -> dict[str, str]:
    """Each name and how it is shown: long ones without their middle, and different ones never alike."""
    different = list(dict.fromkeys(names))
    for beginning in BEGINNINGS:
        shown = {name: cut(name, most, beginning) for name in different}
        if len(set(shown.values())) == len(different):
            return shown
    return numbered(different, most)


def widen(figure: Figure, texts: Iterable[str], size: float, room: float) -> None:
    """Makes the figure wider by what the longest of its labels needs beyond `room` inches: letters are not of one width."""
    renderer, font = figure.canvas.get_renderer(), FontProperties(size=size)
    widths = [renderer.get_text_width_height_descent(text, font, False)[0] / figure.dpi for text in texts]
    figure.set_figwidth(figure.get_figwidth() + max(0.0, max(widths, default=0.0) - room))
