from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from cellglass.data import GeneSets, Ontology, OntologySimilarity
from cellglass.data.ontology import Term
from cellglass.errors import InputError
from cellglass.geometry.biology.gene_similarity import GeneTerms, published_similarity
from cellglass.seeds import generator


def make_ontology(seed: int, n: int = 40) -> Ontology:
    """A random acyclic graph in two namespaces, each with one root."""
    rng = generator(seed, "ontology")
    terms = {"p0": Term("", "process", ()), "f0": Term("", "function", ())}
    for i in range(1, n):
        for space, name in (("process", "p"), ("function", "f")):
            parents = {f"{name}{rng.integers(i)}" for _ in range(1 + rng.integers(2))}
            terms[f"{name}{i}"] = Term("", space, tuple(sorted(parents)))
    return Ontology(terms)


def make_sets(seed: int, ontology: Ontology, n_genes: int = 60) -> GeneSets:
    rng = generator(seed, "sets")
    sets: dict[str, list[str]] = {}
    for i in range(n_genes - 2):  # the last two genes have no term
        for term in rng.choice(sorted(ontology.terms), rng.integers(1, 7), replace=False):
            sets.setdefault(str(term), []).append(f"G{i}")
    return GeneSets({t: tuple(g) for t, g in sorted(sets.items())})


GENES = [f"G{i}" for i in range(0, 60, 2)] + ["G59"]


def slow(
    term_sets: dict[str, set[str]], content: dict[str, float], name: str, a: str, b: str
) -> float:
    one, other = term_sets[a], term_sets[b]
    if not one or not other:
        return float("nan")
    shared = one & other
    if name == "jaccard":
        return len(shared) / len(one | other)
    if name == "overlap":
        return len(shared) / (len(one) * len(other)) ** 0.5
    if name == "resnik":
        return max((content[t] for t in shared), default=0.0) / max(content.values())
    whole = sum(content[t] for t in one) + sum(content[t] for t in other)
    return 2 * sum(content[t] for t in shared) / whole if whole else 0.0


@pytest.mark.parametrize("closed", [True, False])
@pytest.mark.parametrize("name", ["lin", "jaccard", "overlap", "resnik"])
def test_measures_are_those_of_the_formulas(name, closed: bool):
    ontology = make_ontology(1)
    sets = make_sets(2, ontology)
    term_sets: dict[str, set[str]] = {g: set() for g in GENES}
    for term, genes in sets.sets.items():
        for gene in set(genes) & set(GENES):
            above = ontology.ancestors[term] if closed else frozenset()
            term_sets[gene] |= {term, *above}
    used = {t for held in term_sets.values() for t in held}
    if closed:
        terms = GeneTerms.of(GENES, sets, ontology)
        under = {t: set() for t in ontology.terms}
        for term, genes in sets.sets.items():
            for above in {term, *ontology.ancestors[term]}:
                under[above] |= set(genes)
        total = {s: len(under[r]) for s, r in (("process", "p0"), ("function", "f0"))}
        content = {t: np.log2(total[ontology.terms[t].namespace] / len(under[t])) for t in used}
    else:
        terms = GeneTerms.flat(GENES, sets)
        held = {t: sum(t in s for s in term_sets.values()) for t in used}
        content = {t: np.log((len(GENES) + 1) / (n + 1)) for t, n in held.items()}
    found = terms.measure(name)
    expected = [[slow(term_sets, content, name, a, b) for b in GENES] for a in GENES]
    assert np.allclose(found, expected, atol=1e-12, equal_nan=True)
    assert np.isnan(found[-1]).all()
    assert not terms.annotated[-1]


@pytest.mark.parametrize("measure", ["lin", "resnik"])
def test_best_match_is_that_of_each_two_genes(measure):
    ontology = make_ontology(3)
    sets = make_sets(4, ontology)
    found = GeneTerms.of(GENES, sets, ontology).best_match(measure)
    graph = OntologySimilarity.of(ontology, sets.propagate(ontology))
    own = {g: [t for t, genes in sets.sets.items() if g in genes] for g in GENES}
    for i in range(0, len(GENES), 3):
        for j, b in enumerate(GENES):
            expected = graph.groups(own[GENES[i]], own[b], measure)
            assert found[i, j] == pytest.approx(expected, abs=1e-12, nan_ok=True)
    assert np.allclose(found, found.T, equal_nan=True)


def test_closing_upwards_finds_what_flat_terms_miss():
    ontology = Ontology({
        "r": Term("", "x", ()), "a": Term("", "x", ("r",)), "b": Term("", "x", ("a",)),
        "c": Term("", "x", ("a",)), "d": Term("", "x", ("r",)),
    })  # fmt: skip
    sets = GeneSets({"b": ("G1",), "c": ("G2",), "d": ("G3",)})
    genes = ["G1", "G2", "G3"]
    assert GeneTerms.flat(genes, sets).measure("lin")[0, 1] == 0
    closed = GeneTerms.of(genes, sets, ontology)
    assert closed.measure("lin")[0, 1] > 0
    assert closed.measure("lin")[0, 2] == 0
    assert closed.measure("jaccard")[0, 1] == pytest.approx(2 / 4)


def test_published_blends_have_their_weights():
    ontology = make_ontology(5)
    sets = make_sets(6, ontology)
    terms = GeneTerms.flat(GENES, sets)
    lin, jaccard, overlap = (terms.measure(m) for m in ("lin", "jaccard", "overlap"))
    expected = 0.55 * lin + 0.30 * jaccard + 0.15 * overlap
    assert np.allclose(published_similarity(terms), expected, equal_nan=True)
    anchors = GENES[:12]
    few = terms.restrict(terms.most_frequent(anchors))
    count = {t: sum(g in sets.sets[t] for g in anchors) for t in terms.terms}
    kept = sorted(few.terms, key=lambda t: (-count[t], t))
    assert [count[t] for t in kept] == sorted(count.values(), reverse=True)[: len(kept)]
    parts = {m: few.measure(m) for m in ("lin", "jaccard", "overlap", "resnik")}
    expected = sum(
        w * parts[m]
        for m, w in (("lin", 0.65), ("jaccard", 0.2), ("overlap", 0.15), ("resnik", 0.1))
    )
    assert np.allclose(published_similarity(terms, anchors), expected, equal_nan=True)


def test_bad_input_is_told():
    ontology = make_ontology(7)
    sets = make_sets(8, ontology)
    with pytest.raises(InputError, match="none of 1 genes"):
        GeneTerms.flat(["X"], sets)
    with pytest.raises(InputError, match="names come twice: G0"):
        GeneTerms.of(["G0", "G0"], sets, ontology)
    terms = GeneTerms.flat(GENES, sets)
    with pytest.raises(InputError, match="flat terms have no ancestors"):
        terms.best_match()
    with pytest.raises(InputError, match="measure is 'cosine'"):
        terms.measure("cosine")  # type: ignore[arg-type]
    with pytest.raises(InputError, match="none of 1 terms"):
        terms.restrict(["no such term"])


def test_real_annotations(shared_data: Callable[[str], Path]):
    sets = GeneSets.read(shared_data("gene_sets/go_bp_human_symbols_2024-04.gmt.gz"))
    ontology = Ontology.read(shared_data("gene_sets/go_basic_2024-01-17_is_a.tsv.gz"))
    rng = generator(9, "real")
    genes = ["APOA1", "APOA2", "CD19", "MS4A1", "ALB", "CD3E"]
    genes += [str(g) for g in rng.choice(sorted(set(sets.genes) - set(genes)), 294, replace=False)]
    terms = GeneTerms.of(genes, sets, ontology)
    assert terms.annotated.all()
    started = time.perf_counter()
    values = {m: terms.measure(m) for m in ("lin", "jaccard", "overlap", "resnik")}
    values["best match"] = terms.best_match()
    assert time.perf_counter() - started < 10
    for name, value in values.items():
        assert value.min() >= 0, name
        assert value.max() <= 1 + 1e-12, name
        assert np.allclose(value, value.T), name
        # two apolipoproteins are alike, and two proteins of B cells; one of each is less so
        assert value[0, 1] > 1.5 * value[0, 2], name
        assert value[2, 3] > 1.5 * value[0, 2], name
        assert value[0, 1] > np.quantile(value[0], 0.95), name
    graph = terms.graph
    assert graph is not None
    expected = graph.groups(terms.direct[0], terms.direct[2])
    assert values["best match"][0, 2] == pytest.approx(expected, abs=1e-12)
