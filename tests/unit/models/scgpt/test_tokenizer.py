from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from cellglass.models import ScGPTTokenizer, Vocabulary
from cellglass.models.scgpt.binning import bin_values
from cellglass.models.scgpt.gene_draws import GeneDraws
from cellglass.seeds import generator


@pytest.fixture
def words(tiny: Any) -> Vocabulary:
    ids = {s: i for i, s in enumerate(tiny.SYMBOLS)}
    return Vocabulary(ids, {"<pad>": 40, "<cls>": 41, "<eoc>": 42})


@pytest.fixture
def cells(tiny: Any) -> Any:
    return tiny.counts_data(6, [*tiny.SYMBOLS[::-1], "UNHEARD_OF"], seed=5)


def counts_by_id(cells: Any, words: Vocabulary, cell: int) -> dict[int, float]:
    row = cells.X[cell].toarray().ravel()
    named = {words.ids[g]: float(v) for g, v in zip(cells.var_names, row, strict=True)
             if v > 0 and g in words.ids}  # fmt: skip
    return dict(sorted(named.items()))


def test_cls_then_expressed_genes_in_order_of_ids_with_their_bins(
    words: Vocabulary, cells: Any
) -> None:
    tokens = ScGPTTokenizer(words, ties="middle")(cells)
    for i in range(6):
        expected = counts_by_id(cells, words, i)
        ids = tokens.gene_ids[i, tokens.valid[i]]
        assert ids.tolist() == [41, *expected]
        bins = bin_values(np.array(list(expected.values())), 51, ties="middle")
        assert tokens.values is not None
        assert tokens.values[i, tokens.valid[i]].tolist() == [-2.0, *bins.tolist()]
        assert (tokens.gene_ids[i, ~tokens.valid[i]] == 40).all()
        assert (tokens.values[i, ~tokens.valid[i]] == -2).all()
    assert tokens.cell_names == [f"cell{i}" for i in range(6)]
    assert tokens.special is not None
    assert tokens.special.sum(1).tolist() == [1] * 6


def test_ties_are_drawn_from_seed_and_name_whatever_the_company(
    words: Vocabulary, cells: Any
) -> None:
    tokenizer = ScGPTTokenizer(words)
    every = tokenizer(cells, seed=1)
    alone = tokenizer(cells[3], seed=1)
    n = int(alone.lengths[0])
    assert every.values is not None
    assert alone.values is not None
    assert every.values[3, :n].tolist() == alone.values[0].tolist()
    assert tokenizer(cells, seed=1).values.tolist() == every.values.tolist()  # type: ignore[union-attr]
    assert tokenizer(cells, seed=2).values.tolist() != every.values.tolist()  # type: ignore[union-attr]
    middle = ScGPTTokenizer(words, ties="middle")
    one, other = middle(cells, seed=1).values, middle(cells, seed=2).values
    np.testing.assert_array_equal(one, other)


@pytest.mark.parametrize("select", ["sample", "top"])
def test_a_long_cell_is_cut_to_the_longest_input_after_binning(
    words: Vocabulary, cells: Any, select: Any
) -> None:
    """The 1,200-token rule, at 12 tokens."""
    whole = ScGPTTokenizer(words, ties="middle")(cells)
    cut = ScGPTTokenizer(words, ties="middle", max_tokens=12, select=select)
    tokens = cut(cells, seed=1)
    assert whole.lengths.min() > 12
    assert tokens.lengths.tolist() == [12] * 6
    assert whole.values is not None
    assert tokens.values is not None
    for i in range(6):
        bins = dict(zip(whole.gene_ids[i], whole.values[i], strict=True))
        ids = tokens.gene_ids[i]
        assert ids[0] == 41
        assert (np.diff(ids[1:]) > 0).all()
        assert tokens.values[i].tolist() == [bins[g] for g in ids]  # as binned over all genes
        if select == "top":
            counts = counts_by_id(cells, words, i)
            best = sorted(counts, key=lambda g: (-counts[g], g))[:11]
            assert sorted(best) == ids[1:].tolist()
    other = cut(cells, seed=2)
    assert (other.gene_ids.tolist() == tokens.gene_ids.tolist()) == (select == "top")
    short = ScGPTTokenizer(words, max_tokens=int(whole.lengths.max()))(cells)
    assert short.lengths.tolist() == whole.lengths.tolist()  # what fits is not cut


def test_zeros_are_silent_genes_of_the_cells_with_value_zero(words: Vocabulary, cells: Any) -> None:
    plain = ScGPTTokenizer(words, ties="middle")(cells)
    tokens = ScGPTTokenizer(words, ties="middle", include_zeros=4)(cells, seed=3)
    assert (tokens.lengths - plain.lengths).tolist() == [4] * 6
    assert tokens.values is not None
    for i in range(6):
        expressed = set(counts_by_id(cells, words, i))
        genes = tokens.gene_ids[i, tokens.is_gene[i]]
        values = tokens.values[i, tokens.is_gene[i]]
        assert (np.diff(genes) > 0).all()
        assert {int(g) for g, v in zip(genes, values, strict=True) if v > 0} == expressed
        assert (values == 0).sum() == 4
    full = ScGPTTokenizer(words, include_zeros=99, max_tokens=30)(cells)
    assert full.lengths.max() <= 30


def test_duplicated_and_renamed_symbols_are_summed(words: Vocabulary, tiny: Any) -> None:
    cells = tiny.counts_data(3, ["GENE1", "OLD1", "GENE2"], seed=2, share=1.0)
    tokens = ScGPTTokenizer(words, ties="middle", aliases={"OLD1": "GENE1"})(cells)
    counts = cells.X.toarray()
    for i in range(3):
        summed = np.array([counts[i, 0] + counts[i, 1], counts[i, 2]])
        assert tokens.gene_ids[i].tolist() == [41, 1, 2]
        expected = bin_values(summed, 51, ties="middle")
        assert tokens.values is not None
        assert tokens.values[i, 1:].tolist() == expected.tolist()


def as_dicts(tokens: Any) -> list[dict[int, float]]:
    return [
        dict(zip(tokens.gene_ids[i, v].tolist(), tokens.values[i, v].tolist(), strict=True))
        for i, v in enumerate(tokens.valid)
    ]


@pytest.mark.parametrize("options", [
    {}, {"max_tokens": 12}, {"max_tokens": 12, "select": "top"}, {"include_zeros": 4},
    {"include_zeros": 4, "max_tokens": 20}, {"ties": "middle"},
])  # fmt: skip
def test_draws_by_gene_make_equal_cells_equal(words: Vocabulary, cells: Any, options: Any) -> None:
    by_gene, by_cell = (ScGPTTokenizer(words, draws=d, **options) for d in ("gene", "cell"))
    twins = cells[[3, 4, 1]].copy()
    twins.X = cells.X[[3, 3, 1]]
    first, second, third = as_dicts(by_gene(twins, seed=1))
    assert first == second != third
    assert as_dicts(by_gene(cells, seed=1))[3] == first  # whatever name and company
    assert as_dicts(by_gene(cells, seed=1)) == as_dicts(by_gene(cells, seed=1))
    drawn = options.get("ties") != "middle"
    assert (as_dicts(by_gene(cells, seed=2))[3] == first) == (not drawn)
    one, other, _ = as_dicts(by_cell(twins, seed=1))
    assert (one == other) == (not drawn)  # as published, each cell has draws of its own


def test_draws_by_gene_bin_over_all_expressed_genes_and_keep_the_same_genes(
    words: Vocabulary, cells: Any
) -> None:
    whole = as_dicts(ScGPTTokenizer(words, draws="gene")(cells, seed=1))
    cut = as_dicts(ScGPTTokenizer(words, draws="gene", max_tokens=12)(cells, seed=1))
    for tokens, kept in zip(whole, cut, strict=True):
        assert len(kept) == 12
        assert kept == {g: tokens[g] for g in kept}
    # a gene kept of one cell is kept of every cell with the same or fewer rivals before it
    out = [set(t) - set(k) for t, k in zip(whole, cut, strict=True)]
    ranks = GeneDraws.of(1, words.n_embeddings).priority
    for dropped, kept in zip(out, cut, strict=True):
        assert max(ranks[g] for g in kept if g != 41) < min(ranks[g] for g in dropped)


def test_draws_by_cell_are_as_they_were(words: Vocabulary, cells: Any) -> None:
    tokens = ScGPTTokenizer(words, max_tokens=12, draws="cell")(cells, seed=1)
    plain = ScGPTTokenizer(words, max_tokens=12)(cells, seed=1)
    assert as_dicts(tokens) == as_dicts(plain)
    for i, name in enumerate(cells.obs_names):  # the published order of draws, by hand
        counts = counts_by_id(cells, words, i)
        rng = generator(1, f"scgpt-tokens/{name}")
        bins = bin_values(np.array(list(counts.values())), 51, rng=rng)
        kept = np.sort(rng.permutation(len(counts))[:11])
        assert plain.gene_ids[i, 1:].tolist() == np.array(list(counts))[kept].tolist()
        assert plain.values is not None
        assert plain.values[i, 1:].tolist() == bins[kept].tolist()
