"""CSSI on an AnnData: strata given or found, any edge function, mistakes explained."""

import numpy as np
import pytest
from anndata import AnnData
from scipy import sparse

import cellglass as cg
from cellglass.data import Network, log1p_cp10k
from cellglass.errors import InputError
from cellglass.regulation.states.aggregators import AGGREGATORS
from cellglass.regulation.states.cssi import cssi
from cellglass.regulation.states.edge_functions import spearman_edges


@pytest.fixture(scope="module")
def planted():
    made = cg.controls.simulate("pairs", seed=2)
    network = Network.from_frame(made.reference, name="planted")
    counts = np.asarray(made.cells.X.sum(1)).ravel()
    log = log1p_cp10k(made.cells.X, counts).toarray()
    left, singular, _ = np.linalg.svd(log - log.mean(0), full_matrices=False)
    made.cells.obsm["X_pca"] = left[:, :10] * singular[:10]
    return made, network, log


def test_given_strata_sharpen_planted_edges(planted):
    made, network, _ = planted
    found = cssi(made.cells, strata="state", embedding="X_pca", network=network, shuffles=39)
    table = found.table().set_index("aggregator")
    assert list(table.index) == ["pooled", *AGGREGATORS]
    assert table.loc["max", "gain"] > 0.02
    assert table.loc["max", "p"] == pytest.approx(1 / 40)
    assert table.loc["max", "statistic"] > table.loc["max", "shuffled_mean"]
    assert found.measured == "pooled AUROC against planted"
    assert found.quality is not None
    assert found.quality.silhouette > found.quality.silhouette_shuffled
    assert found.strata is not None
    assert found.strata.source == "column state"


def test_any_edge_function_gives_the_same_as_its_name(planted):
    made, network, log = planted
    genes = [str(g) for g in made.cells.var_names]
    rows = np.array([genes.index(r) for r in made.regulators])
    edges = spearman_edges(log, rows)
    own = cssi(
        made.cells, lambda cells: edges(cells), strata=made.cells.obs["state"].to_numpy(),
        network=network, regulators=made.regulators, genes=genes, shuffles=2, seed=7,
    )  # fmt: skip
    named = cssi(made.cells, strata="state", network=network, shuffles=2, seed=7)
    assert own.statistic == pytest.approx(named.statistic)
    table = own.edges("max")
    assert table.sources == made.regulators
    np.testing.assert_allclose(table.scores, own.scores["max"])


def test_strata_are_found_in_an_embedding(planted):
    made, network, _ = planted
    found = cssi(made.cells, embedding="X_pca", network=network, n_strata=(3, 3), shuffles=19)
    assert found.strata is not None
    assert len(found.strata.names) == 3
    assert "Leiden" in found.strata.source
    table = found.table().set_index("aggregator")
    assert table.loc["max", "p"] == pytest.approx(0.05)


def test_a_statistic_may_stand_for_the_network(planted):
    made, _, _ = planted
    found = cssi(
        made.cells, strata="state", regulators=made.regulators[:2], genes=made.cells.var_names[:5],
        statistic=lambda s: float(s[0, 3]), shuffles=1, aggregators=("max",),
    )  # fmt: skip
    assert found.pooled.shape == (2, 5)
    assert found.statistic["pooled"] == found.pooled[0, 3]


def test_pairs_without_a_score_rank_last(planted):
    made, network, _ = planted
    genes = [str(g) for g in made.cells.var_names]
    scores = np.random.default_rng(0).normal(size=(len(made.regulators), len(genes)))
    blank = scores.copy()
    blank[:, 200:] = np.nan
    lowest = np.where(np.isnan(blank), -99.0, blank)
    values = [
        cssi(made.cells, lambda c, s=s: s, strata="state", network=network, genes=genes,
             regulators=made.regulators, shuffles=1, aggregators=("max",)).statistic["pooled"]
        for s in (blank, lowest)
    ]  # fmt: skip
    assert values[0] == pytest.approx(values[1])


def test_many_genes_are_cut_to_regulators_and_the_most_variable():
    rng = np.random.default_rng(0)
    counts = rng.poisson(1.0, (60, 2300)).astype(np.float32)
    counts[:, 5] = np.arange(60) % 2 * 40
    cells = AnnData(counts)
    cells.var_names = [f"G{i}" for i in range(2300)]
    found = cssi(cells, strata=np.arange(60) % 2, regulators=["G2299"], shuffles=1,
                 statistic=lambda s: float(s.mean()), aggregators=("max",))  # fmt: skip
    assert len(found.genes) == 2000
    assert {"G5", "G2299"} <= set(found.genes)


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"strata": None}, "neither strata nor an embedding"),
        ({"strata": "stat"}, "no column 'stat'(.|\n)*'state'"),
        ({"strata": np.zeros(3)}, "3 strata(.|\n)*600 cells"),
        ({"embedding": "pca"}, "no embedding 'pca'"),
        ({"embedding": np.zeros((3, 2))}, r"an embedding of shape \(3, 2\)"),
        ({"network": None}, "neither a network nor a statistic"),
        ({"statistic": float}, "a network and a statistic"),
        ({"edges": "pearson"}, "edges are 'pearson'"),
        ({"edges": lambda c: np.ones((1, 1))}, "without names of its rows and columns"),
        ({"regulators": ["NOPE"]}, "1 of 1 regulators are no genes"),
        ({"genes": ["GENE1", "GENE2"]}, "no regulator is among the genes"),
        ({"min_cells": 500}, "0 strata have 500 cells or more"),
        ({"shuffles": 0}, "no shuffles"),
    ],
)
def test_mistakes_are_explained(planted, wrong, said):
    made, network, _ = planted
    given = {"strata": "state", "network": network, "shuffles": 1} | wrong
    with pytest.raises(InputError, match=said):
        cssi(made.cells, **given)


def test_a_function_of_another_shape_is_refused(planted):
    made, network, _ = planted
    with pytest.raises(InputError, match=r"scores of shape \(1, 1\)(.|\n)*40 regulators x 300"):
        cssi(made.cells, lambda c: np.ones((1, 1)), strata="state", network=network,
             regulators=made.regulators, genes=list(made.cells.var_names), shuffles=1)  # fmt: skip


def test_blood_cells_of_kang_with_a_real_network(shared_data):
    import anndata

    cells = anndata.read_h5ad(shared_data("single_cell/pbmc_kang2018_donors.h5ad"))
    network = Network.read(shared_data("regulatory/collectri_human.tsv.gz"), name="collectri")
    found = cssi(cells, strata="cell_type", network=network, shuffles=19, seed=5)
    assert found.strata is not None
    assert dict(zip(found.strata.names, found.strata.sizes, strict=True)) == {
        "B cells": 298, "CD14+ Monocytes": 400, "CD4 T cells": 400, "CD8 T cells": 209,
        "FCGR3A+ Monocytes": 249,
    }  # fmt: skip
    table = found.table().set_index("aggregator")
    assert table.loc[list(AGGREGATORS), "shuffled_mean"].notna().all()
    # strata of real cells are no free gain here: the maximum loses to pooling
    assert table.loc["max", "gain"] < 0.01
    assert len(found.regulators) > 30


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"min_cells": 0}, "min_cells is 0"),
        ({"seed": -1}, "the seed is -1"),
        ({"network": {}}, "network is a dict"),
        ({"embedding": np.ones((600, 0))}, "shape \\(600, 0\\)"),
        ({"embedding": np.full((600, 2), "a")}, "no array of numbers"),
        ({"embedding": np.full((600, 2), np.nan)}, "600 cells have values in the embedding"),
        ({"strata": None, "embedding": np.ones((600, 3))}, "holds no communities"),
        ({"edges": lambda cells: sparse.csr_matrix((2, 3))}, "scores in a sparse matrix"),
        ({"edges": lambda cells: [["x"] * 3] * 2}, "scores that are no numbers"),
    ],
)
def test_arguments_that_cannot_be_used_are_told(planted, changes, said):
    made, network, _ = planted
    options = {"strata": "state", "network": network, "shuffles": 2, **changes}
    names = [str(g) for g in made.cells.var_names]
    if "edges" in changes:
        options |= {"genes": names, "regulators": made.regulators}
    with pytest.raises(InputError, match=said):
        cssi(made.cells, **options)


@pytest.mark.parametrize("cells", ["cells.h5ad", {}, np.ones((3, 3))])
def test_cells_of_another_type(cells):
    with pytest.raises(InputError, match=r"cells is a \w+[\s\S]*an AnnData[\s\S]*open_cells"):
        cssi(cells, strata="state")
