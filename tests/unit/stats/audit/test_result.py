import json

import numpy as np

from cellglass.stats.audit.audit_draws import audit_draws
from cellglass.stats.audit.result import plain


def test_survivors_and_tables(screen, keys):
    result = audit_draws(*screen(draws=399, effect=0.03), by=keys, value="delta_auroc")
    survivors = result.survivors
    assert 0 < len(survivors) < len(result.rows)
    assert (survivors["strict_margin"] > 0).all()
    assert (survivors["bh"] <= 0.05).all()
    assert len(survivors) == result.summary["survive"]["all"]
    assert set(result.tables) == {
        "rows", "families", "family_summary", "groups", "misuse", "printed", "excluded",
    }  # fmt: skip
    assert result.tables["rows"] is result.rows


def test_plain_types():
    found = plain({1: np.float64(0.5), "b": (np.int64(2), np.bool_(True), float("nan"), np.inf)})
    assert found == {"1": 0.5, "b": [2, True, None, None]}
    assert json.dumps(found)
