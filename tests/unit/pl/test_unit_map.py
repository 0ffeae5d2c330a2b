from cellglass import pl


def test_silent_cells_are_grey_and_below(table, ax):
    pl.unit_map(table, ax=ax)
    silent, active = ax.collections
    assert silent.get_offsets().tolist() == [[0.0, 0.0], [1.5, 0.2]]
    assert active.get_offsets().tolist() == [[2.0, 0.5], [1.0, 1.0]]  # the strongest on top
    assert ax.get_title(loc="left") == "active in 2 of 4 cells"


def test_a_silent_unit_is_drawn_without_a_bar_of_colours(table, ax):
    pl.unit_map(table.assign(activation=0.0), ax=ax)
    assert ax.get_title(loc="left") == "active in 0 of 4 cells"
    assert len(ax.get_figure().axes) == 1
