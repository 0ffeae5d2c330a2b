import numpy as np
import pandas as pd
import pytest

from cellglass.stats.audit.claims import claims, draws_for_all
from cellglass.stats.audit.dependence import shared_draws
from cellglass.stats.audit.printed import compare_printed
from cellglass.stats.combined_p import fisher


@pytest.fixture
def named(evidence):
    """``named(seen, drawn, ...)``: the findings by code."""

    def look(seen, drawn, by=("row",), value="effect", **options):
        held = evidence(seen, drawn, by, value, **options)
        found = claims(held, compare_printed(held, value), shared_draws(held))
        return {m.code: m for m in found}

    return look


def test_the_smallest_p_over_families_is_named(screen, keys, evidence, named):
    seen, drawn = screen(draws=24, effect=0.016)
    held = evidence(seen, drawn, keys, "delta_auroc")
    told = named(seen.assign(p_best=held.p_min), drawn, keys, "delta_auroc")
    sentence = told["minimum_over_families"].sentence
    assert "'p_best'" in sentence
    assert "all 18 rows" in sentence
    lost = int(((held.p_min <= 0.05) & (held.p_max > 0.05)).sum())
    assert lost > 0
    assert f"{lost} of the {int((held.p_min <= 0.05).sum())} rows" in sentence
    assert told["minimum_over_families"].severity == "misuse"
    fine = named(seen.assign(p=held.p_max), drawn, keys, "delta_auroc")
    assert "minimum_over_families" not in fine
    # Named so, although the numbers are others.
    odd = named(seen.assign(p_best=np.linspace(0.31, 0.37, 18)), drawn, keys, "delta_auroc")
    assert "is named like the smallest" in odd["minimum_over_families"].sentence
    assert "cannot be computed from the draws" in odd["printed_not_reproduced"].sentence


def test_a_smallest_p_of_one_family_is_no_misuse(screen, keys, evidence, named):
    seen, drawn = screen(families=("labels",))
    held = evidence(seen, drawn, keys, "delta_auroc")
    told = named(seen.assign(p_best=held.p_min), drawn, keys, "delta_auroc")
    assert "minimum_over_families" not in told
    assert "There is one null family only" in told["one_null_family"].sentence


def test_fisher_on_dependent_rows_is_named(screen, keys, evidence, named):
    seen, drawn = screen(draws=30, shared=True)
    held = evidence(seen, drawn, keys, "delta_auroc")
    domain = seen["domain"].to_numpy()
    p = [fisher(held.p_min[domain == d], independent=True) for d in domain]
    told = named(seen.assign(p_domain=p), drawn, keys, "delta_auroc")["fisher_on_dependent_rows"]
    assert "needs independent tests" in told.sentence
    assert "mean r = 0." in told.sentence
    assert "permutations that the rows share" in told.sentence
    by_name = named(seen.assign(fisher_p=np.linspace(0, 1, 18)), drawn, keys, "delta_auroc")
    assert "fisher_on_dependent_rows" in by_name
    assert "fisher_on_dependent_rows" not in named(seen, drawn, keys, "delta_auroc")


@pytest.mark.parametrize(("draws", "impossible"), [(8, True), (18, True), (19, False)])
def test_too_few_draws_for_the_level(screen, keys, named, draws, impossible):
    told = named(*screen(draws=draws), keys, "delta_auroc")
    assert ("level_unattainable" in told) == impossible
    if impossible:
        sentence = told["level_unattainable"].sentence
        assert f"has {draws} draws, with which p cannot be below {1 / (draws + 1):.3g}" in sentence
        assert "It takes 19 draws" in sentence


def test_one_short_family_is_enough(tables, named):
    enough = list(np.linspace(0, 1, 30))
    seen, drawn = tables({
        "a": (2.0, {"x": enough, "y": enough[:5]}), "b": (2.0, {"x": enough, "y": enough}),
        "c": (2.0, {"x": enough, "y": enough[:7]}),
    })  # fmt: skip
    told = named(seen, drawn)["level_unattainable"]
    assert (told.n_rows, told.rows) == (2, "row a; row c")
    assert "5 to 7 draws, with which p cannot be below 0.125" in told.sentence
    assert "level_unattainable" not in named(seen, drawn, level=0.2)


def test_a_gap_without_a_strict_margin(tables, named):
    easy, hard = [0.0] * 200, list(np.linspace(0, 1, 20))
    seen, drawn = tables({
        "a": (0.9, {"easy": easy, "hard": hard}), "b": (2.0, {"easy": easy, "hard": hard}),
        "c": (-1.0, {"easy": easy, "hard": hard}),
    })  # fmt: skip
    told = named(seen, drawn)["gap_without_strict_margin"]
    assert (told.n_rows, told.rows) == (1, "row a")
    assert told.sentence.startswith("2 of 3 rows lie above")
    assert "1 of these 2 do not" in told.sentence


def test_no_correction_for_the_number_of_tests(screen, keys, named):
    seen, drawn = screen(draws=39)
    told = named(seen, drawn, keys, "delta_auroc")["no_multiplicity_control"]
    assert "18 rows are tested" in told.sentence
    assert "up to 0.9 of them would be expected" in told.sentence
    assert "in each null family" in told.sentence
    assert "no_multiplicity_control" not in named(
        seen.assign(q_value=0.5), drawn, keys, "delta_auroc"
    )
    assert "no_multiplicity_control" not in named(seen[:1], drawn, keys, "delta_auroc")


def test_draws_for_the_correction(screen, keys, named):
    told = named(*screen(draws=100), keys, "delta_auroc")["too_few_draws_for_all_rows"]
    assert "needs 359 draws" in told.sentence
    assert "the fewest: 100" in told.sentence
    assert "too_few_draws_for_all_rows" not in named(*screen(draws=359), keys, "delta_auroc")


@pytest.mark.parametrize(
    ("rows", "level", "draws"), [(1, 0.05, 19), (25, 0.05, 499), (3, 0.1, 29), (7, 0.03, 233)]
)
def test_the_number_of_draws_is_the_smallest_that_will_do(rows, level, draws):
    assert draws_for_all(rows, level) == draws
    assert rows / (draws + 1) <= level * (1 + 1e-12) < rows / draws


def test_a_p_without_the_observed_value_among_the_draws(screen, keys, evidence, named):
    seen, drawn = screen(draws=30, effect=0.01)
    held = evidence(seen, drawn, keys, "delta_auroc")
    bare = held.pool.at_least / held.pool.n
    told = named(seen.assign(p=bare), drawn, keys, "delta_auroc")["p_without_plus_one"]
    assert ("p of exactly 0" in told.sentence) == bool((bare == 0).any())
    assert "p_without_plus_one" not in named(
        seen.assign(p=held.p_pooled), drawn, keys, "delta_auroc"
    )
    only = held.cells.at_least[:, 2] / 30 + 1e-4 * 0
    positive = only[only > 0]
    keep = only > 0
    told = named(seen[keep].assign(p=positive), drawn, keys, "delta_auroc")["p_without_plus_one"]
    assert "leaves the observed value out" in told.sentence


def test_rows_that_repeat_one_another(screen, keys, named):
    told = named(*screen(draws=40, shared=True), keys, "delta_auroc")["rows_repeat_one_another"]
    assert "18 rows are worth about 1 independent" in told.sentence
    assert "rows_repeat_one_another" not in named(*screen(draws=40), keys, "delta_auroc")


def test_families_that_some_rows_lack(tables, named, screen, keys):
    seen, drawn = tables({
        "a": (1.0, {"x": [0.0, 0.5], "y": [0.0, 0.5]}), "b": (1.0, {"x": [0.0, 0.5]}),
        "c": (1.0, {"x": [0.0, 0.5], "y": [0.2, 0.5]}), "d": (float("nan"), {"x": [0.0]}),
    })  # fmt: skip
    told = named(seen, drawn)
    assert (told["family_missing"].n_rows, told["family_missing"].rows) == (1, "row b")
    assert "('y')" in told["family_missing"].sentence
    assert "In 1 of 3 rows there is one null family only" in told["one_null_family"].sentence
    seen, drawn = screen(hypotheses=("H1", "H2"))
    less = drawn[~((drawn["hypothesis_id"] == "H2") & (drawn["null_kind"] == "endpoint_swap"))]
    told = named(seen, less, keys, "delta_auroc")["family_missing"]
    assert "depends on 'hypothesis_id'" in told.sentence
    assert told.n_rows == 18


def test_nothing_is_wrong_with_a_sound_table(screen, keys, evidence, named):
    seen, drawn = screen(draws=400, effect=0.05)
    held = evidence(seen, drawn, keys, "delta_auroc")
    seen = seen.assign(p=held.p_max, q_value=held.p_max)
    assert isinstance(seen, pd.DataFrame)
    assert set(named(seen, drawn, keys, "delta_auroc")) <= {"gap_without_strict_margin"}
