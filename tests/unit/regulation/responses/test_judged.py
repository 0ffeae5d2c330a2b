import numpy as np


def test_label_and_task_name_the_subject_and_the_screen(world):
    judged = world(kind="model").judged
    assert judged.label == {"model": "S", "screen": "simulated"}
    assert world().judged.label == {"edges": "S", "screen": "simulated"}
    assert judged.task("nulls", "x") == "responses/S/simulated/nulls/x"


def test_scores_by_the_rule_of_the_study_are_made_once(world):
    judged = world(1.0).judged
    assert judged.scored is judged.scored
    again = judged.score(None)
    assert again is not judged.scored
    np.testing.assert_array_equal(again.aurocs, judged.scored.aurocs)


def test_scores_of_other_pairs(world):
    judged = world(1.0).judged
    pairs = judged.scored.pairs
    some = judged.score(pairs.subset(np.arange(pairs.n) < 5))
    np.testing.assert_array_equal(some.values("score"), judged.scored.values("score")[:5])
