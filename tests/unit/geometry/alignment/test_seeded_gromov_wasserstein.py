import numpy as np
import pytest

from cellglass.errors import InputError
from cellglass.geometry.alignment.matched import Matched
from cellglass.geometry.alignment.retrieval import held_out_retrieval
from cellglass.geometry.alignment.seeded_gromov_wasserstein import SeededGromovWasserstein


def turned(n=60, d=8, noise=0.3, seed=0):
    rng = np.random.default_rng(seed)
    rows = rng.normal(size=(n, d)) * np.linspace(2, 0.5, d)
    turn = np.linalg.qr(rng.normal(size=(d, d)))[0]
    return rows, rows @ turn + noise * rng.normal(size=(n, d))


@pytest.mark.parametrize("fused", [0.0, 0.5])
def test_held_out_genes_are_found_from_the_seed(fused):
    matched = Matched.of_arrays(*turned())
    method = SeededGromovWasserstein(fused=fused)
    found = held_out_retrieval(matched, method, draws=0, in_sample=False)
    assert found.value("assigned") > 0.8
    assert found.value("top1", column="chance") == pytest.approx(1 / 12)


def test_unrelated_clouds_are_retrieved_by_chance():
    rng = np.random.default_rng(3)
    matched = Matched.of_arrays(rng.normal(size=(60, 8)), rng.normal(size=(60, 8)))
    found = held_out_retrieval(matched, SeededGromovWasserstein(), draws=0, in_sample=False)
    assert found.value("top1") < 0.2  # chance is 0.083


def test_the_published_steps_run():
    first, second = turned(40)
    method = SeededGromovWasserstein.published()
    assert method.epsilons == (1.0, 0.5, 0.2)
    costs = method.fit(first[:30], second[:30]).costs(first[30:], second[30:])
    assert costs.shape == (10, 10)
    assert np.allclose(-costs.sum(1), 10, atol=1e-3)  # margins, in multiples of an even plan


def test_the_order_of_held_out_genes_is_not_used():
    first, second = turned()
    fitted = SeededGromovWasserstein().fit(first[:40], second[:40])
    order = np.random.default_rng(1).permutation(20)
    plain = fitted.costs(first[40:], second[40:])
    assert np.allclose(fitted.costs(first[40:], second[40:][order]), plain[:, order], atol=1e-5)


@pytest.mark.parametrize("wrong", [{"epsilons": ()}, {"fused": 1.0}, {"epsilons": (0.1, -1.0)}])
def test_bad_settings_are_refused(wrong):
    with pytest.raises(InputError, match="Gromov-Wasserstein"):
        SeededGromovWasserstein(**wrong)
