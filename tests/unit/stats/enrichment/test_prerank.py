from __future__ import annotations

import numpy as np
import pytest

from cellglass.errors import InputError
from cellglass.stats.enrichment.prerank import prerank
from cellglass.stats.multiplicity import bh

GENES = [f"g{i}" for i in range(400)]


def problem(seed: int = 0, n_sets: int = 20):
    rng = np.random.default_rng(seed)
    scores = rng.normal(size=(3, 400))
    sets = {
        f"s{i}": [GENES[j] for j in rng.choice(400, rng.integers(10, 60), replace=False)]
        for i in range(n_sets)
    }
    top = np.argsort(-scores[0])[:20]
    sets["top"] = [GENES[j] for j in top]
    sets["bottom"] = [GENES[j] for j in np.argsort(scores[1])[:15]]
    return scores, sets


@pytest.mark.filterwarnings("ignore")
def test_scores_are_those_of_gseapy():
    gseapy = pytest.importorskip("gseapy")
    import pandas as pd

    scores, sets = problem()
    ours = prerank(scores[0], sets, GENES, permutations=1_000)
    theirs = gseapy.prerank(
        rnk=pd.Series(scores[0], index=GENES), gene_sets=sets, min_size=10, max_size=500,
        permutation_num=1_000, outdir=None, no_plot=True, seed=1,
    ).res2d.set_index("Term").loc[list(ours.sets.names)]  # fmt: skip
    np.testing.assert_allclose(ours.es[0], theirs["ES"].astype(float), atol=1e-12, rtol=0)
    assert np.corrcoef(ours.nes[0], theirs["NES"].astype(float))[0, 1] > 0.999
    assert np.abs(ours.p[0] - theirs["NOM p-val"].astype(float)).max() < 0.08
    for i, term in enumerate(ours.sets.names):
        assert set(ours.genes(0, i)) == set(theirs.loc[term, "Lead_genes"].split(";"))


def test_planted_sets_are_found_in_their_ranking_only():
    scores, sets = problem()
    result = prerank(scores, sets, GENES, permutations=2_000, names=["a", "b", "c"])
    called = {(r.list, r.set) for r in result.frame(q=0.05).itertuples()}
    assert {("a", "top"), ("b", "bottom")} <= called
    assert len(called) <= 3
    assert result.es[1, list(result.sets.names).index("bottom")] == pytest.approx(-1)
    assert np.array_equal(result.q.ravel(), bh(result.p.ravel()), equal_nan=True)
    assert result.n_tests == 3 * len(sets) == len(result.frame())
    assert result.frame(q=0.05, genes=True)["genes"].str.len().gt(0).all()


def test_a_ranking_alone_or_among_others_or_in_threads():
    scores, sets = problem()
    together = prerank(scores, sets, GENES, permutations=200, names=["a", "b", "c"])
    threads = prerank(scores, sets, GENES, permutations=200, names=["a", "b", "c"], workers=2)
    alone = prerank(scores[1], sets, GENES, permutations=200, names=["b"])
    assert np.array_equal(together.p, threads.p)
    assert np.array_equal(together.p[1], alone.p[0])
    assert not np.array_equal(
        together.p, prerank(scores, sets, GENES, permutations=200, names=["a", "b", "c"], seed=1).p
    )


def test_tested_genes_make_the_universe():
    scores, sets = problem()
    tested = np.random.default_rng(3).random((3, 400)) < 0.7
    masked = np.where(tested, scores, np.nan)  # what was not tested needs no score
    result = prerank(masked, sets, GENES, tested=tested, permutations=50, names=["a", "b", "c"])
    kept = [g for g, t in zip(GENES, tested[1], strict=True) if t]
    alone = prerank(scores[1, tested[1]], sets, kept, permutations=50, names=["b"])
    np.testing.assert_allclose(result.es[1], alone.es[0], atol=1e-13)
    np.testing.assert_array_equal(result.p[1], alone.p[0])
    assert result.background.universe.tolist() == tested.sum(1).tolist()


def test_p_values_of_random_sets_are_uniform():
    rng = np.random.default_rng(5)
    sets = {f"s{i}": [GENES[j] for j in rng.choice(400, 20, replace=False)] for i in range(600)}
    p = prerank(rng.normal(size=400), sets, GENES, permutations=20_000).p[0]
    for level in (0.05, 0.2, 0.5):
        assert abs(np.mean(p <= level) - level) < 4 * np.sqrt(level * (1 - level) / 600)


def test_sizes_that_share_a_null():
    scores, sets = problem(n_sets=60)
    exact = prerank(scores, sets, GENES, permutations=4_000)
    shared = prerank(scores, sets, GENES, permutations=4_000, size_step=0.1)
    assert np.array_equal(exact.es, shared.es)
    assert np.corrcoef(np.log(exact.p).ravel(), np.log(shared.p).ravel())[0, 1] > 0.98
    assert np.mean(shared.p - exact.p) > -0.003  # on the safe side, but for the draws
    assert np.corrcoef(exact.nes.ravel(), shared.nes.ravel())[0, 1] > 0.998
    assert np.array_equal(
        exact.p, prerank(scores, sets, GENES, permutations=4_000, size_step=0.0).p
    )


def test_one_side():
    scores, sets = problem()
    up = prerank(scores[0], sets, GENES, permutations=50, side="positive")
    down = prerank(scores[0], sets, GENES, permutations=50, side="negative")
    both = prerank(scores[0], sets, GENES, permutations=50)
    assert (up.es >= 0).all()
    assert (down.es <= 0).all()
    np.testing.assert_allclose(both.es, np.where(up.es >= -down.es, up.es, down.es))


def test_ties_are_told_and_refused_above_half():
    scores, sets = problem()
    scores[0, 100:300] = 0.0  # exactly half
    scores[1, 50:300] = 0.0
    with pytest.raises(InputError, match=r"1 of 3 rankings .* b has 62.5%") as error:
        prerank(scores, sets, GENES, permutations=20, names=["a", "b", "c"])
    assert "side='positive'" in error.value.fix
    result = prerank(scores, sets, GENES, permutations=20, ties="skip")
    assert result.refused.tolist() == [False, True, False]
    assert result.ties.tolist() == [0.5, 0.625, 0.0]
    assert np.isnan(result.p[1]).all()
    assert result.n_tests == 2 * len(sets)
    with pytest.raises(InputError, match="1 of 1 rankings"):
        prerank(scores[1], sets, GENES, permutations=20, ties="skip")
    turned = prerank(scores[0, ::-1], sets, GENES[::-1], permutations=20)
    np.testing.assert_allclose(turned.es[0], result.es[0])  # ties do not follow the input's order


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"scores": np.full((1, 400), np.nan)}, "400 scores of tested genes are not finite"),
        ({"scores": np.zeros((1, 3))}, "scores of shape"),
        ({"sets": {"a": ["TP53"]}}, "none of 1 gene sets"),
        ({"sets": {"a": GENES[:3]}}, "no set has 10 to 500"),
        ({"permutations": 0}, "permutations 0"),
        ({"size_step": -1.0}, "size_step"),
        ({"names": ["a"]}, "1 names"),
        ({"tested": np.ones((1, 400))}, "shape"),
    ],
)
def test_bad_input(change: dict, said: str):
    scores, sets = problem()
    arguments = {"scores": scores, "sets": sets, "universe": GENES, "permutations": 5, **change}
    with pytest.raises(InputError, match=said):
        prerank(**arguments)
