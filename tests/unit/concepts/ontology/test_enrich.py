from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from cellglass.concepts.ontology.enrich import enrich, rerun
from cellglass.concepts.ontology.enrichment import Enrichment
from cellglass.concepts.ontology.libraries import Library
from cellglass.data import GeneSets, Ontology
from cellglass.data.ontology import Term
from cellglass.errors import InputError

GENES = [f"G{i}" for i in range(400)]
TERMS = {"r": (), "a": ("r",), "b": ("r",), "leaf": ("a",), "other": ("b",)}


def library() -> Library:
    graph = Ontology({t: Term(f"name of {t}", "x", p) for t, p in TERMS.items()})
    rng = np.random.default_rng(0)
    direct = GeneSets(
        {
            "leaf": tuple(GENES[:15]),
            "a": tuple(GENES[15:90]),
            "other": tuple(GENES[100:130]),
            "b": tuple(str(g) for g in rng.choice(GENES[90:], 60, replace=False)),
        }
    )
    return Library("toy", direct.propagate(graph), graph, direct)


def scores(seed: int = 0) -> pd.DataFrame:
    """Unit 0 is about "leaf", unit 1 about "other", the rest are noise."""
    rng = np.random.default_rng(seed)
    values = rng.normal(0, 0.02, (400, 5))
    values[:15, 0] += 0.3
    values[100:130, 1] += 0.3
    values[:, 4] = -np.abs(values[:, 4])
    return pd.DataFrame(values, index=GENES, columns=[f"concept {i}" for i in range(5)])


def found(**options: object) -> Enrichment:
    arguments: dict = {"permutations": 2_000, **options}
    return enrich(scores(), library(), **arguments)


def test_planted_terms_are_found_by_every_method():
    result = found(methods=("ora", "prerank", "parent-child", "elim"))
    for method in result.results:
        table = result.frame(method)
        if method in ("ora", "elim"):  # prerank has a smallest p, parent-child lets roots compete
            best = table.groupby("unit")["term"].first()
            assert best["concept 0"] == "leaf"
        assert {("concept 0", "leaf"), ("concept 1", "other")} <= set(
            zip(table["unit"], table["term"], strict=True)
        )
        assert result.annotated(method).tolist() == [True, True, False, False, False]
        assert result.annotated_share(method) == 0.4
        assert table["label"].iloc[0].startswith("name of ")
        assert set(table["library"]) == {"toy"}
        leaf = table[table["term"] == "leaf"]["genes"].iloc[0].split(";")
        assert set(leaf) <= set(GENES[:15])
    assert set(result.frame("elim").query("unit == 'concept 0'")["term"]) == {"leaf"}


def test_units_without_genes_count():
    result = found(methods=["ora"])
    assert result.lists.sizes[4] == 0
    assert result.results["ora"].n_tests % 5 == 0
    empty = int((result.lists.sizes == 0).sum())
    assert any(f"{empty} of 5 units have an empty list" in n for n in result.notes)
    table = result.test_table()
    assert len(table.frame) == result.results["ora"].n_tests
    assert (table.frame.query("unit == 'concept 4'")["p"] == 1).all()
    stored = {f"{r.list} | {r.set}": r.q for r in result.results["ora"].frame().itertuples()}
    by_name = table.frame.set_index("test")["q"]
    assert all(by_name[name] == q for name, q in stored.items())


def test_background_is_what_was_tested():
    tested = np.ones((400, 5), dtype=bool)
    tested[200:, 0] = False
    frame = scores()
    frame.iloc[250, 0] = np.nan  # not tested: needs no score
    result = enrich(frame, library(), tested=tested, methods=["ora", "prerank"], permutations=50)
    for method in ("ora", "prerank"):
        background = result.result(method).background
        assert background.universe[background.of_list].tolist() == [200, 400, 400, 400, 400]
    by_nan = enrich(frame, library(), methods=["ora"])
    background = by_nan.result("ora").background
    assert background.universe[background.of_list].tolist() == [399, 400, 400, 400, 400]


def test_units_never_tested_are_left_out_and_named():
    tested = np.ones((400, 5), dtype=bool)
    tested[:, 2] = False
    result = enrich(scores(), library(), tested=tested, methods=["ora"])
    assert result.units == ("concept 0", "concept 1", "concept 3", "concept 4")
    assert "concept 2" in result.notes[0]


def test_ties_refuse_the_ranking_of_a_unit_and_say_so():
    frame = scores()
    frame.iloc[50:400, 0] = 0.0
    result = enrich(frame, library(), methods=["prerank"], permutations=2_000)
    assert not result.annotated("prerank")[0]
    assert result.annotated("prerank")[1]
    assert any("refused 1 of 5 units" in n and "concept 0" in n for n in result.notes)
    assert any("tied genes in a ranking" in n for n in result.notes)
    positive = enrich(frame, library(), methods=["prerank"], ranking="positive", permutations=2_000)
    assert not positive.result("prerank").refused[0]
    assert positive.result("prerank").refused[4]  # no positive score: all tied at 0
    with pytest.raises(InputError, match="tied genes"):
        enrich(frame[["concept 0"]], library(), methods=["prerank"], permutations=50)


def test_list_rules_and_gene_q():
    by_ratio = found(methods=["ora"], list_rule="participation ratio")
    assert 14 <= by_ratio.lists.sizes[0] <= 17
    assert found(methods=["ora"], list_rule=20).lists.sizes.tolist() == [20, 20, 20, 20, 0]
    gene_q = np.ones((400, 5))
    gene_q[:5] = 0.001
    few = found(methods=["ora"], gene_q=gene_q, list_rule=20)
    assert few.lists.sizes[0] == 5


def test_resolution_of_permutations_is_told():
    assert any("at the smallest p" in n for n in found(permutations=60, methods=["prerank"]).notes)
    assert not any("smallest p" in n for n in found(methods=["prerank"]).notes)


def test_rerun_uses_the_same_pipeline():
    result = found()
    again = rerun(result, result.library)
    for method in result.results:
        assert (again.significant(method) != result.significant(method)).nnz == 0
    assert rerun(result, result.library, methods=("ora",)).results.keys() == {"ora"}


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"threshold": 9.0, "methods": ["ora"]}, "no gene is in the list of any"),
        ({"methods": ["fisher"]}, "methods"),
        ({"metods": 1}, "there is no option metods"),
        ({"list_rule": "all"}, "list rule"),
        ({"tested": np.ones((5, 400))}, "shape"),
        ({"tested": np.zeros((400, 5))}, "no unit has a tested gene"),
        ({"genes": [f"ENSG{i:011}" for i in range(400)]}, "none of 5 gene sets of toy"),
        ({"units": ["a"] * 5}, "named twice"),
        ({"ranking": "top"}, "ranking"),
        ({"smallest": 300}, "no set has 300 to 500"),
    ],
)
def test_bad_input(change: dict, said: str):
    with pytest.raises(InputError, match=said):
        found(**change)


def test_nan_scores_of_tested_genes():
    frame = scores()
    frame.iloc[7, 3] = np.nan
    with pytest.raises(InputError, match=r"1 scores .* G7 for concept 3"):
        enrich(frame, library(), tested=np.ones((400, 5)))


def test_arrays_need_names():
    with pytest.raises(InputError, match="without gene names"):
        enrich(scores().to_numpy(), library())
    named = enrich(scores().to_numpy(), library(), genes=GENES, methods=["ora"])
    assert named.units == ("0", "1", "2", "3", "4")


def test_methods_along_a_graph_need_one():
    flat = Library("flat", GeneSets({"a": tuple(GENES[:20])}))
    with pytest.raises(InputError, match="has no graph"):
        enrich(scores(), flat, methods=["elim"])
