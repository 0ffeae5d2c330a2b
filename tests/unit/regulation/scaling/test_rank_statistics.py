from __future__ import annotations

import numpy as np
import pytest
from scipy.stats import rankdata, spearmanr

from cellglass.errors import InputError
from cellglass.regulation.scaling.rank_statistics import PairUnits, rank_statistics
from cellglass.seeds import generator
from cellglass.stats import auroc, cluster_bootstrap_auroc

N, UNITS = 300, 15


@pytest.fixture
def drawn() -> dict[str, np.ndarray]:
    rng = np.random.default_rng(5)
    labels = rng.random(N) < 0.2
    given = rng.integers(0, 8, N) + 1.0 * labels
    return {
        "labels": labels,
        "given": given,
        "tied": rng.integers(0, 6, N) + 0.5 * given,
        "smooth": rng.normal(size=N) + labels,
        "units": rng.permutation(np.repeat(np.arange(UNITS), N // UNITS)),
    }


def partial(x: np.ndarray, y: np.ndarray, z: np.ndarray) -> float:
    """Correlation of what a least-squares line on z leaves, the oracle."""
    design = np.column_stack([np.ones(len(z)), rankdata(z)])

    def left(values: np.ndarray) -> np.ndarray:
        return values - design @ np.linalg.lstsq(design, values, rcond=None)[0]

    return float(np.corrcoef(left(rankdata(x)), left(rankdata(y)))[0, 1])


def statistics_of(drawn: dict, units: PairUnits, draws: int = 20):  # type: ignore[no-untyped-def]
    return rank_statistics(
        {"tied": drawn["tied"], "smooth": drawn["smooth"]}, {"net": drawn["labels"]}, units,
        given={"given": drawn["given"]}, draws=draws, seed=3, task="t",
    )  # fmt: skip


def test_estimates_are_those_of_scipy(drawn: dict) -> None:
    found = statistics_of(drawn, PairUnits(drawn["units"], None, UNITS, "regulator"))
    for i, name in enumerate(("tied", "smooth")):
        x, y, z = drawn[name], drawn["labels"], drawn["given"]
        assert found.auroc["net"].estimates[i] == pytest.approx(auroc(x, y))
        assert found.correlation["net"].estimates[i] == pytest.approx(spearmanr(x, y)[0])
        assert found.with_given["given"].estimates[i] == pytest.approx(spearmanr(x, z)[0])
        assert found.partial["net"].estimates[i] == pytest.approx(partial(x, y, z))


@pytest.mark.parametrize("both", [False, True])
def test_resamples_are_those_of_repeated_pairs(drawn: dict, both: bool) -> None:
    """Repeat each pair as often as it was drawn, and let SciPy rank anew: the slow way."""
    second = np.roll(drawn["units"], 7) if both else None
    units = PairUnits(drawn["units"], second, UNITS, "gene" if both else "regulator")
    found = statistics_of(drawn, units, draws=6)
    for draw, times in enumerate(units.resamples(6, 3, "t")):
        count = times[units.first]
        if second is not None:
            count = count * times[second]
        at = np.repeat(np.arange(N), count.astype(int))
        x, y, z = drawn["tied"][at], drawn["labels"][at], drawn["given"][at]
        assert found.auroc["net"].draws[0, draw] == pytest.approx(auroc(x, y))
        assert found.correlation["net"].draws[0, draw] == pytest.approx(spearmanr(x, y)[0])
        assert found.with_given["given"].draws[0, draw] == pytest.approx(spearmanr(x, z)[0])
        assert found.partial["net"].draws[0, draw] == pytest.approx(partial(x, y, z))


def test_intervals_agree_with_the_cluster_bootstrap(drawn: dict) -> None:
    units = PairUnits(drawn["units"], None, UNITS, "regulator")
    mine = statistics_of(drawn, units, draws=2000).auroc["net"]
    theirs = cluster_bootstrap_auroc(
        [drawn["tied"], drawn["smooth"]], drawn["labels"], drawn["units"], draws=2000, seed=9,
        task="other",
    )  # fmt: skip
    np.testing.assert_allclose(mine.draws.std(1), theirs.draws.std(1), rtol=0.08)
    assert mine.n == theirs.n


def test_ranks_fixed_beforehand_would_miss_their_own_spread() -> None:
    """Defect avoided: with the ranks of the whole sample the interval has another width."""
    rng = np.random.default_rng(2)
    codes = np.repeat(np.arange(20), 10)
    level = np.repeat(rng.normal(size=20), 10)
    x, y = level + 0.3 * rng.normal(size=200), level + 0.3 * rng.normal(size=200)
    units = PairUnits(codes, None, 20, "regulator")
    found = rank_statistics({"x": x}, {"l": x > 0}, units, given={"y": y}, draws=400, seed=1,
                            task="t")  # fmt: skip
    anew = found.with_given["y"].draws[0]
    fixed = []
    rx, ry = rankdata(x), rankdata(y)
    for times in units.resamples(400, 1, "t"):
        w = times[codes]
        dx, dy = rx - np.average(rx, weights=w), ry - np.average(ry, weights=w)
        fixed.append((w * dx * dy).sum() / np.sqrt((w * dx**2).sum() * (w * dy**2).sum()))
    assert not np.allclose(anew, fixed, atol=1e-3)
    assert np.corrcoef(anew, fixed)[0, 1] > 0.5


def test_resamples_depend_on_seed_and_task_only() -> None:
    units = PairUnits(np.arange(4), None, 4, "gene")
    first = np.stack(list(units.resamples(100, 1, "a")))
    np.testing.assert_array_equal(first, np.stack(list(units.resamples(100, 1, "a"))))
    np.testing.assert_array_equal(first[:64], np.stack(list(units.resamples(64, 1, "a"))))
    assert not np.array_equal(first, np.stack(list(units.resamples(100, 1, "b"))))
    assert (first.sum(1) == 4).all()
    expected = generator(1, "a/0").multinomial(4, np.full(4, 0.25), size=64)
    np.testing.assert_array_equal(first[:64], expected)


def test_a_resample_without_a_class_is_undefined_not_wrong() -> None:
    units = PairUnits(np.array([0, 1, 2]), None, 3, "gene")
    found = rank_statistics({"x": np.array([1.0, 2, 3])}, {"l": np.array([True, False, False])},
                            units, draws=60, seed=1, task="t").auroc["l"]  # fmt: skip
    lost = np.array([t[0] == 0 or t[1] + t[2] == 0 for t in units.resamples(60, 1, "t")])
    assert lost.any()
    np.testing.assert_array_equal(np.isnan(found.draws[0]), lost)
    assert found.n == 1


def test_informative_units_have_a_positive_pair() -> None:
    labels = np.array([True, False, True])
    assert PairUnits(np.array([0, 1, 0]), None, 3, "r").informative(labels) == 1
    assert PairUnits(np.array([0, 1, 0]), np.array([2, 2, 1]), 3, "g").informative(labels) == 3


def test_nonsense_is_refused(drawn: dict) -> None:
    units = PairUnits(drawn["units"], None, UNITS, "regulator")
    settings = {"draws": 5, "seed": 1, "task": "t"}
    with pytest.raises(InputError, match="one class"):
        rank_statistics({"x": drawn["smooth"]}, {"net": np.ones(N, bool)}, units, **settings)
    with pytest.raises(InputError, match="scores for"):
        rank_statistics({"x": np.ones(3)}, {"net": drawn["labels"]}, units, **settings)
    with pytest.raises(InputError, match="finite"):
        rank_statistics({"x": np.full(N, np.nan)}, {"net": drawn["labels"]}, units, **settings)
