import pytest

from cellglass import pl


def test_raw_and_residual_stand_side_by_side_with_the_share(table, ax):
    pl.retained_forest(table, ax=ax)
    raw, residual = (c for c in ax.collections if c.get_label() in ("raw", "residual"))
    assert raw.get_offsets()[:, 0].tolist() == [0.7, 0.66, 0.5]
    assert residual.get_offsets()[:2, 0].tolist() == [0.55, 0.68]
    assert (raw.get_offsets()[:, 1] < residual.get_offsets()[:, 1]).all()
    said = [t.get_text() for t in ax.texts]
    assert said == ["25 %", "112 %", "n/a", "retained", "chance"]


def test_intervals_are_drawn_where_they_are(table, ax):
    pl.retained_forest(table, ax=ax)
    drawn = {
        tuple(segment[:, 0])
        for collection in ax.collections
        if hasattr(collection, "get_segments")
        for segment in collection.get_segments()
        if segment.ndim == 2
    }
    assert {(0.6, 0.8), (0.5, 0.6), (0.62, 0.73), (0.7, 0.55)} <= drawn


def test_everything_and_chance_are_in_view(table, ax):
    pl.retained_forest(table, ax=ax)
    low, high = ax.get_xlim()
    assert low < 0.45
    assert high > 0.8
    high_only = table.assign(**{c: table[c] + 0.15 for c in table.columns[2:8]})
    pl.retained_forest(high_only, ax=ax)
    assert ax.get_xlim()[0] < 0.5


def test_candidates_are_bold(table, ax):
    pl.retained_forest(table, ax=ax)
    weights = [t.get_fontweight() for t in ax.get_yticklabels()]
    assert weights == ["bold", "normal", "bold"]


def test_a_table_without_residuals_is_drawn(table, ax):
    columns = ["auroc_residual", "auroc_residual_low", "auroc_residual_high", "retained"]
    nothing = table.assign(**dict.fromkeys(columns, float("nan")))
    assert pl.retained_forest(nothing, ax=ax).get_xlim()[1] == pytest.approx(0.814, abs=0.01)
