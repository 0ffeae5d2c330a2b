"""The training corpus of the mini models: two 10x PBMC sets of Zheng et al. 2017 (CC BY 4.0)."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import anndata
import numpy as np
import pandas as pd
from scipy import sparse

FILES = ("single_cell/pbmc_zheng2017_donorA.h5ad", "single_cell/pbmc_zheng2017_sorted.h5ad")
N_GENES = 5500
MIN_CELLS_TF = 20
MIN_CELLS_INTERFERON = 10
MIN_CELLS = 15
TOP_DETECTED = 3000
HOLD_OUT = 0.08


@dataclass(frozen=True)
class Corpus:
    """Counts over the chosen genes.

    Attributes
    ----------
    counts
        Cells x genes, CSR float32.
    n_counts
        Total counts of each cell over all genes of its file.
    genes
        Table with symbol, ensembl_id, is_tf, is_interferon, cells (detected in).
    train, held_out
        Indices of cells.
    """

    counts: sparse.csr_matrix
    n_counts: np.ndarray
    genes: pd.DataFrame
    train: np.ndarray
    held_out: np.ndarray


def load_corpus(shared: Path, seed: int = 42) -> Corpus:
    """Read both sets, choose the genes, split off held-out cells."""
    sets = [anndata.read_h5ad(shared / f) for f in FILES]
    ids = pd.concat([s.var["ensembl_id"].astype(str) for s in sets])
    ids = ids[~ids.index.duplicated()]
    symbols = ids.index[ids.str.startswith("ENSG") & ~ids.duplicated(keep=False)]
    counts = sparse.vstack([_columns(s, symbols) for s in sets]).tocsr()
    n_counts = np.concatenate([np.asarray(s.X.sum(1)).ravel() for s in sets])
    table = pd.DataFrame({"symbol": symbols, "ensembl_id": ids[symbols].to_numpy()})
    table["cells"] = np.asarray((counts > 0).sum(0)).ravel()
    table["is_tf"] = table["symbol"].isin(_tfs(shared))
    table["is_interferon"] = table["symbol"].isin(_interferon(shared))
    chosen = _choose(counts, n_counts, table)
    rng = np.random.default_rng(seed)
    order = rng.permutation(counts.shape[0])
    n_out = int(HOLD_OUT * len(order))
    return Corpus(
        counts[:, chosen].tocsr(),
        n_counts,
        table.iloc[chosen].reset_index(drop=True),
        np.sort(order[n_out:]),
        np.sort(order[:n_out]),
    )


def _columns(adata: anndata.AnnData, symbols: pd.Index) -> sparse.csr_matrix:
    """Counts over the symbols, zero where the file lacks the gene."""
    at = adata.var_names.get_indexer(symbols)
    selector = sparse.csr_matrix(
        (np.ones((at >= 0).sum()), (at[at >= 0], np.flatnonzero(at >= 0))),
        shape=(adata.n_vars, len(symbols)),
        dtype=np.float32,
    )
    return (adata.X @ selector).tocsr()


def _choose(counts: sparse.csr_matrix, n_counts: np.ndarray, table: pd.DataFrame) -> np.ndarray:
    """Regulators and interferon genes first, then the most detected, then the most variable."""
    cells = table["cells"].to_numpy()
    kept = (table["is_tf"] & (cells >= MIN_CELLS_TF)).to_numpy()
    kept |= (table["is_interferon"] & (cells >= MIN_CELLS_INTERFERON)).to_numpy()
    detected = np.argsort(-cells, kind="stable")
    kept[detected[:TOP_DETECTED]] = True
    variable = np.argsort(-residual_variance(counts, n_counts), kind="stable")
    for gene in variable[cells[variable] >= MIN_CELLS]:
        if kept.sum() >= N_GENES:
            break
        kept[gene] = True
    return np.flatnonzero(kept)


def residual_variance(counts: sparse.csr_matrix, n_counts: np.ndarray) -> np.ndarray:
    """Variance of clipped Pearson residuals under a Poisson with the cell's depth."""
    share = np.asarray(counts.sum(0)).ravel() / n_counts.sum()
    dense_block = 500
    out = np.empty(counts.shape[1])
    csc = counts.tocsc()
    for start in range(0, counts.shape[1], dense_block):
        block = csc[:, start : start + dense_block].toarray()
        expected = n_counts[:, None] * share[None, start : start + dense_block]
        residual = (block - expected) / np.sqrt(expected + 1e-12)
        out[start : start + dense_block] = np.clip(residual, -50, 50).var(0)
    return out


def _tfs(shared: Path) -> set[str]:
    table = pd.read_csv(
        shared / "regulatory/human_tfs_lambert2018.tsv", sep="\t", keep_default_na=False
    )
    return set(table.loc[table["is_tf"] == "Yes", "symbol"])


def _interferon(shared: Path) -> set[str]:
    wanted = {"HALLMARK_INTERFERON_ALPHA_RESPONSE", "HALLMARK_INTERFERON_GAMMA_RESPONSE"}
    genes: set[str] = set()
    for line in (shared / "gene_sets/msigdb_h.all.v7.0.symbols.gmt").read_text().splitlines():
        name, _, *members = line.split("\t")
        if name in wanted:
            genes.update(members)
    return genes


def thinned(counts: np.ndarray, share: float, rng: np.random.Generator) -> np.ndarray:
    """Counts as if the cell had been sequenced to a share of its depth."""
    return rng.binomial(counts.astype(np.int64), share)


def svd_embedding(corpus: Corpus, width: int, sd: float, seed: int) -> np.ndarray:
    """Gene vectors from the SVD of the z-scored log matrix: rows of V sqrt(S), rescaled.

    Starting from them is what makes minutes of training enough.
    """
    from sklearn.utils.extmath import randomized_svd

    log = np.log1p(corpus.counts.toarray() / corpus.n_counts[:, None] * 1e4)[corpus.train]
    z = (log - log.mean(0)) / (log.std(0) + 1e-3)
    _, s, vt = randomized_svd(np.clip(z, -8, 8), n_components=width, random_state=seed)
    vectors = vt.T * np.sqrt(s)
    return (vectors / vectors.std() * sd).astype(np.float32)
