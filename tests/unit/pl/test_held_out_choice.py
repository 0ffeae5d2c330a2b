import numpy as np

from cellglass import pl


def points(ax):
    return {c.get_label(): np.asarray(c.get_offsets()).tolist() for c in ax.collections
            if c.get_label().startswith("chosen")}  # fmt: skip


def test_the_chosen_are_named_and_large(table, ax):
    pl.held_out_choice(table, ax=ax)
    assert points(ax) == {"chosen, stratified": [[0.70, 0.62]], "chosen, pooled": [[0.60, 0.59]]}
    sizes = {c.get_label(): c.get_sizes()[0] for c in ax.collections}
    assert sizes["chosen, stratified"] > max(
        v for k, v in sizes.items() if not k.startswith("chosen")
    )


def test_both_axes_have_one_scale_and_the_line_of_no_fall(table, ax):
    pl.held_out_choice(table, ax=ax)
    assert ax.get_xlim() == ax.get_ylim()
    (line,) = ax.lines
    np.testing.assert_array_equal(line.get_xdata(), line.get_ydata())
    low, high = ax.get_xlim()
    assert low < 0.58
    assert high > 0.70
