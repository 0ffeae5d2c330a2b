import numpy as np

from cellglass import pl


def test_losses_are_drawn_from_the_models_line(table, ax):
    pl.prediction_losses(table, ax=ax, unit="nats")
    assert ax.get_xlabel() == "mean loss (nats); lower is better"
    points = ax.collections[-1]
    assert np.asarray(points.get_offsets()).tolist() == [[1.2, 0], [1.5, 1], [1.1, 2]]
    bars = [tuple(s[:, 0]) for s in ax.collections[0].get_segments()]
    assert bars == [(1.2, 1.2), (1.2, 1.5), (1.1, 1.2)]


def test_what_the_model_removes_is_printed_and_what_it_adds_is_called_so(table, ax):
    pl.prediction_losses(table, ax=ax)
    assert [t.get_text() for t in ax.texts] == [
        "1.2",
        "1.5 (model removes 20.0%)",
        "1.1 (model adds 9.0%)",
    ]
