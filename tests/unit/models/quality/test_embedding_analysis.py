from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import anndata
import numpy as np
import pandas as pd
import pytest
from scipy import sparse

from cellglass.models.datasets import UNLABELLED
from cellglass.models.quality.embedding_analysis import judge_embeddings
from cellglass.runs.sections import StatisticsConfig

N = 160
LABELS = np.where(np.arange(N) % 2, "B", "T").astype(object)
LABELS[:10] = UNLABELLED
SETTINGS = StatisticsConfig(bootstrap=300, draws=199, margin=0.01)


@pytest.fixture(scope="module")
def study() -> Any:
    rng = np.random.default_rng(0)
    rate = 1 + 4.0 * (LABELS == "B")[:, None] * (np.arange(20) < 5)
    counts = sparse.csr_matrix(rng.poisson(rate).astype(np.float32))
    obs = pd.DataFrame({"n_counts": np.asarray(counts.sum(1)).ravel()}, index=map(str, range(N)))
    return SimpleNamespace(
        cells=anndata.AnnData(counts, obs=obs), labels=LABELS.astype(str),
        block=rng.integers(4, size=N),
    )  # fmt: skip


def embedding(shift: float, seed: int) -> Any:
    noise = np.random.default_rng(seed).normal(size=(N, 10))
    return (
        noise
        + shift * np.outer(LABELS == "B", np.eye(10)[0])
        - shift * np.outer(LABELS == "T", np.eye(10)[0])
    )


def judge(study: Any, trained: Any, untrained: Any, cells: Any = None) -> Any:
    return judge_embeddings(
        trained, untrained, np.arange(N) if cells is None else cells, study, model="m",
        settings=SETTINGS, seed=1,
    )  # fmt: skip


def test_a_trained_embedding_that_separates_better_passes(study: Any) -> None:
    result = judge(study, embedding(4, 1), embedding(0, 2))
    assert result.verdicts[0].state == "PASS"
    finding = result.findings[0]
    assert finding.estimate > 0.95
    assert finding.baseline[1] == pytest.approx(0.5, abs=0.15)
    delta, low, high = finding.increment
    assert delta == pytest.approx(finding.estimate - finding.baseline[1])
    assert low < delta < high
    assert (finding.unit, finding.n) == ("cell", N - 10)  # cells without a label are left out
    assert finding.p == pytest.approx(1 / 200)


def test_an_untrained_copy_that_separates_as_well_is_no_learning(study: Any) -> None:
    same = judge(study, embedding(4, 1), embedding(4, 1))
    assert same.verdicts[0].state == "FAIL"
    assert same.findings[0].increment[0] == 0
    worse = judge(study, embedding(0, 1), embedding(4, 2))
    assert worse.verdicts[0].state == "FAIL"


def test_principal_components_stand_beside(study: Any) -> None:
    result = judge(study, embedding(4, 1), embedding(0, 2))
    table = result.tables["separation"].set_index("embedding")["balanced_accuracy"]
    assert list(table.index) == ["m", "untrained copy", "50 principal components"]
    assert table["50 principal components"] > 0.8  # the counts separate the labels, too
    shown = result.tables["map"]
    assert len(shown) == N - 10
    by_label = shown.groupby("label")["x"].mean()
    assert abs(by_label["B"] - by_label["T"]) > 5


def test_cells_are_matched_by_position(study: Any) -> None:
    """Embeddings of some cells, in another order, meet their own labels."""
    order = np.random.default_rng(5).permutation(N)[:120]
    found = judge(study, embedding(4, 1)[order], embedding(0, 2)[order], order)
    assert found.findings[0].estimate > 0.9
    mixed = judge(study, embedding(4, 1)[order], embedding(0, 2)[order], np.sort(order))
    assert mixed.findings[0].estimate < 0.7


def test_without_labels_there_is_nothing_to_judge(study: Any) -> None:
    bare = SimpleNamespace(cells=study.cells, labels=None, block=study.block)
    with pytest.raises(ValueError, match="labels"):
        judge(bare, embedding(4, 1), embedding(0, 2))
