"""Pairs of cells: activation, full swap and distance recomputed one pair at a time."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd
import pytest

from cellglass.concepts import AttributionSettings, LinearUnits, NetworkSpace, Transform
from cellglass.concepts.attribution.effects import Effects
from cellglass.concepts.attribution.engine import attribute
from cellglass.concepts.attribution.result import Attribution
from cellglass.concepts.attribution.toy_spaces import linear_network
from cellglass.concepts.study.pair_tables import (
    PAIRS_SHOWN,
    SWAP_COLUMNS,
    SWAPS_SHOWN,
    pair_distances,
    prototype_rows,
    swap_rows,
    with_decoy_rows,
)

N_GENES, WIDTH = 20, 4
GENES = [f"SYM{i}" for i in range(N_GENES)]


@pytest.fixture(scope="module")
def space() -> NetworkSpace:
    rng = np.random.default_rng(0)
    counts = rng.poisson(1.0, size=(80, N_GENES))
    return NetworkSpace(counts, linear_network(rng.normal(size=(WIDTH, N_GENES))))


@pytest.fixture(scope="module")
def units(space: NetworkSpace) -> LinearUnits:
    h = space.embed()
    rng = np.random.default_rng(1)
    transform = Transform(h.mean(0), 0.5)
    start = LinearUnits("component", ("a", "b", "c"), rng.normal(size=(3, WIDTH)), 0.0, transform)
    return start.with_rate(h, 0.3)


def attributed(space: NetworkSpace, units: LinearUnits, **options: Any) -> Attribution:
    settings = AttributionSettings(n_prototypes=12, n_counterfactuals=2, draws=20, **options)
    return attribute(space, units, which=[0, 2], settings=settings)


def numbered(space: NetworkSpace, table: pd.DataFrame) -> pd.DataFrame:
    place = {name: i for i, name in enumerate(space.cell_names)}
    return table.assign(p=table["cell"].map(place), q=table["counterfactual"].map(place))


@pytest.mark.parametrize("direction", ["remove", "insert", "both"])
def test_pairs_are_what_one_pair_alone_gives(space, units, direction):
    found = attributed(space, units, direction=direction)
    table = prototype_rows(found, space, units)
    assert len(table) == len(found.plan.pairs) == 48 * (1 + (direction == "both"))
    assert set(table["unit"]) == {0, 2}
    read = units.read(space.embed())
    for row in numbered(space, table).itertuples():
        own = read.gated[row.p, row.unit]
        assert row.activation == pytest.approx(own, rel=1e-5)
        assert read.gated[row.q, row.unit] == 0
        # all genes exchanged, a cell is the other one: all of the activation goes, or comes
        assert row.full_swap == pytest.approx(1.0, abs=1e-5)
        h = units.transform(space.embed(np.array([row.p, row.q])))
        assert row.distance == pytest.approx(float(np.linalg.norm(h[0] - h[1])), rel=1e-4)
    for _, own in table.groupby("unit"):
        assert own["activation"].is_monotonic_decreasing


def test_effects_in_another_order_give_the_same_tables(space, units):
    found = attributed(space, units, matching="none", normalisation="max")
    order = np.random.default_rng(3).permutation(len(found.plan.pairs))
    e = found.effects
    entries = np.concatenate([np.arange(e.start[i], e.start[i + 1]) for i in order])
    mixed = Effects(
        e.pair[order], np.concatenate([[0], np.cumsum(np.diff(e.start)[order])]), e.gene[entries],
        {k: v[entries] for k, v in e.values.items()}, e.screen[entries], e.run[entries],
        e.switched[entries], {k: v[order] for k, v in e.full.items()}, e.margin[order],
        e.level[order], e.full_error[order], e.n_passes, e.n_gradients,
    )  # fmt: skip
    other = replace(found, effects=mixed)
    assert prototype_rows(found, space, units)["full_swap"].nunique() > 5
    for made in (lambda f: prototype_rows(f, space, units), lambda f: swap_rows(f, space, GENES)):
        pd.testing.assert_frame_equal(made(found), made(other))


@pytest.mark.parametrize("distance", ["cosine", "residual"])
def test_distance_is_that_of_the_search(space, units, distance):
    plan = attributed(space, units, distance=distance).plan
    found = pair_distances(plan, space, units)
    h = units.transform(space.embed()).astype(float)
    for i in range(0, len(found), 7):
        a, b = h[plan.pairs.prototype[i]], h[plan.pairs.counterfactual[i]]
        if distance == "cosine":
            expected = 1 - a @ b / np.linalg.norm(a) / np.linalg.norm(b)
        else:
            w = units.directions[plan.which[plan.pairs.unit[i]]].astype(float)
            expected = np.linalg.norm((a - b) - ((a - b) @ w) * w)
        assert found[i] == pytest.approx(expected, rel=1e-4, abs=1e-6)
    first = plan.pairs.draw == 0
    assert (found[first] <= found[np.flatnonzero(first) + 1] + 1e-9).all()


def test_swaps_are_what_one_swap_alone_gives(space, units):
    table = swap_rows(attributed(space, units), space, GENES)
    assert list(table.columns) == SWAP_COLUMNS
    for _, pair in numbered(space, table).groupby(["unit", "cell"]):
        assert len(pair) <= SWAPS_SHOWN
        row = pair.iloc[0]
        unit, p, q = int(row["unit"]), int(row["p"]), int(row["q"])
        own = float(units.read(space.embed(np.array([p]))).gated[0, unit])
        genes = space.differing(p, q)
        left = units.read(space.embed_edits([space.swap(p, q, [g]) for g in genes])).gated[:, unit]
        fall = dict(zip((GENES[g] for g in genes), (own - left) / own, strict=True))
        assert np.abs(pair["score"]).is_monotonic_decreasing
        largest = sorted(np.abs(list(fall.values())))[-len(pair) :]
        np.testing.assert_allclose(sorted(np.abs(pair["score"])), largest, atol=1e-5)
        for gene, value, other, score in pair[["gene", "value", "other", "score"]].itertuples(
            index=False
        ):
            assert score == pytest.approx(fall[gene], abs=1e-5)
            assert value == space.row(p)[GENES.index(gene)]
            assert other == space.row(q)[GENES.index(gene)]
    assert (table.groupby("unit")["cell"].nunique() == PAIRS_SHOWN).all()


def test_without_counterfactual_cells_there_are_no_swaps(space, units):
    found = attributed(space, units, perturbation="zero")
    table = prototype_rows(found, space, units)
    assert set(table["counterfactual"]) == {""}
    assert table["distance"].isna().all()
    assert swap_rows(found, space, GENES).empty


def test_decoys_show_pairs_of_their_concept_and_genes_of_their_own(space, units):
    found = attributed(space, units)
    shuffled = np.random.default_rng(5).permutation(found.score[1])
    table = swap_rows(found, space, GENES, [(3, 2, shuffled)])
    decoy, source = (table[table["unit"] == u] for u in (3, 2))
    assert list(decoy["cell"]) == list(source["cell"])
    np.testing.assert_allclose(np.abs(decoy["score"]), np.abs(source["score"]))
    assert (decoy["value"] != decoy["other"]).all()
    signs = np.sign(shuffled[[GENES.index(g) for g in decoy["gene"]]])
    assert (np.sign(decoy["score"]) == np.where(signs < 0, -1, 1))[decoy["score"] != 0].all()
    assert list(decoy["gene"]) != list(source["gene"])


def test_rows_of_a_concept_stand_for_its_decoy():
    table = pd.DataFrame({"unit": [0, 1, 1], "cell": ["x", "y", "z"]})
    units = pd.DataFrame(
        {"unit": [0, 1, 2], "kind": ["concept", "concept", "decoy"], "matched": [-1, -1, 1]}
    )
    made = with_decoy_rows(table, units)
    assert list(made["unit"]) == [0, 1, 1, 2, 2]
    assert list(made["cell"][3:]) == ["y", "z"]
