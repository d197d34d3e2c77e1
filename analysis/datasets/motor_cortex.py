"""Turns the published tables of the mouse motor cortex Patch-seq study into one MuData file.

    python motor_cortex.py --input DIR --taxonomy dend_RData_Tree_20181220.csv --out motor_cortex.h5mu

DIR holds counts.csv.gz, ephys_features.csv, morph_features.csv and metadata.tsv (see README.md for their sources).
The result has the 817 GABAergic neurons with modalities T, E and M, obs columns `leaf` and `family`, and uns["taxonomy"].
"""

import argparse
import sys
import warnings
from pathlib import Path

import anndata
import mudata
import numpy as np
import pandas as pd

FAMILIES = ("Pvalb", "Sst", "Vip", "Lamp5", "Sncg")
CELLS, GENES, EPHYS_FEATURES, MORPH_FEATURES, MORPH_CELLS = 817, 1286, 29, 61, 369
MORPH_TEXT = ("normalized layer", "cell class")


class InputError(Exception):
    """The published tables are not as expected; the message is one line."""


def expect(what: str, found: object, expected: object) -> None:
    if found != expected:
        raise InputError(f"{what}: found {found}, expected {expected}")


def read_table(path: Path, columns: tuple[str, ...] = (), **options: object) -> pd.DataFrame:
    """A table whose rows are unique and which has the columns named."""
    try:
        table = pd.read_csv(path, **options)
    except (OSError, ValueError) as error:
        raise InputError(f"{path}: {str(error).splitlines()[0]}") from error
    missing = [name for name in columns if name not in table.columns]
    if missing:
        raise InputError(f"{path}: column '{missing[0]}' is missing")
    if not table.index.is_unique:
        raise InputError(f"{path}: row '{table.index[table.index.duplicated()][0]}' is there twice")
    return table


def log_cpm(counts: pd.DataFrame) -> np.ndarray:
    """log_e(CPM + 1) of counts [cells x genes]; CPM over these genes."""
    values = counts.to_numpy(float)
    return np.log1p(1e6 * values / values.sum(axis=1, keepdims=True)).astype(np.float32)


def zscore(table: pd.DataFrame) -> np.ndarray:
    """Per feature over the entries that are there, population SD; blanks stay NaN."""
    values = table.to_numpy(float)
    return ((values - np.nanmean(values, axis=0)) / np.nanstd(values, axis=0)).astype(np.float32)


def usable_features(table: pd.DataFrame, name: str) -> pd.DataFrame:
    """Without the features that have no value, or one and the same, in these cells; says which those are."""
    distinct = table.nunique()
    for reason, dropped in (("are blank", distinct == 0), ("are constant", distinct == 1)):
        if dropped.any():
            names = ", ".join(table.columns[dropped])
            print(f"{name}: {dropped.sum()} features {reason} in these cells and are left out: {names}")
    return table.loc[:, distinct > 1]


def modality(table: pd.DataFrame, values: np.ndarray) -> anndata.AnnData:
    obs = pd.DataFrame(index=table.index.astype(str))
    var = pd.DataFrame(index=table.columns.astype(str))
    return anndata.AnnData(X=values, obs=obs, var=var)


def read_cells(folder: Path) -> pd.DataFrame:
    """Columns leaf and family of all sequenced cells."""
    path = folder / "metadata.tsv"
    wanted = ("RNA family", "ALM/VISp top-3")
    table = read_table(path, wanted, sep="\t", index_col="Cell")
    # "Pvalb Reln Itm2a (66.0%), Pvalb Reln Tac1 (34.0%)": the likeliest type comes first.
    first = table["ALM/VISp top-3"].str.split(",").str[0]
    leaf = first.str.replace(r"\s*\([\d.]+%\)\s*$", "", regex=True).str.strip()
    return pd.DataFrame({"leaf": leaf, "family": table["RNA family"]})


def transcriptomes(folder: Path, families: pd.Series) -> pd.DataFrame:
    """Counts of the GABAergic neurons. [cells x genes]"""
    counts = read_table(folder / "counts.csv.gz", index_col=0).T
    expect("counts.csv.gz: genes", counts.shape[1], GENES)
    unknown = counts.index.difference(families.index)
    if len(unknown) > 0:
        raise InputError(f"counts.csv.gz: cell '{unknown[0]}' is not in metadata.tsv")
    counts = counts[families.reindex(counts.index).isin(FAMILIES)]
    expect("GABAergic neurons with counts", len(counts), CELLS)
    return counts


def electrophysiology(folder: Path, cells: pd.Index) -> pd.DataFrame:
    table = read_table(folder / "ephys_features.csv", index_col="cell id")
    expect("ephys_features.csv: features", table.shape[1], EPHYS_FEATURES)
    expect("neurons with electrophysiology", int(cells.isin(table.index).sum()), CELLS)
    return table.loc[cells].astype(float)


def morphology(folder: Path, cells: pd.Index) -> pd.DataFrame:
    table = read_table(folder / "morph_features.csv", MORPH_TEXT, index_col="cell id")
    table = table.drop(columns=list(MORPH_TEXT))
    expect("morph_features.csv: features", table.shape[1], MORPH_FEATURES)
    table = table.loc[[cell for cell in cells if cell in table.index]].astype(float)
    expect("neurons with morphology", len(table), MORPH_CELLS)
    return usable_features(table, "M")


def read_taxonomy(path: Path) -> pd.DataFrame:
    """Columns label, parent (empty for the root), height, leaf and colour (R calls it col) of the dendrogram."""
    columns = ("label", "parent", "height", "leaf", "col")
    table = read_table(path, columns)
    text = table[["label", "parent"]].fillna("").apply(lambda column: column.str.strip())
    leaf = table["leaf"].eq(True)
    return text.assign(height=table["height"].astype(float), leaf=leaf, colour=table["col"].fillna("").astype(str))


def report_labels(leaf: pd.Series, taxonomy: pd.DataFrame) -> None:
    counts = leaf.value_counts()
    print(f"leaf: {len(counts)} labels, {(counts > 10).sum()} of them with more than 10 cells")
    unknown = counts[~counts.index.isin(taxonomy["label"][taxonomy["leaf"]])]
    for label, cells in unknown.items():
        print(f"leaf: '{label}' ({cells} cells) is no leaf of the taxonomy")


def build(folder: Path, taxonomy_path: Path) -> mudata.MuData:
    cells = read_cells(folder)
    counts = transcriptomes(folder, cells["family"])
    ephys = usable_features(electrophysiology(folder, counts.index), "E")
    expect("E: usable features", ephys.shape[1], EPHYS_FEATURES)
    morph = morphology(folder, counts.index)
    taxonomy = read_taxonomy(taxonomy_path)
    obs = cells.loc[counts.index]
    if obs["leaf"].isna().any():
        raise InputError(f"metadata.tsv: cell '{obs.index[obs['leaf'].isna()][0]}' has no 'ALM/VISp top-3'")
    report_labels(obs["leaf"], taxonomy)
    modalities = {
        "T": modality(counts, log_cpm(counts)),
        "E": modality(ephys, zscore(ephys)),
        "M": modality(morph, zscore(morph)),
    }
    data = mudata.MuData(modalities)
    for name in obs.columns:
        data.obs[name] = obs[name].reindex(data.obs_names).astype("category")
    data.uns["taxonomy"] = taxonomy
    return data


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--input", type=Path, required=True, help="folder of the published tables")
    parser.add_argument("--taxonomy", type=Path, required=True, help="dendrogram table (label, parent, height, leaf)")
    parser.add_argument("--out", type=Path, required=True, help=".h5mu file to write")
    options = parser.parse_args()
    # mudata 0.3 announces what 0.4 does with columns of the modalities; these have none, so both do the same.
    warnings.filterwarnings("ignore", category=FutureWarning, module="mudata")
    try:
        data = build(options.input, options.taxonomy)
        part = options.out.with_name(options.out.name + ".part.h5mu")
        data.write(part)
        part.replace(options.out)
    except (InputError, OSError) as error:
        print(f"motor_cortex.py: {error}", file=sys.stderr)
        return 2
    shapes = ", ".join(f"{name} {m.n_obs} x {m.n_vars}" for name, m in data.mod.items())
    print(f"{options.out}: {data.n_obs} cells; {shapes}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
