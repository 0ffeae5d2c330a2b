"""Names and order of columns."""

from cellglass.report import columns


def test_fields_have_their_terms():
    assert columns.label("auprc") == "AUPRC"
    assert columns.label("auroc", "scores") == "AUROC, pooled"
    assert columns.label("f1_top_1000") == "F1 of the top 1000"
    assert columns.label("never_seen") == "Never seen"
    assert columns.title("scores") == "All scores"


def test_what_a_reader_wants_first_comes_first_and_nothing_is_lost():
    given = ["p", "draws", "z", "score", "null"]
    assert columns.ordered("nulls", given) == ["null", "score", "z", "p", "draws"]
    assert columns.ordered("unknown", given) == given


def test_an_interval_belongs_to_the_estimate_right_before_it():
    given = ["increment", "low", "high", "auroc", "p", "auroc_low", "auroc_high"]
    assert columns.interval_of(given) == {"increment": ("low", "high")}
    given = ["shuffled_mean", "shuffled_low", "shuffled_high"]
    assert columns.interval_of(given) == {"shuffled_mean": ("shuffled_low", "shuffled_high")}


def test_p_columns():
    assert [columns.is_p(c) for c in ("p", "q_primary", "p_adjusted", "pairs", "part")] == [
        True, True, True, False, False,
    ]  # fmt: skip
