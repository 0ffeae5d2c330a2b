import numpy as np
import pytest

from cellglass.errors import InputError, ResourceError
from cellglass.geometry.alignment.cca import Cca
from cellglass.geometry.alignment.compare import SHAPES, compare_models, svcca_components
from cellglass.geometry.alignment.gromov_wasserstein import GromovWasserstein
from cellglass.geometry.alignment.procrustes import Procrustes
from cellglass.geometry.cloud import PointCloud


def clouds(n=80, d=12, noise=0.5, seed=0):
    rng = np.random.default_rng(seed)
    first = rng.normal(size=(n, d)) * np.linspace(2, 0.5, d)
    turn = np.linalg.qr(rng.normal(size=(d, d)))[0]
    return PointCloud.of(first), PointCloud.of(first @ turn + noise * rng.normal(size=(n, d)))


@pytest.fixture(scope="module")
def planted():
    return compare_models(*clouds(), draws=19, labels=("scGPT", "Geneformer"))


def test_a_shared_geometry_is_seen_by_every_measure(planted):
    assert planted.shape["measure"].tolist() == list(SHAPES)
    assert (planted.shape["p"] == 0.05).all()
    assert (planted.shape["p_adjusted"] == 0.05).all()
    assert (planted.shape["estimate"] > planted.shape["null_mean"]).all()
    assert (planted.shape["low"] < planted.shape["estimate"]).all()
    assert (planted.shape["n"] == 80).all()
    assert planted.shape.set_index("measure")["held_out"].sum() == 1


def test_correspondence_has_a_row_a_method_and_direction(planted):
    table = planted.correspondence.set_index(["method", "direction"])
    assert len(table) == 8
    for method in ("procrustes", "cca", "ridge"):
        for direction in ("scGPT -> Geneformer", "Geneformer -> scGPT"):
            row = table.loc[(method, direction)]
            assert row["top1"] > 0.5
            assert row["p"] == row["p_adjusted"] == 0.05
            assert row["chance"] == pytest.approx(1 / 16)
            assert row["low"] < row["top1"] <= row["high"]
            assert row["in_sample"] > 0.5
    assert table.loc["pca"]["top1"].max() < 0.3
    assert set(planted.seconds) >= {"matching", "cka", "cca"}
    assert planted.retrievals["cca"].value("top1") == table.loc["cca"]["top1"].iloc[0]
    assert planted.counts.matched == 80


def test_unrelated_models_share_nothing():
    rng = np.random.default_rng(4)
    first, second = (PointCloud.of(rng.normal(size=(80, 12))) for _ in range(2))
    found = compare_models(first, second, draws=19)
    assert found.shape["p_adjusted"].min() > 0.05
    assert found.correspondence["p_adjusted"].min() > 0.05
    known = found.shape.dropna(subset=["chance"])
    assert len(known) == 4
    assert ((known["low"] < known["chance"]) & (known["chance"] < known["high"])).all()


def test_the_same_cloud_with_genes_exchanged_shares_its_spectrum_and_nothing_by_gene():
    """Only what knows no names sees it: Gromov-Wasserstein finds the shape, and no gene."""
    first, second = clouds(50, noise=0.02)
    places = np.random.default_rng(1).permutation(50)
    moved = PointCloud.of(second.points[places])
    found = compare_models(
        first, moved, shape=("cka", "rsa", "knn_jaccard"), draws=19,
        methods=("procrustes", "cca", "gromov_wasserstein"),
    )  # fmt: skip
    spectra = [np.linalg.svd(c.points - c.points.mean(0), compute_uv=False) for c in (first, moved)]
    assert np.allclose(*spectra, rtol=0.05)
    assert found.shape["estimate"].abs().max() < 0.15
    assert found.shape["p_adjusted"].min() > 0.05
    assert found.correspondence["p_adjusted"].min() > 0.05
    coupling = GromovWasserstein().match(first.points, moved.points)
    assert coupling.distance_rho > 0.9
    assert (coupling.plan.argmax(1) == np.arange(50)).mean() < 0.1


def test_groups_shared_and_genes_within_them_not():
    """Four groups of genes agree, genes within them do not: shape high, correspondence low."""
    rng = np.random.default_rng(2)
    group = np.repeat(np.arange(4), 20)
    centres, turn = 3 * rng.normal(size=(4, 8)), np.linalg.qr(rng.normal(size=(8, 8)))[0]
    sides = [c[group] + rng.normal(size=(80, 8)) for c in (centres, centres @ turn)]
    found = compare_models(
        *map(PointCloud.of, sides), shape=("cka", "rsa"), methods=("procrustes", "cca"), draws=19
    )
    assert (found.shape["estimate"] > 0.4).all()
    assert (found.shape["p"] == 0.05).all()
    # a gene is sought among 16, of which about 4 are of its group: it is found among those
    assert found.correspondence["top1"].max() < 0.45
    assert found.correspondence["top5"].min() > found.correspondence["chance"].max() * 8
    assert (found.correspondence["mutual"] < 0.3).all()


def test_methods_with_their_own_settings():
    found = compare_models(
        *clouds(50), shape=(), draws=3, methods=(Procrustes(8, scaling=True), Cca(shared=5))
    )
    assert found.shape.empty
    assert found.correspondence["method"].tolist() == ["procrustes"] * 2 + ["cca"] * 2


def test_results_do_not_depend_on_the_company():
    alone = compare_models(*clouds(50), shape=("rsa",), methods=("cca",), draws=5)
    among = compare_models(*clouds(50), shape=("cka", "rsa"), methods=("pca", "cca"), draws=5)
    assert alone.shape["p"].iloc[0] == among.shape["p"].iloc[1]
    columns = ["top1", "mutual", "assigned", "null_mean", "p", "low"]
    one = alone.correspondence[columns].to_numpy()
    assert np.array_equal(one, among.correspondence[columns].to_numpy()[2:])


def test_bad_input_is_refused():
    pair = clouds(50)
    with pytest.raises(InputError, match=r"no measure 'cca'"):
        compare_models(*pair, shape=("cca",))
    with pytest.raises(InputError, match="did you mean 'procrustes'"):
        compare_models(*pair, methods=("procrustus",))
    with pytest.raises(InputError, match="'cca' comes twice"):
        compare_models(*pair, methods=("cca", Cca(shared=5)))
    with pytest.raises(InputError, match="0 draws"):
        compare_models(*pair, draws=0)
    with pytest.raises(InputError, match="39 matched genes"):
        compare_models(*clouds(39))
    with pytest.raises(ResourceError, match="at least 99 draws"):
        compare_models(*pair, draws=19, level=0.01)


def test_components_of_svcca():
    assert (svcca_components(320), svcca_components(40)) == (20, 10)
