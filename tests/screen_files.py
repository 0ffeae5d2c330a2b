"""Perturbation screens in the layouts in which published ones circulate, with a planted truth.

Cells are negative binomial counts. A perturbed gene falls to a fifth (rises fivefold where the
layout is an activation screen), and so do the `TARGETS` genes that follow it in `GENES`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import anndata
import numpy as np
import pandas as pd
from scipy import sparse

GENES = (
    "AHR", "FEV", "KLF1", "MAP2K6", "TGFBR2", "SPI1", "ELF1", "EGR1", "CREB1", "GABPA", "PDCD1",
    "CBLB", "RASA2", "NKX2-1", "HLA-A", "MT-ND1", "LYZ", "CD3E", "GNLY", "ACTB", "TUBA1A", "HBG1",
    "HBZ", "S100A9", "JUN", "FOS", "RPL3", "RPS6", "EEF1A1", "TMSB4X",
)  # fmt: skip
ENSEMBL = tuple(f"ENSG{i:011d}" for i in range(1, len(GENES) + 1))
TARGETS = 4


def planted(
    perturbed: Sequence[Sequence[str]], *, factor: float = 0.2, seed: int = 0, depth: float = 250
) -> np.ndarray:
    """Counts of cells in which some genes each are perturbed, cells x `GENES`."""
    rng = np.random.default_rng(seed)
    share = rng.dirichlet(np.full(len(GENES), 2.0))
    mean = np.tile(share * depth, (len(perturbed), 1))
    place = {g: i for i, g in enumerate(GENES)}
    for cell, genes in enumerate(perturbed):
        for gene in genes:
            if gene in place:
                first = place[gene]
                mean[cell, [(first + k) % len(GENES) for k in range(TARGETS + 1)]] *= factor
    mean *= rng.uniform(0.5, 2.0, (len(perturbed), 1))
    return rng.poisson(rng.gamma(4.0, mean / 4.0)).astype(np.float32)


def log1p(counts: np.ndarray) -> np.ndarray:
    return np.log1p(counts)


def log_cp10k(counts: np.ndarray) -> np.ndarray:
    return np.log1p(1e4 * counts / np.maximum(counts.sum(1, keepdims=True), 1))


def log_of_no_counts(counts: np.ndarray) -> np.ndarray:
    """Log of values that a correction has changed: there are no counts to go back to."""
    factor = np.random.default_rng(5).uniform(0.5, 1.5, counts.shape)
    return log_cp10k(counts * factor)


def scaled(counts: np.ndarray) -> np.ndarray:
    log = log_cp10k(counts)
    return (log - log.mean(0)) / (log.std(0) + 1e-6)


SCALES: dict[str, Callable[[np.ndarray], np.ndarray]] = {
    "counts": lambda counts: counts,
    "log1p": log1p,
    "log CP10k": log_cp10k,
    "log of no counts": log_of_no_counts,
    "scaled": scaled,
}


def screen(
    labels: Sequence[Any],
    perturbed: Sequence[Sequence[str]] | None = None,
    *,
    obs: Mapping[str, Any] | None = None,
    uns: Mapping[str, Any] | None = None,
    column: str = "perturbation",
    x: str = "counts",
    counts_in: str | None = None,
    var: pd.DataFrame | None = None,
    factor: float = 0.2,
    seed: int = 0,
) -> anndata.AnnData:
    """A screen in memory.

    Parameters
    ----------
    labels
        Label of each cell.
    perturbed
        Genes perturbed in each cell; the label where that is one of `GENES`.
    obs, uns
        Further columns, and entries.
    column
        Which column of obs holds the labels.
    x
        Scale of X, a key of `SCALES`.
    counts_in
        Where counts stand beside X: the name of a layer, or ``"raw"``.
    var
        Table of the genes; symbols in the index, Ensembl ids in a column, by default.
    factor, seed
        Of `planted`.
    """
    found = [[g] if g in GENES else [] for g in labels] if perturbed is None else perturbed
    counts = planted(found, factor=factor, seed=seed)
    values = SCALES[x](counts).astype(np.float32)
    if var is None:
        var = pd.DataFrame({"ensembl_id": list(ENSEMBL)}, index=list(GENES))
    names = [f"cell{i}" for i in range(len(labels))]
    table = pd.DataFrame({column: list(labels), **dict(obs or {})}, index=names)
    held = sparse.csr_matrix(values) if (values >= 0).all() else values
    adata = anndata.AnnData(held, obs=table, var=var)
    if counts_in == "raw":
        adata.raw = anndata.AnnData(sparse.csr_matrix(counts), obs=table, var=var)
    elif counts_in:
        adata.layers[counts_in] = sparse.csr_matrix(counts)
    adata.uns.update(uns or {})
    return adata


def write(adata: anndata.AnnData, path: Path) -> Path:
    """Write an .h5ad, as old ones are: texts are objects, levels stay that no cell has."""
    path.parent.mkdir(parents=True, exist_ok=True)
    adata.write_h5ad(path)
    return path


def repeated(sizes: Mapping[Any, int]) -> list[Any]:
    """Each label as often as it says."""
    return [label for label, n in sizes.items() for _ in range(n)]


def replogle(lines: Sequence[str] = ("K562",), **more: Any) -> anndata.AnnData:
    """Replogle 2022: a gene a cell, totals in ``ncounts``, one file of one line or of several."""
    one = repeated({"non-targeting": 60, "AHR": 35, "KLF1": 35, "SPI1": 35, "NKX2-1": 35})
    labels = [label for _ in lines for label in one]
    obs = {
        "gene": labels,
        "guide_id": [f"{g}_+_1.23-P1P2" for g in labels],
        "nperts": [int(g != "non-targeting") for g in labels],
        "cell_line": [line for line in lines for _ in one],
        "perturbation_type": "CRISPR",
        "batch": [i % 3 for i in range(len(labels))],
    }
    return screen(labels, obs=obs, **more)


def adamson(perturbation_type: str = "CRISPR", **more: Any) -> anndata.AnnData:
    """Adamson 2016: labels are plasmids, ``*`` is a cell whose guide is not told."""
    labels = repeated({
        "62(mod)_pBA581": 45, "SPI1_pDS255": 32, "KLF1_pDS033": 32, "EGR1_only_pMJ148": 32,
        "*": 20, np.nan: 6,
    })  # fmt: skip
    perturbed = [[str(s).partition("_")[0]] for s in labels]
    obs = {"perturbation_type": perturbation_type, "cell_line": "K562", "celltype": "lymphoblasts"}
    return screen(labels, perturbed, obs=obs, **more)


def dixit(**more: Any) -> anndata.AnnData:
    """Dixit 2016: labels are guides, several of them joined, ``None`` as a text where none was."""
    labels = repeated({
        "p_INTERGENIC393453": 25, "p_INTERGENIC1144056": 25, "p_sgELF1_2": 32, "p_sgEGR1_3": 32,
        "sgCREB1_5": 32, "p_sgELF1_2 + p_sgEGR1_3": 31, "p_sgGABPA_1 + p_INTERGENIC393453": 30,
        "None": 15,
    })  # fmt: skip
    perturbed = [[g for g in GENES if f"sg{g}_" in s] for s in labels]
    target = [s.replace("p_sg", "").replace("p_", "").split("_")[0] for s in labels]
    obs = {"target": target, "cell_line": "K562", "perturbation_type": "CRISPR", "time": 7 * 24}
    return screen(labels, perturbed, obs=obs, **more)


def shifrut(*, old: bool = False, guides: bool = True, **more: Any) -> anndata.AnnData:
    """Shifrut 2018: primary T cells of two donors, with and without stimulation.

    Where `old`, labels are guides and cells without one are called controls; else genes are
    named, and a column tells the guides (where `guides`).
    """
    guide = repeated({
        "ES.sg21.NonTarget": 80, "ES.sg13.CBLB": 40, "ES.sg26.PDCD1": 40, "ES.sg5.RASA2": 40,
        "NA": 90,
    })  # fmt: skip
    gene = [g.rpartition(".")[2] for g in guide]
    labels = [
        (g if n != "NA" else "control") if old else ("control" if n in ("NA", "NonTarget") else n)
        for g, n in zip(guide, gene, strict=True)
    ]
    obs = {
        "celltype": "T cells",
        "replicate": [f"D{1 + i % 2}" for i in range(len(labels))],
        "perturbation_2": [("Stim", "NoStim")[i // 2 % 2] for i in range(len(labels))],
        "perturbation_type": "CRISPR",
        # as published: of the stimulation, too
        "nperts": [int(n == "NA") + (1 - i // 2 % 2) for i, n in enumerate(gene)],
        **({} if old or not guides else {"guide_id": guide}),
    }
    return screen(labels, [[n] for n in gene], obs=obs, **more)


def tian(**more: Any) -> anndata.AnnData:
    """Tian 2021: neurons from iPSC, a modality that is stated."""
    labels = repeated({"control": 50, "CREB1": 34, "JUN": 34, "FOS": 34})
    obs = {"celltype": "iPSC-induced neuron", "perturbation_type": "CRISPRi", "cell_line": "WTC11"}
    return screen(labels, obs=obs, **more)


def norman(separator: str = "_", *, nperts: bool = True, **more: Any) -> anndata.AnnData:
    """Norman 2019: activation of one gene or of two; FOXL2 is not among the measured genes."""
    names: dict[tuple[str, ...], int] = {
        (): 50, ("AHR",): 32, ("FEV",): 32, ("KLF1",): 32, ("AHR", "FEV"): 32,
        ("KLF1", "MAP2K6"): 32, ("KLF1", "FOXL2"): 32,
    }  # fmt: skip
    perturbed = repeated(names)
    labels = [separator.join(p) or "control" for p in perturbed]
    obs = {
        "perturbation_type": "CRISPRa",
        "cell_line": "K562",
        **({"nperts": [len(p) for p in perturbed]} if nperts else {}),
    }
    return screen(labels, perturbed, obs=obs, factor=5.0, **more)
