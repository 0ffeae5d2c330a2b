from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd
import pytest

from cellglass.errors import InputError
from cellglass.models import Tap, Tokens, TransformerModel
from cellglass.models.quality.masked_prediction import (
    SHRINK,
    gene_losses,
    hidden_entries,
    masked_positions,
    value_losses,
    visible_tokens,
)


def test_hidden_positions_are_genes_drawn_by_seed_and_name(tokens: Tokens) -> None:
    hidden = masked_positions(tokens, share=0.3, seed=1)
    assert not (hidden & ~tokens.is_gene).any()
    genes = tokens.is_gene.sum(1)
    assert hidden.sum(1).tolist() == [max(1, round(0.3 * n)) for n in genes]
    alone = masked_positions(tokens[[3]], share=0.3, seed=1)
    np.testing.assert_array_equal(alone[0], hidden[3])  # whatever the company
    assert (masked_positions(tokens, share=0.3, seed=2) != hidden).any()
    assert masked_positions(tokens, share=0.0001).sum(1).tolist() == [1] * 5


def test_predictions_are_the_logits_at_what_is_hidden(
    model: TransformerModel, tokens: Tokens
) -> None:
    hidden = masked_positions(tokens)
    found = hidden_entries(model, tokens, hidden, batch_size=2)
    logits = model.forward(model.mask_tokens(tokens, hidden), [Tap.logits()]).logits
    cells, positions = np.nonzero(hidden)
    assert found["cell"].tolist() == cells.tolist()
    genes = tokens.gene_ids[cells, positions]
    assert found["gene"].tolist() == genes.tolist()
    if model.family == "scgpt":
        assert tokens.values is not None
        np.testing.assert_allclose(found["truth"], tokens.values[cells, positions])
        np.testing.assert_allclose(found["prediction"], logits[cells, positions], atol=1e-5)
        return
    assert found["truth"].isna().all()
    at = logits[cells, positions].astype(float)
    expected = at[np.arange(len(genes)), genes] - np.log(np.exp(at).sum(1))
    np.testing.assert_allclose(found["prediction"], expected, atol=1e-5)


def test_what_is_hidden_does_not_leak_into_its_prediction(scgpt: TransformerModel, cells_of: Any
                                                          ) -> None:  # fmt: skip
    tokens = scgpt.tokenize(cells_of(scgpt, 4))
    hidden = masked_positions(tokens)
    other = replace(tokens, values=np.where(hidden, 47, tokens.values))
    one, two = (hidden_entries(scgpt, t, hidden) for t in (tokens, other))
    assert one["truth"].tolist() != two["truth"].tolist()
    np.testing.assert_array_equal(one["prediction"], two["prediction"])


def test_hidden_genes_of_geneformer_do_not_leak(
    geneformer: TransformerModel, cells_of: Callable[..., Any]
) -> None:
    tokens = geneformer.tokenize(cells_of(geneformer, 3))
    hidden = masked_positions(tokens)
    other = replace(tokens, gene_ids=np.where(hidden, 9, tokens.gene_ids))
    masked = [geneformer.mask_tokens(t, hidden) for t in (tokens, other)]
    np.testing.assert_array_equal(masked[0].gene_ids, masked[1].gene_ids)


def test_visible_tokens_are_the_others(tokens: Tokens) -> None:
    hidden = masked_positions(tokens)
    found = visible_tokens(tokens, hidden)
    assert len(found) + hidden.sum() == tokens.is_gene.sum()
    pairs = set(zip(found["cell"], found["gene"], strict=True))
    for cell, position in zip(*np.nonzero(hidden), strict=True):
        assert (cell, tokens.gene_ids[cell, position]) not in pairs


def test_a_model_of_values_wants_tokens_with_values(
    scgpt: TransformerModel, cells_of: Callable[..., Any]
) -> None:
    tokens = scgpt.tokenize(cells_of(scgpt, 2))
    bare = replace(tokens, values=None)
    with pytest.raises(InputError, match=r"no values"):
        hidden_entries(scgpt, bare, masked_positions(tokens))


def planted(n: int = 400, seed: int = 0) -> tuple[pd.DataFrame, pd.DataFrame, Any]:
    """Values = level of the gene in the type + noise; a model that knows the noise by half."""
    rng = np.random.default_rng(seed)
    cells = np.repeat(np.arange(n), 8)
    genes = np.tile(np.arange(8), n)
    labels = np.array(["a", "b"])[np.arange(n) % 2]
    noise = rng.normal(size=len(cells))
    truth = 5 + genes + np.where(labels[cells] == "a", 1.0, -1.0) + noise
    table = pd.DataFrame({"cell": cells, "gene": genes, "truth": truth})
    hidden = rng.random(len(cells)) < 0.25
    entries = table[hidden].reset_index(drop=True)
    level = truth[hidden] - noise[hidden]
    entries["prediction"] = 3 + level + 0.5 * noise[hidden]  # its level is off by 3 everywhere
    return entries, table[~hidden].reset_index(drop=True), labels


def slow_means(entries: pd.DataFrame, visible: pd.DataFrame, labels: Any) -> tuple[Any, Any]:
    """Mean of the gene and of the type over visible entries, one entry after the other."""
    gene_means, type_means = [], []
    for _, entry in entries.iterrows():
        same = visible[visible["gene"] == entry["gene"]]
        mean = same["truth"].mean() if len(same) else visible["truth"].mean()
        own = same[labels[same["cell"]] == labels[int(entry["cell"])]]
        gene_means.append(mean)
        type_means.append((own["truth"].sum() + SHRINK * mean) / (len(own) + SHRINK))
    return np.array(gene_means), np.array(type_means)


def test_means_are_those_of_the_visible_tokens() -> None:
    entries, visible, labels = planted(40)
    visible = visible[visible["gene"] != 3]  # a gene that is only ever hidden
    losses = value_losses(entries, visible, labels)
    by_gene, by_type = slow_means(entries, visible, labels)
    for name, prediction in (("gene_mean", by_gene), ("type_mean", by_type)):
        squared = (prediction - entries["truth"]) ** 2
        expected = squared.groupby(entries["cell"]).sum()
        assert losses["cell"].tolist() == expected.index.tolist()
        np.testing.assert_allclose(losses[name], expected, rtol=1e-9)
    assert losses["n"].sum() == len(entries)


def test_baselines_never_see_what_is_hidden() -> None:
    """Another truth changes the loss at that entry as if the prediction stood still."""
    entries, visible, labels = planted(40)
    before = value_losses(entries, visible, labels)
    changed = entries.copy()
    changed.loc[0, "truth"] += 10.0
    after = value_losses(changed, visible, labels)
    by_gene, by_type = slow_means(entries, visible, labels)
    truth = entries["truth"][0]
    for name, guess in (("gene_mean", by_gene[0]), ("type_mean", by_type[0])):
        expected = (guess - truth - 10) ** 2 - (guess - truth) ** 2
        assert after[name][0] - before[name][0] == pytest.approx(expected)
        np.testing.assert_allclose(after[name][1:], before[name][1:])


def test_a_model_that_knows_the_context_beats_the_means_and_loses_when_it_is_exchanged() -> None:
    losses = value_losses(*planted()).sum()
    per_token = losses / losses["n"]
    assert per_token["model"] == pytest.approx(0.25, abs=0.05)  # half of the noise is left
    assert per_token["type_mean"] == pytest.approx(1.0, abs=0.15)
    assert per_token["gene_mean"] == pytest.approx(2.0, abs=0.25)
    assert per_token["model_raw"] == pytest.approx(0.25 + 9, abs=0.6)  # its level was off by 3
    assert per_token["shuffled"] > 2.0


def test_a_constant_predictor_is_the_gene_mean_about() -> None:
    entries, visible, labels = planted()
    entries["prediction"] = 7.0
    losses = value_losses(entries, visible, labels).sum()
    assert losses["model"] == pytest.approx(losses["gene_mean"])
    assert losses["shuffled"] == pytest.approx(losses["model"])
    assert "type_mean" not in value_losses(entries, visible, None)


def test_cross_entropies_against_frequencies_counted_one_by_one() -> None:
    rng = np.random.default_rng(1)
    labels = np.array(["a", "b", "a"])
    visible = pd.DataFrame({"cell": rng.integers(3, size=60), "gene": rng.integers(6, size=60)})
    entries = pd.DataFrame({
        "cell": [0, 0, 1, 2], "gene": [1, 5, 5, 0], "prediction": [-0.5, -1.0, -2.0, -0.1]
    })  # fmt: skip
    swapped = np.array([-3.0, -3.0, -4.0, -5.0])
    losses = gene_losses(entries, swapped, visible, labels, 8).set_index("cell")
    assert losses["model"].tolist() == [1.5, 2.0, 0.1]
    assert losses["shuffled"].tolist() == [6.0, 4.0, 5.0]

    def frequency(gene: int) -> float:
        return (int((visible["gene"] == gene).sum()) + 1) / (60 + 8)

    def in_type(gene: int, label: str) -> float:
        own = visible[labels[visible["cell"]] == label]
        return (int((own["gene"] == gene).sum()) + 1000 * frequency(gene)) / (len(own) + 1000)

    assert losses["gene_mean"][0] == pytest.approx(-np.log(frequency(1)) - np.log(frequency(5)))
    assert losses["type_mean"][1] == pytest.approx(-np.log(in_type(5, "b")))
    assert losses["type_mean"][2] == pytest.approx(-np.log(in_type(0, "a")))
    assert "type_mean" not in gene_losses(entries, swapped, visible, None, 8)
