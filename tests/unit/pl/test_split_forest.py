from cellglass import pl


def labels(ax):
    return [t.get_text() for t in ax.get_yticklabels()]


def test_score_and_pairwise_part_under_every_model_and_split(table, ax):
    pl.split_forest(table, ax=ax)
    assert labels(ax) == [
        "perturbations held out, logistic: score",
        "perturbations held out, logistic: pairwise part",
        "both held out, boosted: score",
        "both held out, boosted: pairwise part",
    ]
    marks = [(line.get_marker(), line.get_xdata()[0]) for line in ax.lines
             if len(line.get_xdata()) == 1]  # fmt: skip
    assert marks == [("s", 0.02), ("o", 0.015), ("s", -0.001), ("o", 0.004)]
    spans = [tuple(c.get_segments()[0][:, 0]) for c in ax.collections]
    assert spans == [(0.01, 0.03), (0.0, 0.03), (-0.01, 0.008), (-0.002, 0.01)]


def test_the_band_is_the_margin(table, ax):
    pl.split_forest(table, ax=ax, margin=0.02)
    (band,) = ax.patches
    assert (band.get_x(), round(band.get_width(), 6)) == (-0.02, 0.04)


def test_on_a_phone_names_take_two_lines(table, narrow_ax):
    pl.split_forest(table, ax=narrow_ax)
    assert labels(narrow_ax)[0] == "perturbations held out\nlogistic: score"


def test_other_feature_sets_are_not_drawn(table, ax):
    pl.split_forest(table.assign(features="single genes + |Spearman|"), ax=ax)
    assert ax.texts[0].get_text().startswith("nothing to draw")
