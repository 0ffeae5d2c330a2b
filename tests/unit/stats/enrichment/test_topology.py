from __future__ import annotations

import numpy as np
import pytest
from scipy.stats import hypergeom

from cellglass.errors import InputError
from cellglass.stats.enrichment.ora import ora
from cellglass.stats.enrichment.topology import elim, parent_child
from cellglass.stats.multiplicity import bh

GENES = [f"g{i}" for i in range(250)]


def problem(seed: int = 0, n_terms: int = 40):
    """A random graph whose terms hold the genes of the terms below; lists around some terms."""
    rng = np.random.default_rng(seed)
    parents: dict[str, list[str]] = {"t0": []}
    for i in range(1, n_terms):
        above = rng.choice(i, size=min(i, rng.integers(1, 3)), replace=False)
        parents[f"t{i}"] = [f"t{a}" for a in above]
    sets = {t: set(rng.choice(GENES, 8, replace=False)) for t in parents}
    for t in reversed(parents):  # children come after their parents
        for p in parents[t]:
            sets[p] |= sets[t]
    lists = {
        f"l{i}": set(rng.choice(sorted(sets[f"t{n_terms - 1 - i}"]), 6, replace=False))
        | set(rng.choice(GENES, 12))
        for i in range(5)
    }
    return lists, {t: sorted(s) for t, s in sets.items()}, parents, rng.random((5, 250)) < 0.85


def tail(x: int, n: int, k: int, total: int) -> float:
    return 1.0 if x == 0 else float(hypergeom.sf(x - 1, total, k, n))


def ancestors(term: str, parents: dict[str, list[str]]) -> set[str]:
    above = set(parents[term])
    return above.union(*(ancestors(p, parents) for p in above))


def depth(term: str, parents: dict[str, list[str]]) -> int:
    return max((depth(p, parents) + 1 for p in parents[term]), default=0)


def naive(lists, sets, parents, tested, kind: str, largest: int):
    """p of each list and term of fitting size, by sets of names."""
    out = {}
    for r, (name, mine) in enumerate(lists.items()):
        universe = {g for g, t in zip(GENES, tested[r], strict=True) if t}
        drawn = mine & universe
        held = {t: set(s) & universe for t, s in sets.items()}
        fitting = [t for t in sets if 10 <= len(held[t]) <= largest]
        gone: dict[str, set[str]] = {t: set() for t in sets}
        for t in sorted(fitting, key=lambda t: -depth(t, parents)):
            if kind == "parent-child":
                ground = set().union(*(held[p] for p in parents[t])) if parents[t] else universe
                p = tail(len(drawn & held[t]), len(drawn & ground), len(held[t]), len(ground))
            else:
                left = held[t] - gone[t]
                p = tail(len(drawn & left), len(drawn), len(left), len(universe))
                if p <= 0.01:
                    for a in ancestors(t, parents):
                        gone[a] |= held[t]
            out[name, t] = p
    return out


@pytest.mark.parametrize("masked", [False, True])
@pytest.mark.parametrize("kind", ["parent-child", "elim"])
@pytest.mark.parametrize("seed", [0, 1])
def test_equals_the_definition(kind: str, masked: bool, seed: int):
    lists, sets, parents, tested = problem(seed)
    tested = tested if masked else np.ones_like(tested)
    method = parent_child if kind == "parent-child" else elim
    result = method(
        lists, sets, GENES, parents, tested=tested if masked else None, largest=120
    )  # fmt: skip
    expected = naive(lists, sets, parents, tested, kind, 120)
    dense, dense_q = result.dense(), result.dense("q")
    q = dict(zip(expected, bh(list(expected.values())), strict=True))
    assert result.n_tests == len(expected) == np.isfinite(dense).sum()
    for (name, term), p in expected.items():
        at = result.lists.names.index(name), result.sets.names.index(term)
        assert dense[at] == pytest.approx(p, rel=1e-9)
        assert dense_q[at] == pytest.approx(q[name, term], rel=1e-9)
    flat = ora(lists, sets, GENES, tested=tested, largest=120).dense()
    assert np.nanmax(np.abs(dense - flat)) > 0.05  # the graph did change something
    assert result.conditional.startswith(kind)


def test_the_specific_term_wins():
    """Genes of one leaf: flat calls the whole lineage, elim the leaf only."""
    sets = {"root": GENES[:200], "mid": GENES[:80], "leaf": GENES[:12]}
    parents = {"mid": ["root"], "leaf": ["mid"]}
    lists = {"mine": GENES[:11]}
    assert ora(lists, sets, GENES).significant().sum() == 3 - 1  # root holds most genes
    assert elim(lists, sets, GENES, parents).frame(q=0.05)["set"].tolist() == ["leaf"]


def test_bad_graphs():
    lists, sets, parents, _ = problem()
    broken = {**sets, "t0": ["g0"] * 1 + GENES[:11]}
    for method in (parent_child, elim):
        with pytest.raises(InputError, match="hold genes that their parents lack") as error:
            method(lists, broken, GENES, parents)
        assert "propagate" in error.value.fix
    sets = {"a": GENES[:20], "b": GENES[:20]}
    with pytest.raises(InputError, match="cycle"):
        elim({"l": GENES[:9]}, sets, GENES, {"a": ["b"], "b": ["a"]})
