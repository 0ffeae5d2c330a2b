from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import numpy as np
import pandas as pd
import pytest

from cellglass.models.quality.masked_analysis import judge_masked
from cellglass.runs.sections import StatisticsConfig

SETTINGS = StatisticsConfig(draws=199, bootstrap=300, margin=0.01)


def losses(gain: float, *, context: float = 1.0, n: int = 200, types: bool = True) -> pd.DataFrame:
    """Losses of cells where the model removes a share of the type mean's loss.

    `context` is what exchanging contexts adds to the model's loss, in units of a token.
    """
    rng = np.random.default_rng(3)
    type_mean = 10 + rng.random(n)
    held = {
        "cell": np.arange(n), "n": np.full(n, 5), "gene_mean": 1.5 * type_mean,
        "model": (1 - gain) * type_mean + 0.2 * rng.normal(size=n),
    }  # fmt: skip
    table = pd.DataFrame(held)
    table["shuffled"] = table["model"] + context + 0.5 * rng.normal(size=n)
    table["model_raw"] = table["model"] + 1
    return table.assign(type_mean=type_mean) if types else table


def study(n: int = 200, donors: int = 0) -> Any:
    block = np.arange(n) % max(donors, 1)
    names = tuple(f"d{i}" for i in range(max(donors, 1)))
    return SimpleNamespace(unit="donor" if donors else "fold of cells", blocks=names, block=block)


def judge(table: pd.DataFrame, cells: Any = None, **options: Any) -> Any:
    settings = SETTINGS.model_copy(update=options)
    return judge_masked(
        table, cells or study(), model="m", unit="squared bins", settings=settings, seed=1
    )


def test_a_gain_over_the_mean_of_the_type_passes() -> None:
    result = judge(losses(0.2))
    assert result.verdicts[0].state == "PASS"
    finding = result.findings[0]
    table = losses(0.2)
    expected = 1 - table["model"].sum() / table["type_mean"].sum()
    assert finding.estimate == pytest.approx(expected)
    assert finding.interval.low < expected < finding.interval.high
    assert finding.interval.high - finding.interval.low < 0.02
    assert finding.p == pytest.approx(1 / 200)
    assert (finding.unit, finding.n) == ("cell", 200)
    assert result.verdicts[0].finding_ids == (finding.id,)


def test_no_gain_over_the_type_is_a_failure_even_if_the_gene_is_beaten() -> None:
    result = judge(losses(0.0))
    assert result.verdicts[0].state == "FAIL"
    by_name = result.tables["losses"].set_index("predictor")["gain_of_model"]
    assert by_name["the mean of the gene"] > 0.3
    assert by_name["the mean of the cell's type"] == pytest.approx(0, abs=0.01)


def test_without_labels_the_gene_is_the_baseline() -> None:
    result = judge(losses(0.0, types=False))
    assert result.verdicts[0].state == "PASS"
    assert result.findings[0].baseline == ("the mean of the gene", 0.0)


def test_a_model_that_does_not_need_its_context_cannot_pass() -> None:
    """Better than the mean, but the same with another cell's context: a better constant."""
    result = judge(losses(0.2, context=-0.05))
    assert result.verdicts[0].state != "PASS"
    assert result.checks[0].state == "failed"


def test_little_data_is_inconclusive() -> None:
    noisy = losses(0.05, n=12)
    noisy["model"] += np.random.default_rng(0).normal(scale=4, size=12)
    assert judge(noisy, study(12)).verdicts[0].state == "INCONCLUSIVE"


def test_donors_are_the_unit_where_there_are_enough() -> None:
    many = judge(losses(0.2), study(donors=8))
    assert (many.findings[0].unit, many.findings[0].n) == ("donor", 8)
    few = judge(losses(0.2), study(donors=3))
    assert few.findings[0].unit == "cell"
    assert any("3 donors" in note for note in few.notes)


def test_intervals_are_those_of_resampled_units() -> None:
    """Against a loop of 300 resamples of the cells with its own seed: the widths agree."""
    table = losses(0.2)
    found = judge(table, bootstrap=3000).findings[0].interval
    rng = np.random.default_rng(0)
    gains = []
    for _ in range(3000):
        part = table.iloc[rng.integers(len(table), size=len(table))]
        gains.append(1 - part["model"].sum() / part["type_mean"].sum())
    low, high = np.quantile(gains, [0.025, 0.975])
    assert found.low == pytest.approx(low, abs=0.1 * (high - low))
    assert found.high == pytest.approx(high, abs=0.1 * (high - low))


def test_the_table_holds_mean_losses_a_token() -> None:
    table = losses(0.2)
    found = judge(table).tables["losses"].set_index("predictor")["loss"]
    assert found["model"] == pytest.approx(table["model"].sum() / 1000)
    assert set(found.index) == {
        "model", "model, levels not moved", "model, contexts exchanged", "the mean of the gene",
        "the mean of the cell's type",
    }  # fmt: skip
