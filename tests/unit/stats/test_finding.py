import json
import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cellglass.errors import InputError
from cellglass.stats import Finding, Interval, NullSummary


def finding(**changes):
    values = {
        "analysis": "edge_recovery",
        "question": "Do edges of layer 2 head 1 recover TRRUST?",
        "statistic": "AUROC",
        "estimate": 0.71,
        "interval": Interval(0.65, 0.77, 0.95, "bootstrap", "regulator", 84),
        "null": NullSummary("degree", 1000, 0.62, 0.02, 0.002),
        "p": 0.002,
        "unit": "regulator",
        "n": 84,
        "baseline": ("target mean", 0.68),
        "increment": (0.03, 0.01, 0.05),
        "seed": 42,
        "tags": {"layer": "2", "head": "1"},
        "family": "regulation",
        "kind": "confirmatory",
    }
    return Finding(**{**values, **changes})


def through_json(found):
    return Finding.from_dict(json.loads(json.dumps(found.to_dict(), allow_nan=False)))


any_float = st.floats(allow_nan=True, allow_infinity=True)


@given(any_float, any_float, any_float, st.floats(0, 1))
def test_json_gives_every_float_back(estimate, mean, value, p):
    found = finding(
        estimate=estimate,
        null=NullSummary("degree", 9, mean, 0.1 + 0.2, math.nan),
        baseline=("b", value),
        increment=(value, -math.inf, math.inf),
        p=p,
    )
    back = through_json(found)
    assert back == found
    assert back.id == found.id
    for a, b in ((back.estimate, estimate), (back.null.mean, mean), (back.baseline[1], value)):
        assert a == b or (math.isnan(a) and math.isnan(b))


def test_bare_descriptive_finding_round_trips():
    found = Finding("a", "q", "rho", math.nan, kind="descriptive")
    assert through_json(found) == found
    assert through_json(found).n is None
    assert through_json(found).interval is None


def test_id_depends_on_the_question_and_not_on_the_answer():
    base = finding()
    for same in ({"estimate": 0.5}, {"p": 0.9}, {"n": 3}, {"interval": None}):
        assert finding(**same).id == base.id
    for other in (
        {"analysis": "x"},
        {"question": "x"},
        {"statistic": "x"},
        {"unit": "donor"},
        {"seed": 1},
        {"tags": {"layer": "3"}},
        {"family": "x"},
        {"kind": "descriptive"},
        {"null": None},
        {"baseline": None},
    ):
        assert finding(**other).id != base.id
    assert len(base.id) == 16


def test_id_is_the_same_on_every_machine():
    assert Finding("a", "q", "s", 0.0, kind="descriptive").id == "2762df888936ffdb"


def test_order_of_tags_does_not_matter():
    assert finding(tags={"a": "1", "b": "2"}) == finding(tags={"b": "2", "a": "1"})


@pytest.mark.parametrize("missing", [{"p": math.nan}, {"unit": ""}, {"n": None}, {"n": 0}])
def test_confirmatory_needs_p_unit_and_n(missing):
    with pytest.raises(InputError, match=f"without {next(iter(missing))}"):
        finding(**missing)
    assert finding(**missing, kind="descriptive").kind == "descriptive"


@pytest.mark.parametrize(
    "wrong", [{"p": 1.5}, {"p": -0.1}, {"kind": "exploratory"}, {"analysis": ""}, {"family": ""}]
)
def test_values_out_of_range_are_refused(wrong):
    with pytest.raises(InputError):
        finding(**wrong)


def test_records_that_were_tampered_with_are_refused():
    record = finding().to_dict()
    with pytest.raises(InputError, match="does not fit"):
        Finding.from_dict({**record, "question": "another"})
    with pytest.raises(InputError, match="unknown \\['q'\\]"):
        Finding.from_dict({**record, "q": 0.01})
    record.pop("p")
    with pytest.raises(InputError, match="missing \\['p'\\]"):
        Finding.from_dict(record)


def test_numpy_numbers_become_plain_ones():
    import numpy as np

    found = finding(estimate=np.float32(0.5), n=np.int64(7), p=np.float64(0.25))
    assert through_json(found) == found
    assert type(found.to_dict()["n"]) is int
