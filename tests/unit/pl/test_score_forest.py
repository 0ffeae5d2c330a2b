import numpy as np
import pandas as pd
import pytest

from cellglass import pl


def rows(*named):
    return pd.DataFrame(
        [{"score": n, "kind": k, "auroc": a, "auroc_low": a - 0.05, "auroc_high": a + 0.04}
         for n, k, a in named]
    )  # fmt: skip


def labels(ax):
    return [t.get_text() for t in ax.get_yticklabels()]


def points(ax):
    """Value of each named score by its label."""
    return {labels(ax)[int(line.get_ydata()[0])]: float(line.get_xdata()[0])
            for line in ax.lines if len(line.get_xdata()) == 1}  # fmt: skip


MANY = rows(
    *((f"layer {i}", "candidate", 0.5 + i / 100) for i in range(25)),
    ("|Spearman|", "reference", 0.6),
    *((f"untrained: layer {i}", "reference", 0.5 + i / 1000) for i in range(25)),
    *((f"baseline {i}", "baseline", 0.55 - i / 100) for i in range(7)),
)


def test_25_candidates_are_five_by_name_and_the_rest_in_one_line(ax):
    pl.score_forest(MANY, ax=ax)
    assert labels(ax) == [
        "Candidates", "layer 24", "layer 23", "layer 22", "layer 21", "layer 20", "20 others",
        "Beside them", "|Spearman|",
        "Untrained", "layer 24", "layer 23", "23 others",
        "Single genes", "baseline 0", "baseline 1", "baseline 2", "baseline 3", "baseline 4",
        "2 others",
    ]  # fmt: skip
    others = ax.collections
    drawn = [np.asarray(c.get_offsets())[:, 0] for c in others if len(c.get_offsets()) in (20, 23)]
    assert sorted(drawn[0]) == pytest.approx([0.5 + i / 100 for i in range(20)])
    assert sorted(drawn[1]) == pytest.approx([0.5 + i / 1000 for i in range(23)])


def test_the_chosen_candidate_is_named_however_low_it_is(ax):
    pl.score_forest(MANY, ax=ax, chosen="layer 3")
    shown = labels(ax)
    assert shown[1:7] == ["layer 24", "layer 23", "layer 22", "layer 21", "layer 20", "layer 3"]
    bold = [t.get_text() for t in ax.get_yticklabels() if t.get_fontweight() == "bold"]
    # It is found again among the untrained copies.
    assert bold == ["Candidates", "layer 3", "Beside them", "Untrained", "layer 3", "Single genes"]


def test_points_and_intervals_are_those_of_the_table(table, ax):
    pl.score_forest(table, ax=ax)
    assert points(ax) == {"layer 0": 0.7, "$layer$ 1": 0.6, "|Spearman|": 0.55, "mean": 0.52}
    spans = sorted(tuple(c.get_segments()[0][:, 0]) for c in ax.collections)
    assert spans == [pytest.approx((a - 0.05, a + 0.04)) for a in (0.52, 0.55, 0.6, 0.7)]


def test_the_best_is_on_top(table, ax):
    pl.score_forest(table.iloc[::-1], ax=ax)
    assert labels(ax)[:3] == ["Candidates", "layer 0", "$layer$ 1"]
    low, high = ax.get_ylim()
    assert low > high  # row 0 is at the top


def test_chance_is_in_view_and_can_be_another_value(table, ax):
    pl.score_forest(table, ax=ax, chance=0.1)
    assert ax.get_xlim()[0] <= 0.1
    assert any(t.get_text() == "chance" and t.xy[0] == 0.1 for t in ax.texts)


def test_one_other_is_named_as_the_line_would_be_as_long(ax):
    six = rows(*((f"layer {i}", "candidate", 0.5 + i / 100) for i in range(6)))
    pl.score_forest(six, ax=ax)
    assert labels(ax) == ["Candidates", *(f"layer {i}" for i in range(5, -1, -1))]


def test_a_score_without_a_value_does_not_lead(ax):
    pl.score_forest(rows(("a", "candidate", float("nan")), ("b", "candidate", 0.6)), ax=ax)
    assert labels(ax) == ["Candidates", "b", "a"]
    assert np.isfinite(ax.get_xlim()).all()


def test_values_may_be_called_by_another_name(table, ax, narrow_ax):
    pl.score_forest(table, ax=ax)
    assert ax.get_xlabel() == "AUROC (pooled over pairs)"
    pl.score_forest(table, ax=narrow_ax, what="mean AUROC over donors")
    assert narrow_ax.get_xlabel() == "mean AUROC over donors"
