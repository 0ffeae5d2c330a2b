from cellglass import pl


def test_dead_units_are_left_out_and_kinds_counted(table, ax):
    pl.unit_points(table, ax=ax)
    told = [t.get_text() for t in ax.get_legend().get_texts()]
    assert told == ["biological, recurs (1)", "biological, of this seed only (1)",
                    "technical, of this seed only (1)"]  # fmt: skip


def test_the_purest_that_recur_are_named(table, ax):
    pl.unit_points(table, ax=ax)
    assert [t.get_text() for t in ax.texts] == ["con$c$ept 1"]
