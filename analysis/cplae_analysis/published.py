"""The paper's numbers beside ours, where genes, measurements and label counts are the paper's."""

import json
import math
import re
from dataclasses import dataclass
from functools import cache
from importlib import resources

import pandas as pd

from cplae_analysis.figures.relative import NOT_SETTINGS
from cplae_analysis.figures.run_folder import MAKES_TABLES, Run, Variant, settings_of

# As `cplae simulate` names its cells and features.
SIMULATED_CELL = re.compile(r"cell_\d+$")
SIMULATED_FEATURE = re.compile(r"(gene|\w+_feature)_\d+$")
DIRECTED = ("r2", "type_pearson", "feature_pearson")
OF_CLUSTERS = ("clusters", "silhouette")


@dataclass(frozen=True)
class Ours:
    """Mean, SD and number of replicates (of a silhouette: of cells), and the variant or experiment that they are of; NaN: none."""

    mean: float
    sd: float
    n: float
    source: str


NONE = Ours(math.nan, math.nan, 0.0, "")


@dataclass(frozen=True)
class Beside:
    """A published number in one setting, with its SD where it has one, and ours."""

    number: dict
    setting: str
    published: float
    published_sd: float
    ours: Ours

    @property
    def what(self) -> str:
        return said_of(self.number)


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


def coupling_key(run: Run, key: str, default: bool) -> str:
    """A switch of `coupling`, as ids of variants have it."""
    return str(run.study.get("coupling", {}).get(key, default)).lower()


def has_setting(run: Run, variant: Variant, wanted: dict[str, str]) -> bool:
    """Whether the variant is the paper's `wanted` and like it in all else that the study varies."""
    own = settings_of(variant.id)
    if float(own.pop("latent_dim", run.study.get("training", {}).get("latent_dim", 3))) != 3:
        return False
    if variant.is_baseline:
        return own == wanted
    own.setdefault("lambda", f"{run.coupling_of(variant):g}")
    decoders, encoders = (own.pop(key, coupling_key(run, key, default)) for key, default in (("augment_decoders", True), ("augment_encoders", False)))
    # Neither decoders nor encoders learn across without coupling, and encoders do where decoders do.
    as_wanted = own["lambda"] == "0" or (decoders == wanted.get("augment_decoders", "true") and (decoders, encoders) != ("true", "true"))
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


def relative_rows(run: Run) -> pd.DataFrame:
    """The rows of relative.csv that the paper's may stand beside: of one experiment alone, so that a series has one source. That
    is the one that varies E's weight, as the paper's sweep does; where none does, the one of most couplings."""
    table = run.tables["relative"]
    if not len(table):
        return table
    weight = f"alpha_{roles(run)['E']}"
    counts = table.groupby("experiment", sort=False)[[column for column in (weight, "lambda") if column in table.columns]].nunique()
    own = table[table["experiment"] == counts.sort_values(list(counts.columns), ascending=False, kind="stable").index[0]]
    if weight in own.columns:
        own = own[own[weight] == "1"]
    elif next(entry.get("alpha", 1) for entry in run.study["modality"] if entry["name"] == roles(run)["E"]) != 1:
        own = own.iloc[:0]
    if "latent_dim" in own.columns:
        own = own[own["latent_dim"] == "3"]
    varied = [column for column in own.columns if column not in (*NOT_SETTINGS, weight, "latent_dim") and own[column].nunique() > 1]
    return own.iloc[:0] if varied else own


def relative(run: Run, number: dict, setting: str) -> Ours:
    """The row of this lambda, of the experiment of `relative_rows`."""
    own, role = relative_rows(run), roles(run)
    if not len(own):
        return NONE
    terms = (f"mse_{role[number['term']]}",) if number["term"] in role else (f"coupling_{role['T']}_{role['E']}", f"coupling_{role['E']}_{role['T']}")
    own = own[own["term"].isin(terms) & (own["lambda"] == setting.removeprefix("lambda="))]
    return Ours(float(own["relative"].iloc[0]), math.nan, float(own["n"].iloc[0]), own["experiment"].iloc[0]) if len(own) else NONE


def of_clusters(run: Run, number: dict, variant: Variant) -> Ours:
    """Of consensus.csv: the number of clusters, or a silhouette of held-out cells with its SD over clusters."""
    table = run.tables["consensus"]
    own = table[table["variant"] == variant.id] if len(table) else table
    if not len(own):
        return NONE
    value = dict(zip(own["measure"], own["value"], strict=True))
    if number["what"] == "clusters":
        return Ours(value.get("components", math.nan), math.nan, value.get("networks", 0), variant.id)
    labelling = f"{run.study['labels']['column']} {number['n_classes']}" if number["of"] == "taxonomy" else number["of"]
    own = own[(own["first"] == f"z{roles(run)[number['representation']]}") & (own["second"] == labelling)]
    value = dict(zip(own["measure"], own["value"], strict=True))
    count = own["n_cells"].max() if len(own) else 0
    return Ours(value.get("silhouette", math.nan), value.get("silhouette_sd", math.nan), count, variant.id)


def ours(run: Run, number: dict, variant: Variant) -> Ours:
    """What the variant has in place of a published number."""
    if number["what"] in OF_CLUSTERS:
        return of_clusters(run, number, variant)
    table, metric = run.tables["summary"], metric_of(run, number, variant)
    own = table[(table["variant"] == variant.id) & (table["metric"] == metric)]
    return Ours(*own[["mean", "sd", "n"]].iloc[0], variant.id) if len(own) else NONE


def said_of(number: dict) -> str:
    if number["what"] == "r2":
        return f"R² {number['from']} → {number['to']} ({number['unit']})"
    if number["what"] in ("clusters", "distance"):
        return number["unit"]
    if number["what"] == "silhouette":
        return f"silhouette: {number['unit']}"
    if number["what"] == "relative":
        return f"{number['term']}: {number['unit']}"
    if number["what"] in DIRECTED:
        return f"{number['from']} → {number['to']}: {number['unit']}"
    return f"accuracy from z{number['representation']}, {number['n_usable']} types ({number['unit']})"


def number_of(run: Run, number: dict, setting: str) -> Ours:
    if number["comparable"] == "no":
        return NONE
    if number["what"] == "relative":
        return relative(run, number, setting)
    variant = variant_of(run, setting, "repeats" if number["what"] in OF_CLUSTERS else "kfold")
    return ours(run, number, variant) if variant else NONE


def beside(run: Run) -> list[Beside]:
    """Each published number with ours; call where `why_not` is empty."""
    rows = []
    for number in published()["numbers"]:
        for setting, value in number["values"].items():
            mean, sd = value if isinstance(value, list) else (value, math.nan)
            rows.append(Beside(number, setting, mean, sd, number_of(run, number, setting)))
    return rows


def unlike(run: Run) -> list[str]:
    """In what this run was done otherwise than the paper's: numbers of folds, initialisations, steps, and what later recipes do."""
    wanted, said = published()["protocol"], []
    for kind, key, word in (("kfold", "folds", "folds"), ("repeats", "initialisations", "initialisations")):
        found = {entry[key] for entry in run.study["experiment"] if entry.get("kind") == kind and isinstance(entry.get(key), int)}
        if found and found != {wanted[key]}:
            said.append(f"{' or '.join(map(str, sorted(found)))} {word}, not {wanted[key]}")
    steps = run.study.get("training", {}).get("steps", wanted["steps"])
    if steps != wanted["steps"]:
        said.append(f"{steps:,} steps a network, not {wanted['steps']:,}")
    coupling = dict(run.study.get("coupling", {}))
    # Where both are tried, the paper's stands beside the paper's numbers.
    if any(settings_of(variant.id).get("augment_encoders") == "false" for variant in run.variants):
        coupling.pop("augment_encoders", None)
    said += unlike_keys(coupling, wanted["coupling"], "coupling")
    said += unlike_keys(run.study.get("training", {}), wanted["training"], "training")
    for modality in run.study["modality"]:
        said += unlike_keys(modality, wanted["modality"], f"modality.{modality['name']}")
    return said


def unlike_keys(own: dict, wanted: dict, section: str) -> list[str]:
    """Keys of a section that are not as the paper's; one that an old study lacks is."""
    return [f"{section}.{key} {setting_text(own[key])}, not {setting_text(value)}" for key, value in wanted.items() if own.get(key, value) != value]


def setting_text(value) -> str:
    """As a study has it."""
    return str(value).lower() if isinstance(value, bool) else f"{value}"
