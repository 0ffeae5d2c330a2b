from cellglass import pl


def test_largest_share_first_with_the_number_of_cells(table, ax):
    pl.unit_labels(table.iloc[::-1], ax=ax)
    assert [t.get_text() for t in ax.get_yticklabels()] == ["NK", "B $x$"]
    assert [bar.get_width() for bar in ax.patches] == [0.9, 0.1]
    assert [t.get_text() for t in ax.texts] == ["40 cells", "60 cells"]
