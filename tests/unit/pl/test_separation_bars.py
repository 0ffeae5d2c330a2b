import pytest

from cellglass import pl


def test_bars_start_at_0_and_dashes_are_permuted_labels(table, ax):
    pl.separation_bars(table, ax=ax)
    assert [(b.get_x(), b.get_width()) for b in ax.patches] == [(0.0, 0.66), (0.0, 0.33)]
    assert [s[0, 0] for s in ax.collections[0].get_segments()] == pytest.approx([0.1, 0.11])
    assert ax.get_xlim() == (0.0, 1.0)
    assert [t.get_text() for t in ax.texts] == ["0.66", "0.33", "permuted labels"]
