import pytest

from cellglass.regulation.responses.applicable import started
from cellglass.stats import State

SOURCES = tuple(f"G{i}" for i in range(12))


def begin(judged, **options):
    return started(judged, judged.scored.pairs, "regulation.x", "scores rank genes", **options)


def test_enough_perturbations_go_on_with_the_reduction_told(world):
    judged = world().judged
    result, enough = begin(judged)
    assert enough
    assert result.verdicts == []
    assert result.label == {"edges": "S", "screen": "simulated"}
    assert result.tables == result.captions == {}  # one analysis tells it, not all of them
    told, _ = started(judged, judged.scored.pairs, "regulation.response", "scores rank genes")
    assert told.tables["perturbations"] is judged.scored.pairs.fate
    assert set(told.captions) == {"perturbations"}
    assert result.notes[0].startswith("12 of 15 perturbations of simulated judged")
    assert result.notes[1] == judged.measured.report["notes"][0]


def test_too_few_are_not_applicable_with_the_numbers_and_names(world):
    result, enough = begin(world(sources=("G0", "G1")).judged)
    assert not enough
    (verdict,) = result.verdicts
    assert verdict.state is State.NOT_APPLICABLE
    assert "2 perturbations can be judged, 3 are needed: 2 of 15 perturbations" in verdict.sentence
    assert "11 whose gene has no score (G10, G11, G2, G3, ...)" in verdict.sentence
    assert verdict.tags == {"edges": "S", "screen": "simulated"}
    assert len(result.tables["perturbations"]) == 15


def test_an_analysis_may_need_more_or_nothing(world):
    judged = world(sources=("G0", "G1", "G2")).judged
    assert begin(judged)[1]
    assert not begin(judged, needed=4)[1]
    none = world(sources=("G30",)).judged
    result, enough = begin(none, needed=0)  # 0 is a number, not "as the settings say"
    assert enough
    assert result.verdicts == []
    assert not begin(none)[1]


@pytest.mark.parametrize("kind", ["table", "model"])
def test_perturbations_that_all_share_genes_cannot_be_held_out(world, kind):
    rule = world().judged.responses.model_copy(update={"doubles": "mean"})
    judged = world(sources=("G0", "G1"), kind=kind, rule=rule).judged
    assert judged.scored.pairs.n == 3  # G0, G1 and G0+G1
    result, enough = begin(judged)
    assert not enough
    assert "all 3 perturbations share perturbed genes" in result.verdicts[0].sentence
