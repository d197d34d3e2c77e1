"""Writes the M1 Patch-seq benchmark matrix of the sRRR/sBNN papers (1,213 cells, 1,000 genes, 16 features) as MuData.

    python m1_matrix.py --input DIR [--published DIR] --out FILE.h5mu

--input      counts.csv.gz, ephys_features.csv, metadata.tsv (Scala et al. 2020; counts of 1,286 genes only)
--published  gene_counts.csv, ephys_values.csv, mini-atlas-meta-data.csv of berenslab/sBNN:data/scala_2020: the very
             cells, genes, counts and feature values; --input then gives the labels only.
             Without it both are chosen from --input by the papers' rules.

T is log2(x + 1) of counts scaled to the median library size over the 1,000 genes (sBNN preprocess.ipynb, cell 13);
nonnegative, not standardised. E is z-scored over all cells (population SD), three features after log.
"""

import argparse
import warnings
from pathlib import Path

import anndata
import mudata
import numpy as np
import pandas as pd

GENES = 1000
# Name in ephys_features.csv -> short name in ephys_values.csv, in the papers' order.
FEATURES = {
    "AP amplitude (mV)": "AP amp",
    "AP amplitude adaptation index": "AP amp adapt",
    "AP coefficient of variation": "AP amp CV",
    "AP threshold (mV)": "AP thresh",
    "AP width (ms)": "AP width",
    "Afterhyperpolarization (mV)": "AHP",
    "ISI adaptation index": "AI",
    "ISI coefficient of variation": "ISI CV",
    "Input resistance (MOhm)": "R_input",
    "Max number of APs": "Max AP num",
    "Membrane time constant (ms)": "Tau",
    "Rebound (mV)": "Rebound",
    "Resting membrane potential (mV)": "V_rest",
    "Rheobase (pA)": "Rheobase",
    "Sag ratio": "Sag",
    "Upstroke-to-downstroke ratio": "UDR",
}
LOG = ["AP amp CV", "AI", "ISI CV"]


def select_genes(counts: np.ndarray, n: int, threshold: int = 30, atleast: int = 10, decay: float = 1.5) -> np.ndarray:
    """Mask of the n genes that are near zero in most cells for their mean log2 level elsewhere (Kobak & Berens 2019).
    counts is [cells x genes]; bisects the offset of the curve exp(-decay (mean - offset)) + 0.02."""
    above = counts > threshold
    detected = above.sum(axis=0)
    usable = detected >= atleast
    level = np.where(above, np.log2(np.maximum(counts, 1)), 0).sum(axis=0) / np.maximum(detected, 1)
    zero_rate = 1 - above.mean(axis=0)
    low, offset, high = 0.0, 5.0, 10.0
    for _ in range(100):
        mask = usable & (zero_rate > np.exp(-decay * (level - offset)) + 0.02)
        if mask.sum() == n:
            return mask
        low, high = (low, offset) if mask.sum() < n else (offset, high)
        offset = (low + high) / 2
    raise SystemExit(f"no offset selects {n} genes: the last one selects {mask.sum()}")


def from_tables(folder: Path, meta: pd.DataFrame) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Counts [cells x genes] and features by the papers' rules. Cells recorded after the papers (2020) are left out."""
    counts = pd.read_csv(folder / "counts.csv.gz", index_col=0).T
    ephys = pd.read_csv(folder / "ephys_features.csv", index_col="cell id").rename(columns=FEATURES)
    ephys = ephys[list(FEATURES.values())].astype(float)
    with np.errstate(divide="ignore"):
        ephys[LOG] = np.log(ephys[LOG])
    kept = meta.index[meta["Exclusion reasons"].isna() & meta["RNA type"].notna() & (meta["Date"] < "2020")]
    finite = ephys.index[np.isfinite(ephys).all(axis=1)]
    cells = kept[kept.isin(finite) & kept.isin(counts.index)]
    counts = counts.loc[cells]
    return counts.loc[:, select_genes(counts.to_numpy(), GENES)], ephys.loc[cells]


def from_published(folder: Path, meta: pd.DataFrame) -> tuple[pd.DataFrame, pd.DataFrame]:
    """The papers' counts [cells x genes] and features, in their order of cells."""
    long_name = {cell.replace("_", ""): cell for cell in meta.index}
    counts = pd.read_csv(folder / "gene_counts.csv", index_col="gene").T.rename(index=long_name)
    ephys = pd.read_csv(folder / "ephys_values.csv", index_col=0).astype(float).rename(index=long_name)
    return counts, ephys.loc[counts.index]


def labels(meta: pd.DataFrame, older: pd.DataFrame | None, cells: pd.Index) -> pd.DataFrame:
    """family and leaf; cells that later became low quality keep the papers' labels where these are given."""
    wanted = ["RNA family", "ALM/VISp top-3"]
    table = meta.loc[cells, wanted]
    if older is not None:
        low = table.index[table["RNA family"] == "low quality"]
        table.loc[low] = older.loc[low, wanted]
    leaf = table["ALM/VISp top-3"].str.split(",").str[0].str.replace(r"\s*\([\d.]+%\)\s*$", "", regex=True).str.strip()
    return pd.DataFrame({"family": table["RNA family"].str.split().str[0], "leaf": leaf})


def modality(table: pd.DataFrame, values: np.ndarray) -> anndata.AnnData:
    obs = pd.DataFrame(index=table.index.astype(str))
    return anndata.AnnData(values.astype(np.float32), obs=obs, var=pd.DataFrame(index=table.columns.astype(str)))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--input", type=Path, required=True)
    parser.add_argument("--published", type=Path)
    parser.add_argument("--out", type=Path, required=True)
    options = parser.parse_args()
    warnings.filterwarnings("ignore", category=FutureWarning, module="mudata")

    meta = pd.read_csv(options.input / "metadata.tsv", sep="\t", index_col="Cell")
    older = None
    if options.published:
        counts, ephys = from_published(options.published, meta)
        older = pd.read_csv(options.published / "mini-atlas-meta-data.csv", sep="\t", index_col="Cell")
    else:
        counts, ephys = from_tables(options.input, meta)

    values = counts.to_numpy(float)
    size = values.sum(axis=1, keepdims=True)
    expression = np.log2(values / size * np.median(size) + 1)
    features = ephys.to_numpy()
    features = (features - features.mean(axis=0)) / features.std(axis=0)

    data = mudata.MuData({"T": modality(counts, expression), "E": modality(ephys, features)})
    for name, column in labels(meta, older, counts.index).items():
        data.obs[name] = column.reindex(data.obs_names).astype("category")
    data.write(options.out)
    print(f"{options.out}: {data.n_obs} cells, {counts.shape[1]} genes, {ephys.shape[1]} features, "
          f"{data.obs['leaf'].nunique()} leaves, {data.obs.isna().any(axis=1).sum()} cells without a label")


if __name__ == "__main__":
    main()
