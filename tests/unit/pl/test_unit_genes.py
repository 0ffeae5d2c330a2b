from cellglass import pl


def test_genes_of_the_unit_come_highest_first_and_sure_ones_are_full(table, ax):
    pl.unit_genes(table, ax=ax)
    assert [t.get_text() for t in ax.get_yticklabels()] == ["IS$G$15", "B2M", "LYZ"]
    points = [line for line in ax.lines if line.get_marker() == "o"]
    assert [p.get_markerfacecolor() == "none" for p in points] == [False, True, False]
    assert points[0].get_color() != points[2].get_color()  # for and against


def test_ranks_of_differential_expression_stand_beside(table, ax):
    pl.unit_genes(table, ax=ax)
    assert [t.get_text() for t in ax.texts if t.get_text()] == ["DE 1", "DE 7"]


def test_only_the_strongest_are_drawn(table, ax):
    pl.unit_genes(table, ax=ax, n=2)
    assert [t.get_text() for t in ax.get_yticklabels()] == ["IS$G$15", "LYZ"]


def test_another_unit(table, ax):
    pl.unit_genes(table, ax=ax, unit="concept 2")
    assert [t.get_text() for t in ax.get_yticklabels()] == ["GNLY"]
