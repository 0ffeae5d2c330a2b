"""Expression over some cells, against slow formulas and the table that a run makes."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd

from cellglass.geometry.study.expression import STATISTICS, domain_statistics, log_expression
from cellglass.models.datasets import read_cells


def test_log_expression_is_centred_log_counts(cells_folder: Path):
    study = read_cells(cells_folder)
    table = pd.DataFrame({"gene": ["b", "a"], "column": [7, 3]})
    inside = np.arange(80) % 2 == 0
    found = log_expression(study, table, inside)
    counts = study.cells.X.toarray()[inside][:, [7, 3]]
    totals = study.cells.obs["n_counts"].to_numpy()[inside]
    expected = np.log1p(1e4 * counts / totals[:, None])
    assert np.allclose(found, expected - expected.mean(0))
    assert found.shape == (40, 2)


def test_over_all_cells_statistics_are_those_of_the_run(
    cells_folder: Path, cell_genes: pd.DataFrame
):
    study = read_cells(cells_folder)
    some = cell_genes.iloc[[5, 2, 40]]
    found = domain_statistics(study, some, np.ones(80, dtype=bool))
    assert found[[*some]].equals(some)


def test_over_a_domain_they_are_its_own(cells_folder: Path, cell_genes: pd.DataFrame):
    study = read_cells(cells_folder)
    inside = study.columns["phase"] == "S"
    some = cell_genes.iloc[10:20]
    found = domain_statistics(study, some, inside)
    values = log_expression(study, some, inside)
    assert np.allclose(found["variance"], values.var(0))
    counts = study.cells.X.toarray()[inside][:, some["column"]]
    assert np.allclose(found["detection"], (counts > 0).mean(0))
    assert not np.allclose(found[list(STATISTICS)], some[list(STATISTICS)])
    assert found["gene"].tolist() == some["gene"].tolist()
