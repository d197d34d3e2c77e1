"""Members of an ensemble: variants that differ in nothing but chance (`members` of a cross-validation)."""

import re
from collections.abc import Iterable

import pandas as pd

MEMBER = re.compile(r"^(?P<of>.*),member=(?P<number>\d+)$")
TOGETHER = re.compile(r",members=\d+$")
BY_LATENTS = "by the mean of their latents, each turned onto the first one's"
BY_DECODED = "by the mean of what they decode"


def together_text(variants: Iterable[str], mark: str, how: str) -> str:
    """For captions that say what a mark is: of an ensemble it is no single network; '' where none is drawn."""
    if not any(TOGETHER.search(variant) for variant in variants):
        return ""
    return f" Of a variant with members = n a {mark} is all networks of a fold together, {how}."


def is_shown(variant: str, variants: set[str]) -> bool:
    found = MEMBER.match(variant)
    if found is None:
        return True
    has_together = any(other.startswith(found["of"] + ",members=") for other in variants)
    return not has_together and found["number"] == "0"


def without_members(table: pd.DataFrame) -> pd.DataFrame:
    """Of a table with variants: what the members predict together stands for them; where it has no row, the first of them does."""
    if "variant" not in table.columns:
        return table
    variants = set(table["variant"])
    hidden = [variant for variant in variants if not is_shown(variant, variants)]
    return table[~table["variant"].isin(hidden)].reset_index(drop=True) if hidden else table
