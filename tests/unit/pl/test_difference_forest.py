from cellglass import pl


def test_each_ranking_with_its_interval_and_a_line_at_no_difference(table, ax):
    pl.difference_forest(table, ax=ax)
    assert [t.get_text() for t in ax.get_yticklabels()] == [
        "target $v$ariance",
        "responds elsewhere",
    ]
    spans = [tuple(c.get_segments()[0][:, 0]) for c in ax.collections]
    assert spans == [(-0.21, -0.15), (-0.01, 0.05)]
    points = [line.get_xdata()[0] for line in ax.lines if len(line.get_xdata()) == 1]
    assert points == [-0.18, 0.02]
    assert any(list(line.get_xdata()) == [0, 0] for line in ax.lines)
    assert "−0.180 [−0.210, −0.150]" in [t.get_text() for t in ax.texts]
    assert ax.get_xlabel() == "score minus ranking, AUROC by perturbation"


def test_no_band_stands_for_a_margin(table, ax):
    pl.difference_forest(table, ax=ax)
    assert all(patch.get_width() == 0 for patch in ax.patches)
