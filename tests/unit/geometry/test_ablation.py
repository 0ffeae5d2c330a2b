"""Component ablation, with the arithmetic of the published motif-community score."""

import numpy as np
import pytest

from cellglass.errors import InputError, NotApplicableError
from cellglass.geometry.ablation import ablate, explained_share
from cellglass.geometry.nulls.community_shuffle import CommunityShuffle
from cellglass.geometry.nulls.descriptor_shuffle import DescriptorShuffle
from cellglass.stats import auroc
from cellglass.stats.logistic import fit_logistic, linear_predictor


def test_the_published_lift_keeps_96_5_percent():
    assert explained_share(0.0989, 0.0954) == pytest.approx(0.0354, abs=5e-5)
    assert 1 - explained_share(0.0989, 0.0954) == pytest.approx(0.965, abs=5e-4)
    assert explained_share(0.2, 0.0) == 1.0
    assert explained_share(0.2, -0.1) == pytest.approx(1.5)


@pytest.mark.parametrize(("lift", "kept"), [(0.0, 0.0), (-0.1, 0.0), (np.nan, 0.1), (0.1, np.inf)])
def test_nothing_to_explain_is_said(lift, kept):
    with pytest.raises(NotApplicableError, match="nothing to explain"):
        explained_share(lift, kept)


def leaking_score(seed=0, genes=60, pairs=400):
    """A fitted score of community and motif in which the motif is a part of the labels."""
    rng = np.random.default_rng(seed)
    source, target = rng.integers(genes, size=(2, pairs))
    truth = rng.random(pairs) < 0.3
    baseline = rng.normal(size=pairs) + 0.8 * truth
    motif = (truth & (rng.random(pairs) < 0.6)) * 1.0
    communities = rng.integers(4, size=genes)

    def lift(motif, community):
        together = (community[source] == community[target]) * 1.0
        design = np.column_stack([baseline, motif, together])
        design = (design - design.mean(0)) / design.std(0)
        fitted = linear_predictor(fit_logistic(design, truth), design)
        return auroc(fitted, truth) - auroc(baseline, truth)

    return lift, {
        "motif": DescriptorShuffle(motif),
        "community": CommunityShuffle(communities),
    }


def test_a_leaking_motif_explains_the_lift_and_communities_do_not():
    lift, parts = leaking_score()
    motif, community, both = ablate(lift, parts, draws=30)
    assert [a.component for a in (motif, community, both)] == ["motif", "community", "all"]
    assert motif.lift == lift(*(n.observed for n in parts.values()))
    assert motif.explained_share > 0.9
    assert community.explained_share < 0.1
    assert both.explained_share > 0.9
    assert motif.p == pytest.approx(1 / 31)
    assert community.kept == pytest.approx(community.draws.mean())
    assert community.kept_share + community.explained_share == pytest.approx(1.0)
    assert "Without community (community shuffle, 30 draws)" in str(community)
    assert f"it explains {community.explained_share:.1%}" in str(community)


def test_draws_repeat_with_the_seed_and_shuffle_one_component_only():
    lift, parts = leaking_score()
    calls = []

    def spied(motif, community):
        calls.append((motif is parts["motif"].observed, community is parts["community"].observed))
        return lift(motif, community)

    one = ablate(spied, parts, draws=5, seed=3, batch=2)
    assert calls.count((False, True)) == calls.count((True, False)) == 5
    assert calls.count((False, False)) == 5
    again = ablate(lift, parts, draws=5, seed=3, batch=2)
    for a, b in zip(one, again, strict=True):
        assert np.array_equal(a.draws, b.draws)


def test_components_that_only_tell_something_together_explain_all_each():
    rng = np.random.default_rng(0)
    a, b = rng.choice([-1.0, 1.0], size=(2, 500))
    truth = a * b > 0
    parts = {"a": DescriptorShuffle(a), "b": DescriptorShuffle(b)}
    found = ablate(lambda a, b: auroc(a * b, truth) - 0.5, parts, draws=30)
    assert [f.explained_share > 0.9 for f in found] == [True, True, True]


def test_refuses():
    lift, parts = leaking_score()
    with pytest.raises(InputError, match="at least one"):
        ablate(lambda: 1.0, {})
    with pytest.raises(InputError, match="none of them named 'all'"):
        ablate(lift, {"all": parts["motif"]})
    with pytest.raises(NotApplicableError, match="nothing to explain"):
        ablate(lambda **_: -0.1, parts)
    with pytest.raises(InputError, match="not finite"):
        ablate(
            lambda motif, community: 0.1
            if motif is parts["motif"].observed or community is parts["community"].observed
            else np.nan,
            parts, draws=3,
        )  # fmt: skip
