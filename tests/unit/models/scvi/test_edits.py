from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from scipy import sparse

from cellglass.errors import InputError
from cellglass.models.interventions import Intervention
from cellglass.models.scvi.edits import edited
from cellglass.models.vocabulary import Vocabulary

GENES = Vocabulary({"A": 0, "B": 1, "C": 2})
COUNTS = sparse.csr_matrix(np.array([[1.0, 0, 3], [0, 2, 0]]))


@pytest.mark.parametrize(
    ("edits", "expected"),
    [
        ([Intervention.set_gene("A", 5)], [[5, 0, 3], [5, 2, 0]]),
        ([Intervention.drop_gene("C")], [[1, 0, 0], [0, 2, 0]]),
        ([Intervention.swap_gene("A", "B")], [[0, 1, 3], [2, 0, 0]]),
        ([Intervention.swap_gene("A", "A")], [[1, 0, 3], [0, 2, 0]]),
        ([Intervention.drop_gene("A"), Intervention.swap_gene("A", "C")], [[3, 0, 0], [0, 2, 0]]),
        ([Intervention.set_gene("B", 0)], [[1, 0, 3], [0, 0, 0]]),
        ([], [[1, 0, 3], [0, 2, 0]]),
    ],
)
def test_genes_change_in_every_cell(edits: list[Intervention], expected: Any) -> None:
    before = COUNTS.toarray()
    assert edited(COUNTS, edits, GENES).toarray().tolist() == expected
    np.testing.assert_array_equal(COUNTS.toarray(), before)


def test_what_changes_no_gene_is_refused() -> None:
    with pytest.raises(InputError, match="without layers or attention cannot zero heads 0"):
        edited(COUNTS, [Intervention.head_zero(0, [0])], GENES)


@pytest.mark.parametrize("value", [-1.0, np.nan, np.inf])
def test_what_is_no_count_is_refused(value: float) -> None:
    with pytest.raises(InputError, match="a count cannot be set to"):
        edited(COUNTS, [Intervention.set_gene("A", value)], GENES)


def test_an_unknown_gene_is_told() -> None:
    with pytest.raises(InputError, match="gene 'Z' is not in the model's vocabulary"):
        edited(COUNTS, [Intervention.drop_gene("Z")], GENES)
