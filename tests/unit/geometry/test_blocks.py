import numpy as np
import pytest

from cellglass.geometry.blocks import blocks


@pytest.mark.parametrize(("n", "width"), [(0, 5), (1, 5), (7, 20), (20, 20), (41, 7), (9, 500)])
def test_every_row_is_in_one_block_that_is_small_enough(n, width, monkeypatch):
    monkeypatch.setattr("cellglass.geometry.blocks.ENTRIES", 100)
    found = list(blocks(n, width))
    rows = np.concatenate([np.arange(n)[b] for b in found] or [np.arange(0)])
    assert rows.tolist() == list(range(n))
    sizes = [b.stop - b.start for b in found]
    assert all(0 < s <= max(1, 100 // width) for s in sizes)


def test_a_block_may_hold_more(monkeypatch):
    monkeypatch.setattr("cellglass.geometry.blocks.ENTRIES", 100)
    assert list(blocks(50, 10, times=3)) == [slice(0, 30), slice(30, 50)]
    assert list(blocks(2, 0)) == [slice(0, 2)]
