import numpy as np
from matplotlib.figure import Figure

from cellglass import pl


def test_shares_stand_in_their_row_and_column(table, ax):
    pl.overlap_matrix(table, ax=ax)
    (image,) = ax.images
    shares = np.asarray(image.get_array().filled(np.nan))
    names = [t.get_text() for t in ax.get_yticklabels()]
    assert names == [t.get_text() for t in ax.get_xticklabels()]
    for row in table.to_dict("records"):
        at = names.index(row["first"]), names.index(row["second"])
        assert shares[at] == row["share_of_first"]
    assert np.isnan(np.diag(shares)).all()


def test_shares_are_printed_in_a_colour_that_can_be_read(table, ax):
    pl.overlap_matrix(table, ax=ax)
    said = {t.get_text(): t.get_color() for t in ax.texts}
    assert set(said) == {"93 %", "38 %", "18 %", "12 %", "24 %"}
    assert said["93 %"] != said["12 %"]


def test_long_names_are_turned_on_a_phone(table):
    axes = Figure((3.5, 3.0), layout="constrained").subplots()
    pl.overlap_matrix(table, ax=axes)
    assert {t.get_rotation() for t in axes.get_xticklabels()} == {30.0}
    wide = Figure((6.4, 3.0), layout="constrained").subplots()
    pl.overlap_matrix(table, ax=wide)
    assert {t.get_rotation() for t in wide.get_xticklabels()} == {0.0}
