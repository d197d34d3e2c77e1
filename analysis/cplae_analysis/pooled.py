"""Means over directions: of many modalities the directions are too many to be told one by one, since their number grows with the square of that of modalities."""

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass

import pandas as pd

from cplae_analysis.figures.run_folder import Run

# From so many modalities on.
LEAST_MODALITIES = 3
# Beyond, directions stand in matrices and no longer in columns of tables or panels of their own.
MOST_IN_COLUMNS = 3


@dataclass(frozen=True)
class Mean:
    """A number of every network that is a mean: over the rows of `table` that `rows` picks, which differ in `over`."""

    name: str
    table: str
    value: str
    rows: Callable[[pd.DataFrame], pd.Series]
    over: tuple[str, ...] = ("from", "to")
    words: str = "directions"
    is_share: bool = False


def is_many(run: Run) -> bool:
    return len(run.modalities) > MOST_IN_COLUMNS


def means_of_directions(run: Run) -> list[Mean]:
    single = run.modalities
    return [
        Mean("R² across", "reconstruction", "r2", lambda frame: (frame["from"] != frame["to"]) & frame["from"].isin(single)),
        Mean("R² from several", "reconstruction", "r2", lambda frame: ~frame["from"].isin(single)),
        Mean("R² within", "reconstruction", "r2", lambda frame: frame["from"] == frame["to"]),
        Mean("FOSCTTM", "matching", "value", lambda frame: frame["measure"] == "foscttm"),
    ]


def means_of_targets(run: Run) -> list[Mean]:
    """R² of each modality, predicted from each single other one."""

    def to(target: str) -> Callable[[pd.DataFrame], pd.Series]:
        return lambda frame: (frame["to"] == target) & (frame["from"] != target) & frame["from"].isin(run.modalities)

    return [Mean(f"R² others → {target}", "reconstruction", "r2", to(target)) for target in run.modalities]


def means_of_types(run: Run) -> list[Mean]:
    """Accuracies of the first label at its finest: over the modalities, and of all together."""
    table = run.tables["accuracy"]
    if not len(table):
        return []
    label = table["label"].iloc[0]
    classes = table.loc[table["label"] == label, "n_classes"].max()
    every = "z" + "+".join(run.modalities)

    def of(names: set[str]) -> Callable[[pd.DataFrame], pd.Series]:
        return lambda frame: (frame["label"] == label) & (frame["n_classes"] == classes) & frame["representation"].isin(names)

    how = {"table": "accuracy", "value": "accuracy", "over": ("representation",), "words": "modalities", "is_share": True}
    return [Mean(f"{label} from one modality", rows=of({f"z{name}" for name in run.modalities}), **how), Mean(f"{label} from all together", rows=of({every}), **how)]


def of_networks(frame: pd.DataFrame, mean: Mean) -> tuple[int, pd.DataFrame]:
    """How many directions the networks have that have most of them, and the mean of each network, with the keys that tables start with, as column
    `mean.value`: NaN of one that has other directions than most of those have, since means over different directions say nothing beside one another.
    """
    if not len(frame):
        return 0, pd.DataFrame()
    own = frame[mean.rows(frame)].dropna(subset=[mean.value])
    if not len(own):
        return 0, pd.DataFrame()
    keys = list(frame.columns[: frame.columns.get_loc("init") + 1])
    networks = own.assign(over=list(own[list(mean.over)].itertuples(index=False, name=None))).groupby(keys, sort=False, dropna=False)
    had = networks["over"].agg(frozenset)
    times = Counter(had)
    whole = max(times, key=lambda directions: (len(directions), times[directions]))
    return len(whole), networks[mean.value].mean().where([directions == whole for directions in had]).reset_index()
