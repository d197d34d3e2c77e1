"""The paper's numbers beside ours, where genes, measurements and label counts are the paper's."""

import json
import math
import re
from dataclasses import dataclass
from functools import cache
from importlib import resources

import pandas as pd

from cplae_analysis.figures.run_folder import MAKES_TABLES, Run, Variant, settings_of

# As `cplae simulate` names its cells and features.
SIMULATED_CELL = re.compile(r"cell_\d+$")
SIMULATED_FEATURE = re.compile(r"(gene|\w+_feature)_\d+$")
DIRECTED = ("r2", "type_pearson", "feature_pearson")
NONE = (math.nan, math.nan, 0.0)


@dataclass(frozen=True)
class Beside:
    """A published number, with its SD where it has one, and ours: mean, SD and number of replicates; NaN where this study has no such number."""

    what: str
    setting: str
    published: float
    published_sd: float
    mean: float
    sd: float
    n: float


@cache
def published() -> dict:
    return json.loads((resources.files("cplae_analysis") / "data" / "published.json").read_text(encoding="utf-8"))


def share(names: list[str], pattern: re.Pattern) -> float:
    return sum(bool(pattern.match(name)) for name in names) / max(1, len(names))


def is_simulated(run: Run) -> bool:
    """By the names that `cplae simulate` gives."""
    features = [name for names in run.features.values() for name in names]
    return share(run.cells, SIMULATED_CELL) > 0.99 or share(features, SIMULATED_FEATURE) > 0.5


def roles(run: Run) -> dict[str, str]:
    """Which modality is the paper's T and which its E, by their numbers of features; {} unless both are there."""
    wanted = published()["data"]
    found = {role: [name for name, names in run.features.items() if len(names) == wanted[role]] for role in ("T", "E")}
    return {role: names[0] for role, names in found.items()} if all(len(names) == 1 for names in found.values()) else {}


def classes_of(run: Run) -> int:
    """Types among the run's cells, of the study's label column."""
    table, column = run.tables["cells"], run.study.get("labels", {}).get("column", "")
    return int(table[table[column] != ""][column].nunique()) if column in table.columns else 0


def differences(run: Run) -> list[str]:
    """In what the data are not the paper's, ours against theirs."""
    wanted, said = published()["data"], []
    if len(run.cells) != wanted["cells"]:
        said.append(f"{len(run.cells):,} cells, not {wanted['cells']:,}")
    if not roles(run):
        ours = ", ".join(f"{len(names):,} features of {name}" for name, names in run.features.items()) or "features unknown"
        said.append(f"{ours}, not {wanted['T']:,} genes and {wanted['E']} measurements")
    if len(run.tables["cells"]) and (classes := classes_of(run)) != wanted["types"]:
        said.append(f"{classes or 'no'} types, not {wanted['types']}")
    return said


def why_not(run: Run) -> str:
    """Why the published numbers do not stand beside ours; '' where they may."""
    if is_simulated(run):
        return "these cells are simulated"
    if not differences(run) and not len(run.tables["cells"]):
        return f"tables/cells.csv is missing, which tells the types; {MAKES_TABLES}"
    if said := differences(run):
        return f"the data are others than the paper's: {'; '.join(said)}"
    genes = set(run.features[roles(run)["T"]])
    if sum(gene in genes for gene in published()["genes"]) < published()["least_genes"]:
        return f"the {len(genes):,} genes are not the paper's: most of its neuropeptide genes are missing"
    return ""


def has_setting(run: Run, variant: Variant, wanted: dict[str, str]) -> bool:
    """Whether the variant is the paper's `wanted` and like it in all else that the study varies."""
    own = settings_of(variant.id)
    if float(own.pop("latent_dim", run.study.get("training", {}).get("latent_dim", 3))) != 3:
        return False
    if variant.is_baseline:
        return own == wanted
    own.setdefault("lambda", f"{run.coupling_of(variant):g}")
    augmented = own.pop("augment_decoders", str(run.study.get("coupling", {}).get("augment_decoders", True)).lower())
    # Decoders are never augmented without coupling.
    as_wanted = own["lambda"] == "0" or augmented == wanted.get("augment_decoders", "true")
    return own == {"lambda": wanted.get("lambda", "")} and as_wanted


def variant_of(run: Run, setting: str, kind: str) -> Variant | None:
    """The variant of a published setting; of `coupled`, which the source does not tell more of, the most coupled one."""
    if setting == "coupled":
        coupled = [variant_of(run, f"lambda={strength}", kind) for strength in ("1", "0.5")]
        return next((variant for variant in coupled if variant), None)
    wanted = dict(part.split("=", 1) for part in setting.split(","))
    fitting = [v for v in run.variants if run.experiment(v.experiment).get("kind", "kfold") == kind]
    return next((v for v in fitting if has_setting(run, v, wanted)), None)


def metric_of(run: Run, number: dict, variant: Variant) -> str:
    """The metric of summary.csv that a published number is of; '' where this study has none."""
    role = roles(run)
    if number["what"] in DIRECTED:
        return f"{number['what']} {role[number['to']]}<-{role[number['from']]}"
    table = run.tables["accuracy"]
    representation, column = f"z{role[number['representation']]}", run.study["labels"]["column"]
    own = table[(table["variant"] == variant.id) & (table["representation"] == representation) & (table["label"] == column)]
    own = own[own["n_usable"] == number["n_usable"]]
    return f"accuracy {representation} {column} {own['n_classes'].max():.0f}" if len(own) else ""


def relative(run: Run, number: dict, setting: str) -> tuple[float, float, float]:
    """Of relative.csv: the row of this lambda where nothing else differs from the paper's setting."""
    path = run.folder / "tables" / "relative.csv"
    if not path.is_file():
        return NONE
    table = pd.read_csv(path, dtype=str, keep_default_na=False)
    role = roles(run)
    own = table[(table["term"] == f"mse_{role[number['term']]}") & (table["lambda"] == setting.removeprefix("lambda="))]
    weight = f"alpha_{role['E']}"
    allowed = {"experiment", "variant", "lambda", weight, "term", "loss", "n", "reference", "reference_loss", "reference_n", "relative"}
    for column in set(table.columns) - allowed:
        own = own[own[column] == table[column].iloc[0]] if table[column].nunique() == 1 else own.iloc[:0]
    if weight in own.columns:
        own = own[own[weight] == "1"]
    return (float(own["relative"].iloc[0]), math.nan, float(own["n"].iloc[0])) if len(own) else NONE


def ours(run: Run, number: dict, variant: Variant) -> tuple[float, float, float]:
    """Mean, SD and n of the variant; NaN where this study has none."""
    if number["what"] == "clusters":
        table = run.tables["consensus"]
        own = table[table["variant"] == variant.id] if len(table) else table
        value = dict(zip(own["measure"], own["value"], strict=True)) if len(own) else {}
        return value.get("components", math.nan), math.nan, value.get("networks", 0)
    table, metric = run.tables["summary"], metric_of(run, number, variant)
    own = table[(table["variant"] == variant.id) & (table["metric"] == metric)]
    return tuple(own[["mean", "sd", "n"]].iloc[0]) if len(own) else NONE


def said_of(number: dict) -> str:
    if number["what"] == "r2":
        return f"R² {number['from']} → {number['to']} ({number['unit']})"
    if number["what"] == "clusters":
        return number["unit"]
    if number["what"] == "relative":
        return f"{number['term']}: {number['unit']}"
    if number["what"] in DIRECTED:
        return f"{number['from']} → {number['to']}: {number['unit']}"
    return f"accuracy from z{number['representation']}, {number['n_usable']} types ({number['unit']})"


def number_of(run: Run, number: dict, setting: str, kind: str) -> tuple[float, float, float]:
    if number["what"] == "relative":
        return relative(run, number, setting)
    variant = variant_of(run, setting, kind)
    return ours(run, number, variant) if variant else NONE


def beside(run: Run) -> list[Beside]:
    """Each published number with ours; call where `why_not` is empty."""
    rows = []
    for number in published()["numbers"]:
        kind = "repeats" if number["what"] == "clusters" else "kfold"
        for setting, value in number["values"].items():
            mean, sd, n = number_of(run, number, setting, kind)
            published_mean, published_sd = value if isinstance(value, list) else (value, math.nan)
            rows.append(Beside(said_of(number), setting, published_mean, published_sd, mean, sd, n))
    return rows
