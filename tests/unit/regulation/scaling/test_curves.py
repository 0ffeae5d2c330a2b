from __future__ import annotations

import numpy as np
import pytest
from scipy.optimize import curve_fit

from cellglass.errors import InputError
from cellglass.regulation.scaling.curves import FORMS, best_curve, fit_curve

CELLS = np.repeat([25, 50, 100, 150, 200, 300, 500, 750, 1000], 2).astype(float)
"""The published ladder, two draws a number."""


def published(n: np.ndarray) -> np.ndarray:
    """The published fit of A4 (specification 2.15)."""
    return 0.089 * (1 - np.exp(-0.00554 * n)) + 0.519


def noisy(seed: int, sd: float = 0.006) -> np.ndarray:
    return published(CELLS) + sd * np.random.default_rng(seed).normal(size=CELLS.size)


def test_the_published_curve_is_found_again() -> None:
    fit = fit_curve(CELLS, published(CELLS), "saturation")
    assert fit.parameters == pytest.approx({"a": 0.089, "b": 0.00554, "c": 0.519}, abs=1e-5)
    assert fit.r2 == pytest.approx(1.0)


@pytest.mark.parametrize("seed", range(5))
def test_rates_and_lines_equal_those_of_scipy(seed: int) -> None:
    y = noisy(seed)
    mine = fit_curve(CELLS, y, "saturation")
    start = (0.1, 0.005, 0.5)
    theirs, _ = curve_fit(lambda n, a, b, c: c + a * (1 - np.exp(-b * n)), CELLS, y, p0=start)
    assert mine.parameters == pytest.approx(dict(zip("abc", theirs, strict=True)), rel=1e-3)
    slope, intercept = np.polyfit(np.log(CELLS), y, 1)
    assert fit_curve(CELLS, y, "log").parameters == pytest.approx({"a": slope, "c": intercept})


@pytest.mark.parametrize("form", ["log", "saturation", "constant"])
def test_the_curve_behind_the_data_predicts_cells_left_out_best(form: str) -> None:
    truth = {
        "log": lambda n: 0.457 + 0.022 * np.log(n), "saturation": published,
        "constant": lambda n: np.full(n.shape, 0.53),
    }[form]  # fmt: skip
    rng = np.random.default_rng(7)
    won = [
        best_curve({f: fit_curve(CELLS, truth(CELLS) + 0.002 * rng.normal(size=CELLS.size), f)
                    for f in FORMS})
        for _ in range(20)
    ]  # fmt: skip
    assert max(set(won), key=won.count) == form
    assert won.count(form) >= 10


def test_r2_cannot_choose_but_held_out_cells_can() -> None:
    """Defect of the published choice: R2 on the points fitted always favours more parameters."""
    rng = np.random.default_rng(1)
    flat = 0.5 + 0.01 * rng.normal(size=CELLS.size)
    fits = {f: fit_curve(CELLS, flat, f) for f in FORMS}
    kept = {f: c for f, c in fits.items() if c.converged}
    assert max(kept, key=lambda f: kept[f].r2) != "constant"
    assert best_curve(fits) == "constant"


def test_a_rate_that_runs_away_is_no_fit() -> None:
    straight = 0.4 + 0.0001 * CELLS
    fit = fit_curve(CELLS, straight, "saturation")
    assert not fit.converged
    assert "end of its range" in fit.why
    assert np.isnan(fit.at([100.0])).all()
    assert np.isnan(fit.r2)
    logarithmic = fit_curve(CELLS, 0.457 + 0.022 * np.log(CELLS), "power")
    assert not logarithmic.converged  # as published: the power law did not converge
    assert "logarithm" in logarithmic.why


def test_a_true_power_law_converges() -> None:
    fit = fit_curve(CELLS, 0.7 - 0.9 * CELLS**-0.5, "power")
    assert fit.parameters == pytest.approx({"a": -0.9, "b": -0.5, "c": 0.7}, rel=1e-3)


def test_too_few_numbers_of_cells_are_told() -> None:
    fit = fit_curve([100.0, 100.0, 200.0], [0.5, 0.51, 0.52], "saturation")
    assert not fit.converged
    assert fit.why == "2 numbers of cells for 3 parameters"
    assert fit_curve([100.0, 200.0], [0.5, 0.6], "linear").converged
    assert np.isnan(fit_curve([100.0, 200.0], [0.5, 0.6], "linear").held_out_rmse)


def test_criteria_are_those_of_the_textbook() -> None:
    y = noisy(3)
    fit = fit_curve(CELLS, y, "linear")
    left, n, k = float(((y - fit.at(CELLS)) ** 2).sum()), CELLS.size, 3
    assert fit.bic == pytest.approx(n * np.log(left / n) + k * np.log(n))
    assert fit.aicc == pytest.approx(n * np.log(left / n) + 2 * k + 2 * k * (k + 1) / (n - k - 1))


def test_held_out_error_is_that_of_a_loop_over_numbers_of_cells() -> None:
    y = noisy(4)
    squares = []
    for size in np.unique(CELLS):
        out = size == CELLS
        slope, intercept = np.polyfit(np.log(CELLS[~out]), y[~out], 1)
        squares.append(np.mean((y[out] - intercept - slope * np.log(CELLS[out])) ** 2))
    fit = fit_curve(CELLS, y, "log")
    assert fit.held_out_rmse == pytest.approx(np.sqrt(np.mean(squares)))
    assert fit.held_out_se == pytest.approx(np.std(squares, ddof=1) / 3)  # of 9 numbers
    assert np.isnan(fit_curve(CELLS, y, "log", held_out=False).held_out_rmse)


def test_nonsense_is_refused() -> None:
    with pytest.raises(InputError, match="spline"):
        fit_curve(CELLS, noisy(1), "spline")
    with pytest.raises(InputError, match="finite"):
        fit_curve(CELLS, np.full(CELLS.size, np.nan), "log")
    with pytest.raises(InputError, match="above 0"):
        fit_curve([0.0, 1.0], [1.0, 1.0], "log")
    assert best_curve({}) == ""
