from cellglass import pl


def test_share_and_null_of_each_source(table, ax):
    pl.stability_lines(table, ax=ax)
    first, null = ax.lines[:2]
    assert first.get_xdata().tolist() == [0.7, 0.9]
    assert first.get_ydata().tolist() == [0.6, 0.3]
    assert null.get_ydata().tolist() == [0.1, 0.0]
    told = [t.get_text() for t in ax.get_legend().get_texts()]
    assert told == ["another se$e$d", "another data set", "null"]
