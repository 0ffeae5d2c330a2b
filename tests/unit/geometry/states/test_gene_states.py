"""Gene states: means over blocks and domains, rare genes dropped and listed."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from cellglass.errors import InputError
from cellglass.geometry.states.gene_states import GeneStates


def made(**change: object) -> GeneStates:
    """Two layers, two domains of two blocks, three genes, width 2; gene C is in one domain."""
    rng = np.random.default_rng(1)
    counts = np.array([[10, 4, 0], [10, 2, 0], [3, 6, 1], [1, 0, 8]])
    sums = rng.normal(size=(2, 4, 3, 2)) * (counts > 0)[..., None]
    held = {
        "sums": sums, "counts": counts, "genes": ("A", "B", "C"), "layers": (-1, 0),
        "block": np.array([0, 1, 0, 1]), "domain": np.array([0, 0, 1, 1]),
        "blocks": ("x", "y"), "domains": ("lung", "blood"), "unit": "donor", "min_count": 5,
        **change,
    }  # fmt: skip
    return GeneStates(**held)  # type: ignore[arg-type]


def test_means_are_sums_over_counts():
    states = made()
    expected = states.sums[1, [0, 2], 1].sum(0) / states.counts[[0, 2], 1].sum()
    assert np.allclose(states.means(0, blocks=["x"])[1], expected)
    assert np.allclose(states.means(0)[0], states.sums[1, :, 0].sum(0) / 24)


def test_genes_of_no_cell_are_no_points():
    states = made()
    assert np.isnan(states.means(0, domain="lung")[2]).all()
    assert states.cloud(0, domain="lung").names == ("A", "B")
    assert states.cloud(0, domain="lung", min_count=7).names == ("A",)
    dropped = states.dropped(domain="lung")
    assert dropped.to_dict("list") == {"gene": ["C"], "count": [0]}
    assert states.dropped(domain="blood").to_dict("list") == {"gene": ["A"], "count": [4]}


def test_published_cloud_keeps_rows_of_zeros():
    cloud = made().published_cloud(0, domain="lung")
    assert cloud.zero.tolist() == [False, False, True]


def test_written_states_come_back(tmp_path: Path):
    states = made(provenance={"model": "m"})
    states.write(tmp_path)
    back = GeneStates.read(tmp_path)
    assert np.array_equal(back.means(0), states.means(0))
    assert (back.genes, back.domains, back.unit) == (states.genes, states.domains, "donor")
    with pytest.raises(InputError, match="no gene states"):
        GeneStates.read(tmp_path / "nowhere")


@pytest.mark.parametrize(
    ("call", "told"),
    [
        (lambda s: s.means(7), "no layer 7"),
        (lambda s: s.means(0, domain="liver"), "no domain 'liver'"),
        (lambda s: s.means(0, blocks=["z"]), "no block 'z'"),
        (lambda s: s.cloud(0, min_count=0), "at least 1"),
        (lambda s: s.cloud(0, min_count=1000), "no gene has 1000"),
    ],
)
def test_what_is_not_there_is_told(call, told: str):
    with pytest.raises(InputError, match=told):
        call(made())


def test_shapes_must_fit():
    with pytest.raises(InputError, match="sums of shape"):
        made(layers=(0,))
    with pytest.raises(InputError, match="other groups"):
        made(domain=np.zeros(3, int))
