"""Tables of results and null draws, as they are published."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd
import pytest

from cellglass.stats.audit.columns import find_columns
from cellglass.stats.audit.evidence import Evidence, gather

KEYS = ["hypothesis_id", "domain", "seed_tag", "split_regime", "layer"]
FAMILIES = ("descriptor_shuffle", "endpoint_swap", "label_permutation")


def make_screen(
    draws: int = 8,
    families: Sequence[str] = FAMILIES,
    effect: float = 0.03,
    seed: int = 0,
    hypotheses: Sequence[str] = ("H139",),
    shared: bool = False,
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Three domains, three seeds, two splits; 18 rows a hypothesis."""
    rng = np.random.default_rng(seed)
    seen, drawn = [], []
    common = {f: rng.normal(0.0, 0.01, draws) for f in families}
    for hypothesis in hypotheses:
        for domain in ("immune", "lung", "external_lung"):
            for tag in ("seed42", "seed43", "seed44"):
                for split in ("source_disjoint", "target_disjoint"):
                    key = (hypothesis, domain, tag, split, 11)
                    seen.append((*key, 220, rng.normal(effect, 0.02)))
                    for family in families:
                        values = rng.normal(0.0, 0.01, draws)
                        if shared:
                            values = 0.95 * common[family] + 0.3 * values
                        drawn += [(family, *key, i, v) for i, v in enumerate(values)]
    return (
        pd.DataFrame(seen, columns=[*KEYS, "n_edges", "delta_auroc"]),
        pd.DataFrame(drawn, columns=["null_kind", *KEYS, "perm_idx", "null_value"]),
    )


@pytest.fixture
def screen() -> Callable[..., tuple[pd.DataFrame, pd.DataFrame]]:
    """``screen(draws=8, ...)``: observed rows and null draws like those of a published screen."""
    return make_screen


@pytest.fixture
def keys() -> list[str]:
    """The key columns of `screen`."""
    return list(KEYS)


def rows_of(cells: Mapping[str, tuple[float, Mapping[str, Sequence[float]]]]) -> Any:
    """Tables of ``{row: (observed, {family: draws})}``."""
    seen = pd.DataFrame({"row": list(cells), "effect": [v for v, _ in cells.values()]})
    drawn = pd.DataFrame(
        [
            (row, family, i, value)
            for row, (_, families) in cells.items()
            for family, values in families.items()
            for i, value in enumerate(values)
        ],
        columns=["row", "null_kind", "perm_idx", "null_value"],
    )
    return seen, drawn


@pytest.fixture
def tables() -> Callable[..., tuple[pd.DataFrame, pd.DataFrame]]:
    """``tables({"a": (0.5, {"labels": [0.0, 0.1]})})``: written by hand."""
    return rows_of


@pytest.fixture
def evidence() -> Callable[..., Evidence]:
    """``evidence(seen, drawn, by, value, **options)``: the two tables, matched."""

    def make(
        seen: pd.DataFrame,
        drawn: pd.DataFrame,
        by: Sequence[str] = ("row",),
        value: str = "effect",
        **options: Any,
    ) -> Evidence:
        return gather(seen, drawn, find_columns(seen, drawn, by, value), **options)

    return make


HAND = {
    "a": (0.18, {"labels": [0.00, 0.01, 0.02, 0.03, 0.04], "pairs": [0.10, 0.20]}),
    "b": (0.05, {"labels": [0.05, 0.06, 0.01], "pairs": [0.00, 0.01, 0.02, 0.03]}),
    "c": (-0.10, {"labels": [-0.30, -0.20]}),
}
"""p of a: 1/6 and 2/3, of b: 3/4 and 1/5, of c: 1/3."""


@pytest.fixture
def hand(evidence: Callable[..., Evidence]) -> Evidence:
    """Three rows whose numbers can be checked in the head."""
    return evidence(*rows_of(HAND))
