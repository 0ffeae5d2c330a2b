import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cellglass.data import Network
from cellglass.errors import InputError
from cellglass.geometry import Pairs

GENES = [f"G{i}" for i in range(8)]
EDGES = st.sets(
    st.tuples(st.sampled_from(GENES), st.sampled_from(GENES)).filter(lambda e: e[0] != e[1]),
    min_size=1,
)


def network(edges):
    return Network.from_frame(pd.DataFrame(sorted(edges), columns=["source", "target"]), name="n")


@settings(deadline=None, max_examples=40)
@given(EDGES, st.sets(st.sampled_from(GENES), min_size=4))
def test_labels_are_the_edges_among_the_genes(edges, genes):
    held = {e for e in edges if genes.issuperset(e)}
    order = [g for g in GENES if g in genes]
    if not held:
        with pytest.raises(InputError, match="no pair of n lies among"):
            Pairs.of_network(network(edges), order)
        return
    pairs = Pairs.of_network(network(edges), order)
    assert list(pairs.sources) == [g for g in order if g in {s for s, _ in held}]
    assert list(pairs.targets) == [g for g in order if g in {t for _, t in held}]
    ends = list(zip(*pairs.ends, strict=True))
    assert ends == [(s, t) for s in pairs.sources for t in pairs.targets if s != t]
    assert [e in held for e in ends] == pairs.positive.tolist()
    assert pairs.prevalence == len(held) / len(ends)
    rows, columns = pairs.index
    assert pairs.labels[rows, columns].tolist() == pairs.positive.tolist()


def test_order_of_genes_is_kept_and_repeats_are_dropped():
    held = network({("A", "B"), ("C", "B")})
    pairs = Pairs.of_network(held, ["C", "A", "B", "A"])
    assert (pairs.sources, pairs.targets) == (("C", "A"), ("B",))


def test_negatives_are_drawn_three_to_one():
    rng = np.random.default_rng(0)
    edges = {(f"T{a}", f"G{b}") for a, b in rng.integers((10, 60), size=(80, 2))}
    genes = [f"T{i}" for i in range(10)] + [f"G{i}" for i in range(60)]
    whole = Pairs.of_network(network(edges), genes)
    drawn = Pairs.of_network(network(edges), genes, negatives=3, seed=1)
    assert drawn.labels.tolist() == whole.labels.tolist()
    assert int(drawn.mask.sum()) == 4 * len(edges)
    assert not (drawn.mask & ~whole.mask).any()
    again = Pairs.of_network(network(edges), genes, negatives=3, seed=1)
    other = Pairs.of_network(network(edges), genes, negatives=3, seed=2)
    assert np.array_equal(drawn.mask, again.mask)
    assert not np.array_equal(drawn.mask, other.mask)


def test_negatives_end_where_there_are_no_more():
    held = network({("A", "C"), ("B", "D")})
    all_of_them = Pairs.of_network(held, list("ABCD"))
    assert np.array_equal(Pairs.of_network(held, list("ABCD"), negatives=50).mask, all_of_them.mask)
    none = Pairs.of_network(held, list("ABCD"), negatives=0)
    assert (none.prevalence, none.positive.tolist()) == (1.0, [True, True])


@pytest.mark.parametrize("negatives", [-1, float("nan"), float("inf")])
def test_negatives_that_are_no_number_of_pairs(negatives):
    with pytest.raises(InputError, match="negatives is"):
        Pairs.of_network(network({("A", "B")}), ["A", "B"], negatives=negatives)


def test_genes_named_otherwise_are_told():
    with pytest.raises(InputError, match="check the identifiers"):
        Pairs.of_network(network({("A", "B")}), ["ENSG1", "ENSG2"])


def test_within_judges_fewer_pairs():
    pairs = Pairs.of_network(network({("A", "C"), ("B", "C"), ("A", "D")}), list("ABCD"))
    fewer = pairs.within([[True, False], [True, True]])
    assert fewer.mask.tolist() == [[True, False], [True, True]]
    assert fewer.labels.tolist() == [[True, False], [True, False]]
    assert np.isnan(pairs.within(np.zeros((2, 2))).prevalence)
    in_order = pairs.within([True, False, True, True])  # one boolean a judged pair
    assert np.array_equal(in_order.mask, fewer.mask)
    assert np.array_equal(in_order.labels, fewer.labels)
    for wrong in ([True, False], [[True], [False]]):
        with pytest.raises(InputError, match="shape"):
            pairs.within(wrong)


def test_numbers_0_and_1_are_labels():
    pairs = Pairs(("A",), ("B", "C"), np.array([[1, 0]]), np.array([[1, 1]]), "n")
    assert pairs.positive.tolist() == [True, False]
    assert pairs.mask.dtype == bool


@pytest.mark.parametrize(
    ("sources", "targets", "labels", "mask", "told"),
    [
        ("A", "BC", [[1, 0]], [[0, 1]], "1 labels lie on pairs that are not judged"),
        ("AB", "BC", [[0, 0], [0, 0]], [[0, 0], [1, 0]], "paired with themselves, the first B"),
        ("AA", "B", [[0], [0]], [[1], [1]], "sources"),
        ("A", "BB", [[0, 0]], [[1, 1]], "targets"),
        ("A", "BC", [[0]], [[1, 1]], "shape"),
        ("A", "BC", [[0, 2]], [[1, 1]], "other than 0 and 1"),
    ],
)
def test_pairs_that_contradict_themselves(sources, targets, labels, mask, told):
    with pytest.raises(InputError, match=told):
        Pairs(tuple(sources), tuple(targets), np.array(labels), np.array(mask), "n")
