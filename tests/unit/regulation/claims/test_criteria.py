"""The four criteria: each tied to one endpoint and to registered analyses."""

from __future__ import annotations

from cellglass.regulation.claims.criteria import CRITERIA, CURATED, PREDICTS, READS, USED
from cellglass.runs.registry import analyses


def test_each_criterion_speaks_about_one_endpoint():
    assert {c: k.endpoint for c, k in CRITERIA.items()} == {
        "C1": PREDICTS, "C2": PREDICTS, "C3": CURATED, "C4": USED,
    }  # fmt: skip


def test_what_decides_is_registered():
    assert set(READS) <= set(analyses())
    assert CRITERIA["C4"].analyses == ()
