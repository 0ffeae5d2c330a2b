"""All tests, raw p stored, q computed by code."""

import numpy as np
import pytest
from statsmodels.stats.multitest import multipletests

from cellglass.report.multiplicity import multiplicity
from cellglass.report.source import source_of_result, source_of_run
from cellglass.stats import State

from .conftest import masked, read_csv, recovery


def test_survivors_are_those_of_bh_over_all_confirmatory_tests(full_run):
    source = source_of_run(full_run)
    p = np.array([f.p for r in source.results for f in r.findings if f.kind == "confirmatory"])
    expected = int(multipletests(p, 0.05, "fdr_bh")[0].sum())
    view = multiplicity(source)
    assert f"{len(p)} confirmatory tests" in view.sentence
    assert f"{expected} of {len(p)} have q ≤ 0.05" in view.sentence
    definitions = read_csv(view.tables[0].href)
    assert definitions["tests"].tolist()[0] == len(p)
    assert definitions["survive_bh"].tolist()[0] == expected


def test_the_download_holds_every_finding(full_run):
    source = source_of_run(full_run)
    table = read_csv(multiplicity(source).tables[-1].href)
    assert set(table["id"]) == {f.id for r in source.results for f in r.findings}
    assert len(table) == 13


@pytest.mark.parametrize(("result", "some"), [(masked(), False), (recovery("t", State.FAIL), True)])
def test_without_findings_there_is_nothing_to_say(result, some):
    assert bool(multiplicity(source_of_result(result)).sentence) is some
