"""A score as a row and as a finding."""

from __future__ import annotations

import math

import numpy as np

from cellglass.concepts.study.score_rows import Score, not_applicable, of_draws
from cellglass.stats import Interval

ENDS = Interval(0.1, 0.6, 0.95, "bootstrap", "donor", 8)


def test_p_counts_draws_as_large():
    score = of_draws("s", "m", 0.3, ENDS, np.array([0.1, 0.3, 0.5, 0.2]), "random")
    row = score.to_row()
    assert row["p"] == 3 / 5  # 0.3 and 0.5, and the score itself
    assert (row["null"], row["reference"]) == (np.mean([0.1, 0.3, 0.5, 0.2]), "random")
    assert (row["low"], row["high"], row["unit"], row["n"]) == (0.1, 0.6, "donor", 8)


def test_a_finding_is_descriptive():
    finding = of_draws("s", "m", 0.3, ENDS, np.array([0.1]), "random").to_finding("mini", 7)
    assert (finding.kind, finding.p, finding.seed) == ("descriptive", 0.5, 7)
    assert finding.interval == ENDS
    other = Score("s", "other", 0.2, "cell", 10, reference=("chance", 0.1)).to_finding("mini", 7)
    assert other.baseline == ("chance", 0.1)
    assert other.id != finding.id


def test_what_is_not_applicable_says_why():
    score = not_applicable("absorption", "rate", "no hierarchy")
    row = score.to_row()
    assert not score.measured
    assert (row["state"], row["note"]) == ("NOT APPLICABLE", "no hierarchy")
    assert math.isnan(row["estimate"])
