import io
import subprocess
import sys

import matplotlib as mpl
import pytest
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.text import Text

from cellglass import pl
from cellglass.errors import InputError
from cellglass.stats import State, Verdict

from_tables = sorted(set(pl.__all__) - {"verdicts", "concept_card", "gene_card"})


def test_importing_the_package_loads_neither_matplotlib_nor_pandas():
    code = "import sys, cellglass.pl; print({'matplotlib', 'pandas'} & set(sys.modules))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "set()"


@pytest.mark.parametrize("name", from_tables)
def test_it_draws_into_the_axes_given_and_returns_them(name, all_tables, ax):
    before = dict(mpl.rcParams)
    returned = getattr(pl, name)(all_tables[name], ax=ax)
    assert returned is ax
    assert ax.has_data()
    assert dict(mpl.rcParams) == before


@pytest.mark.parametrize("name", from_tables)
def test_without_axes_it_makes_a_figure_that_pyplot_does_not_know(name, all_tables):
    known = sys.modules.get("matplotlib.pyplot")
    open_before = known.get_fignums() if known else []
    made = getattr(pl, name)(all_tables[name])
    assert isinstance(made.get_figure(), Figure)
    after = sys.modules.get("matplotlib.pyplot")
    assert (after.get_fignums() if after else []) == open_before


@pytest.mark.parametrize("name", from_tables)
def test_it_leaves_the_table_as_it_was(name, all_tables, ax):
    table = all_tables[name]
    before = table.copy()
    getattr(pl, name)(table, ax=ax)
    assert table.equals(before)


@pytest.mark.parametrize("name", from_tables)
@pytest.mark.parametrize("width", [6.4, 3.5])
def test_dollar_signs_are_printed_and_letters_are_large_enough(name, all_tables, width):
    figure = Figure((width, 5.0), layout="constrained")
    axes = figure.subplots()
    getattr(pl, name)(all_tables[name], ax=axes)
    figure.savefig(io.BytesIO(), format="svg")  # a formula in a name would fail or warn here
    written = [t for t in figure.findobj(Text) if t.get_text() and t.get_visible()]
    assert written
    assert min(t.get_fontsize() for t in written) >= 8
    assert not any(t.get_parse_math() for t in written if "$" in t.get_text())


@pytest.mark.parametrize("name", from_tables)
def test_an_empty_table_says_so(name, all_tables, ax):
    getattr(pl, name)(all_tables[name].iloc[:0], ax=ax)
    assert [t.get_text() for t in ax.texts] == ["nothing to draw: the table is empty"]


@pytest.mark.parametrize("name", from_tables)
def test_a_missing_column_is_named(name, all_tables, ax):
    table = all_tables[name]
    lost = {"score_forest": "auroc_low", "null_z": "z"}.get(name, table.columns[1])
    with pytest.raises(InputError, match=f"'{lost}'(.|\n)*cellglass.pl.{name}"):
        getattr(pl, name)(table.drop(columns=lost), ax=ax)


@pytest.mark.parametrize("name", from_tables)
def test_nothing_is_drawn_outside_a_phone_wide_figure(name, all_tables):
    figure = Figure((3.5, 5.0), layout="constrained")
    FigureCanvasAgg(figure)
    axes = figure.subplots()
    getattr(pl, name)(all_tables[name], ax=axes)
    figure.draw_without_rendering()
    renderer = figure.canvas.get_renderer()
    width = figure.bbox.width
    ticks = {t for axis in (axes.xaxis, axes.yaxis) for t in axis.get_ticklabels(which="both")}
    for text in figure.findobj(Text):
        # Labels of ticks beyond the ends of an axis exist, but are not drawn.
        if text.get_text() and text.get_visible() and text not in ticks:
            box = text.get_window_extent(renderer)
            assert box.x0 >= -1, text
            assert box.x1 <= width + 1, text


def test_verdicts_print_each_state_in_words(ax):
    found = [Verdict("c", f"end {s}", s, "S.", tags={"model": "m"}) for s in State]
    assert pl.verdicts(found, ax=ax) is ax
    assert [t.get_text() for t in ax.texts] == [str(s) for s in State]
    assert [t.get_text() for t in ax.get_yticklabels()] == [f"m: end {s}" for s in State]
    assert len({line.get_marker() for line in ax.lines}) == len(State)  # told apart without colour


def test_no_verdicts_say_so(ax):
    assert pl.verdicts([], ax=ax).texts[0].get_text().startswith("nothing to draw")
