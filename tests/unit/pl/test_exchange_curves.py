from cellglass import pl


def test_a_line_an_order(table, ax):
    pl.exchange_curves(table, ax=ax)
    assert [t.get_text() for t in ax.get_legend().get_texts()] == ["sco$r$e", "random"]
    assert ax.lines[0].get_ydata().tolist() == [1.0, 0.0]


def test_several_units_are_averaged_unless_one_is_named(table, ax):
    import pandas as pd

    other = table.assign(unit="concept 2", activation=table["activation"] * 0.5)
    both = pd.concat([table, other])
    pl.exchange_curves(both, ax=ax)
    assert ax.lines[0].get_ydata().tolist() == [0.75, 0.0]
    pl.exchange_curves(both, ax=ax, unit="concept 2")
    assert ax.lines[2].get_ydata().tolist() == [0.5, 0.0]
