"""Tables: formatted to read, whole to download."""

import numpy as np
import pandas as pd
import pytest

from cellglass.report.tables import RENDERED, SHOWN, file_name, view

from .conftest import read_csv


def scores(n=30):
    rng = np.random.default_rng(0)
    auroc = rng.uniform(0.4, 0.8, n)
    return pd.DataFrame(
        {
            "score": ["NA", *(f"layer {i}" for i in range(1, n))],
            "auroc": auroc,
            "auroc_low": auroc - 0.05,
            "auroc_high": auroc + 0.05,
            "p": 1 / 1000,
            "draws": 999,
        }
    )


def make(table, **options):
    return view(table, id="t", name="scores", filename="t.csv", **options)


def test_the_download_is_the_table_to_the_last_digit():
    table = scores()
    pd.testing.assert_frame_equal(read_csv(make(table).href), table)


def test_intervals_stand_in_one_column():
    made = make(scores())
    assert [c.label for c in made.columns] == [
        "Score",
        "AUROC, pooled [95 % interval]",
        "p",
        "Draws",
    ]
    assert made.shown[0][1].count("[") == 1


def test_long_tables_fold_and_longer_ones_stay_in_the_download():
    made = make(scores(30))
    assert (len(made.shown), len(made.folded), made.n_left_out) == (SHOWN, 30 - SHOWN, 0)
    made = make(scores(RENDERED + 50))
    assert made.n_left_out == 50
    assert any("50 more rows in the download" in n for n in made.notes)


def test_points_are_downloaded_only():
    made = make(scores(), coordinates=True)
    assert made.shown == ()
    assert made.notes == ("30 rows in the download.",)


def test_a_p_at_its_floor_is_marked_and_explained():
    made = make(scores())
    assert made.shown[0][2] == "0.001 †"
    assert "† the smallest p that 999 draws can give: 1/1,000." in made.notes


def test_rows_come_in_the_order_asked_for():
    made = make(
        scores(), order=lambda t: t.sort_values("auroc", ascending=False), order_note="Best first."
    )
    first = [float(row[1].split()[0]) for row in made.shown]
    assert first == sorted(first, reverse=True)
    assert made.notes[0] == "Best first."


@pytest.mark.parametrize(
    ("parts", "name"),
    [
        (["a.b", "my model/2"], "a.b-my_model_2.csv"),
        (["../../etc", ""], ".._.._etc.csv"),
    ],
)
def test_file_names_are_safe(parts, name):
    assert file_name(parts) == name
    assert "/" not in file_name(parts)


def test_columns_are_as_wide_as_what_they_hold():
    frame = pd.DataFrame({"a": ["short"], "b": ["x " * 30], "c": ["x " * 60], "d": [0.5]})
    found = view(frame, id="t", name="n", filename="f.csv")
    assert [c.css for c in found.columns] == ["", "w m", "w", "n"]
