"""Measure the shipped mini models on cells they were not trained on; fill in their card."""

from __future__ import annotations

import argparse
import json
from pathlib import Path

import anndata
import numpy as np
import pandas as pd

from cellglass.data import counts_of
from cellglass.models import Tap, load_model
from cellglass.models.contract import TransformerModel
from cellglass.models.quality.cell_embedding import separation
from cellglass.models.quality.masked_prediction import (
    gene_losses,
    hidden_entries,
    masked_positions,
    value_losses,
    visible_tokens,
)
from cellglass.models.quality.tasks import from_another_context

SETS = {
    "Hao 2021, 1,000 cells": ("single_cell/pbmc_hao2021_1k.h5ad", None, "lane"),
    "Kang 2018, donors": ("single_cell/pbmc_kang2018_donors.h5ad", "cell_type", "donor"),
    "10x, three technologies": (
        "single_cell/pbmc_10x_three_technologies.h5ad",
        "cell_type_broad",
        "technology",
    ),
}
MAX_CELLS = 1000
START, END = "<!-- results -->", "<!-- end of results -->"


def evaluate(
    model: TransformerModel, shared: Path, file: str, label: str | None, block: str
) -> dict:
    cells = anndata.read_h5ad(shared / file)
    rng = np.random.default_rng(0)
    cells = cells[np.sort(rng.permutation(cells.n_obs)[:MAX_CELLS])].copy()
    counts = counts_of(cells)
    labels = None if label is None else cells.obs[label].astype(str).to_numpy()
    tokens = model.tokenize(cells)
    hidden = masked_positions(tokens)
    entries = hidden_entries(model, tokens, hidden)
    visible = visible_tokens(tokens, hidden)
    if entries["truth"].isna().all():
        swapped = from_another_context(model, tokens, hidden, entries)
        losses = gene_losses(entries, swapped, visible, labels, model.vocabulary.n_embeddings)
    else:
        losses = value_losses(entries, visible, labels)
    total = losses.drop(columns="cell").sum()
    row = {
        "cells": len(tokens),
        "counts a cell (median)": float(np.median(counts.n_counts)),
        "tokens a cell (median)": float(np.median(tokens.lengths)),
        "hidden tokens": int(total["n"]),
        **{k: float(total[k] / total["n"]) for k in losses.columns if k not in ("cell", "n")},
    }
    row["gain over the gene's mean"] = 1 - total["model"] / total["gene_mean"]
    if labels is None:
        return row
    row["gain over the type's mean"] = 1 - total["model"] / total["type_mean"]
    if not entries["truth"].isna().all():
        row["carried_over"] = carried_over(model, shared, cells, labels, entries, visible)
        row["gain over the carried-over type's mean"] = 1 - row["model"] / row["carried_over"]
    blocks = pd.factorize(cells.obs[block])[0]
    for name, which in (("trained", model), ("untrained", model.untrained(42))):
        embedding = which.forward(tokens, [Tap.cell_embedding()]).cell_embedding
        found = separation(embedding, labels, blocks)
        row[f"balanced accuracy, {name}"] = found.balanced_accuracy
        row[f"silhouette, {name}"] = found.silhouette
    return row


def sorted_populations(label: str) -> list[str]:
    """Populations of the training cells that a label of an evaluation set speaks of."""
    t_cells = {"CD4": ["memoryt", "regulatoryt", "thelper", "naivet"],
               "CD8": ["cytotoxict", "naivecytotoxic"]}  # fmt: skip
    for word, found in t_cells.items():
        if word in label:
            return found
    if "Mono" in label:
        return ["monocytes"]
    first = label.split()[0]
    all_t = [p for found in t_cells.values() for p in found]
    return {"T": all_t, "B": ["bcells"], "NK": ["nk"]}.get(first, [])


def carried_over(
    model: TransformerModel,
    shared: Path,
    cells: anndata.AnnData,
    labels: np.ndarray,
    entries: pd.DataFrame,
    visible: pd.DataFrame,
) -> float:
    """Loss of the mean of the cell's type learned, as the model was, from the training cells.

    Means over the sorted training cells, with the genes of the evaluation set only, moved gene
    by gene to the level of its visible values: the treatment that the model's predictions get.
    """
    trained = anndata.read_h5ad(shared / "single_cell/pbmc_zheng2017_sorted.h5ad")
    trained = trained[:, trained.var_names.isin(cells.var_names)]
    trained = trained[np.asarray(trained.X.sum(1)).ravel() > 0].copy()
    tokens = model.tokenize(trained)
    rows, positions = np.nonzero(tokens.is_gene)
    table = pd.DataFrame(
        {"type": trained.obs["cell_type"].astype(str).to_numpy()[rows],
         "gene": tokens.gene_ids[rows, positions], "value": tokens.values[rows, positions]}
    )  # fmt: skip
    overall = table.groupby("gene")["value"].mean()
    prediction = entries["gene"].map(overall).to_numpy(float)
    for label in np.unique(labels):
        members = table[table["type"].isin(sorted_populations(label))]
        means = entries["gene"].map(members.groupby("gene")["value"].mean()).to_numpy(float)
        here = (labels[entries["cell"]] == label) & ~np.isnan(means)
        prediction[here] = means[here]
    level = entries["gene"].map(visible.groupby("gene")["truth"].mean()).to_numpy(float)
    level = np.where(np.isnan(level), visible["truth"].mean(), level)
    prediction = np.where(np.isnan(prediction), level, prediction)
    own_level = pd.Series(prediction).groupby(entries["gene"].to_numpy()).transform("mean")
    moved = prediction - own_level.to_numpy() + level
    return float(((moved - entries["truth"]) ** 2).mean())


def correlations(model: TransformerModel, path: Path, label: str | None) -> dict:
    """Correlation with the truth within genes, for models that predict values."""
    cells = anndata.read_h5ad(path)
    rng = np.random.default_rng(0)
    cells = cells[np.sort(rng.permutation(cells.n_obs)[:MAX_CELLS])].copy()
    tokens = model.tokenize(cells, ties="middle")
    hidden = masked_positions(tokens)
    entries = hidden_entries(model, tokens, hidden)
    visible = visible_tokens(tokens, hidden)
    out = {}
    if label is not None:
        labels = cells.obs[label].astype(str).to_numpy()
        visible["label"] = labels[visible["cell"]]
        means = visible.groupby(["label", "gene"])["truth"].mean()
        keys = pd.MultiIndex.from_arrays([labels[entries["cell"]], entries["gene"]])
        entries["type_mean"] = means.reindex(keys).to_numpy()
    for name in ("prediction", "type_mean"):
        if name not in entries:
            continue
        part = entries.dropna(subset=[name])
        sizes = part.groupby("gene")["truth"].transform("size")
        part = part[sizes >= 20]
        r = part.groupby("gene").apply(
            lambda g, n=name: np.corrcoef(g["truth"], g[n])[0, 1] if g[n].std() > 0 else 0.0,
            include_groups=False,
        )
        out[name] = (float(r.mean()), len(r))
    return out


def table(results: dict) -> str:
    """Give the results as Markdown, a table a model, a column a set."""
    rows = {
        "cells": "{:,}",
        "counts a cell (median)": "{:,.0f}",
        "tokens a cell (median)": "{:,.0f}",
        "hidden tokens": "{:,}",
        "model": "{:.4g}",
        "model_raw": "{:.4g}",
        "shuffled": "{:.4g}",
        "gene_mean": "{:.4g}",
        "type_mean": "{:.4g}",
        "carried_over": "{:.4g}",
        "gain over the gene's mean": "{:+.1%}",
        "gain over the type's mean": "{:+.1%}",
        "gain over the carried-over type's mean": "{:+.1%}",
        "r within genes, model": "{:.3f}",
        "r within genes, type's mean": "{:.3f}",
        "balanced accuracy, trained": "{:.3f}",
        "balanced accuracy, untrained": "{:.3f}",
        "silhouette, trained": "{:.3f}",
        "silhouette, untrained": "{:.3f}",
    }
    names = {
        "model": "loss: model",
        "model_raw": "loss: model, levels not moved",
        "shuffled": "loss: model, exchanged between cells",
        "gene_mean": "loss: mean of the gene",
        "type_mean": "loss: mean of the gene in the cell's type",
        "carried_over": "loss: the same mean, learned from the training cells",
    }
    parts = []
    for model, sets in results.items():
        lines = [f"### {model}", "", "| | " + " | ".join(sets) + " |"]
        lines.append("| --- |" + " ---: |" * len(sets))
        for key, shown in rows.items():
            cells = [shown.format(r[key]) if key in r else "" for r in sets.values()]
            if any(cells):
                lines.append(f"| {names.get(key, key)} | " + " | ".join(cells) + " |")
        parts.append("\n".join(lines))
    return "\n\n".join(parts)


def fill_in(card: Path, text: str) -> None:
    """Put the tables between the marks of the card."""
    before, _, rest = card.read_text().partition(START)
    _, _, after = rest.partition(END)
    if not after:
        raise SystemExit(f"{card} lacks the marks {START} and {END}")
    card.write_text(f"{before}{START}\n\n{text}\n\n{END}{after}")


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--shared", type=Path, required=True)
    parser.add_argument("--models", nargs="*", default=["mini-scgpt", "mini-geneformer"])
    parser.add_argument("--out", type=Path, help="also write the numbers as JSON")
    parser.add_argument("--card", type=Path, help="fill in the tables of this model card")
    a = parser.parse_args()
    results: dict[str, dict] = {}
    for name in a.models:
        model = load_model(name)
        results[name] = {}
        for title, (file, label, block) in SETS.items():
            row = evaluate(model, a.shared, file, label, block)
            if model.family == "scgpt":
                found = correlations(model, a.shared / file, label)
                row["r within genes, model"] = found["prediction"][0]
                if "type_mean" in found:
                    row["r within genes, type's mean"] = found["type_mean"][0]
            results[name][title] = row
            print(name, "|", title, json.dumps(row), flush=True)
    if a.out:
        a.out.write_text(json.dumps(results, indent=1) + "\n")
    if a.card:
        fill_in(a.card, table(results))


if __name__ == "__main__":
    main()
