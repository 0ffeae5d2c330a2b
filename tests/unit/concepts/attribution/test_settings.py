from __future__ import annotations

import pytest

from cellglass.concepts import AttributionSettings
from cellglass.errors import InputError


def test_defaults_are_those_of_the_specification():
    s = AttributionSettings()
    assert (s.direction, s.normalisation, s.read_outs) == ("remove", "own", ("gated", "margin"))
    assert (s.prototypes, s.n_prototypes, s.counterfactuals, s.n_counterfactuals) == (
        "strata", 200, "nearest", 5,
    )  # fmt: skip
    assert (s.inactive, s.inactive_quantile, s.matching, s.distance) == (
        "clearly", 0.05, "label", "euclidean",
    )  # fmt: skip
    assert (s.perturbation, s.estimator, s.aggregation, s.cutoff) == (
        "swap", "one gene", "mean", 0.05,
    )  # fmt: skip
    assert (s.screen, s.top_share, s.random_share, s.level) == ("auto", 0.10, 0.02, 0.95)
    assert s.main == "gated"


@pytest.mark.parametrize(
    ("options", "told"),
    [
        ({"direction": "removes"}, "did you mean 'remove'"),
        ({"read_outs": ("gate",)}, "read_outs is 'gate'"),
        ({"read_outs": ()}, "one or more"),
        ({"n_prototypes": 0}, "at least 1"),
        ({"top_share": 1.2}, "0 to 1"),
        ({"trim": 0.5}, "less than 0.5"),
        ({"screen_steps": -1}, "0 or more"),
        ({"perturbation": "zero", "direction": "insert"}, "direction is 'insert'"),
        ({"perturbation": "zero", "screen": "gradient"}, "screen is 'gradient'"),
        ({"estimator": "shapley", "screen": "gradient"}, "screen is 'gradient'"),
        ({"estimator": "gradient"}, "gates have none"),
        ({"estimator": "groups"}, "groups is ()"),
        ({"groups": (("a", ("b",)),)}, "exactly where"),
        ({"random_share": 0.0}, "how good the screen is"),
    ],
)
def test_what_cannot_be_is_refused(options: dict, told: str):
    with pytest.raises(InputError) as error:
        AttributionSettings(**options)
    assert told in str(error.value)
