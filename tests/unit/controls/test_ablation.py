"""A circuit passes only if its head is named and a readout downstream depends on it."""

from __future__ import annotations

import pandas as pd
import pytest

from cellglass.controls.ablation import ABLATION_RATIO, ablate_heads, changes, judge_circuit
from cellglass.controls.circuit import plant_circuit
from cellglass.models import load_model
from cellglass.stats import State, Verdict

PASSED = Verdict("c", "e", State.PASS, "Attention (layer 1 head 2) adds 0.3 AUROC.", ("r",))


def table(planted: float, other: float) -> pd.DataFrame:
    return pd.DataFrame(
        {"layer": [0, 1, 1], "head": [0, 1, 2], "planted": [False, False, True],
         "change": [0.0, other, planted]}
    )  # fmt: skip


def test_both_conditions_stand_in_the_sentence_and_the_reasons():
    found = judge_circuit(PASSED, "layer 1 head 2", table(5.0, 0.2))
    assert found.state is State.PASS
    assert found.sentence == (
        "Attention (layer 1 head 2) adds 0.3 AUROC; zeroing layer 1 head 2 changes the decoded "
        "expression at regulators by 5.00, zeroing any other head by at most 0.20."
    )
    assert "planted in layer 1 head 2, named layer 1 head 2: right" in found.reasons


@pytest.mark.parametrize(
    ("chosen", "planted", "other", "why"),
    [
        ("layer 1 head 1", 5.0, 0.2, "the planted layer 1 head 2 was not named"),
        ("layer 1 head 2", 5.0, 0.6, "does not change the readout downstream"),
        ("layer 1", 0.0, 0.0, "was not named and zeroing the planted head does not"),
    ],
)
def test_one_that_does_not_hold_withdraws_the_pass(chosen, planted, other, why):
    found = judge_circuit(PASSED, chosen, table(planted, other))
    assert found.state is State.INCONCLUSIVE
    assert why in found.sentence


def test_other_states_stay():
    failed = Verdict("c", "e", State.FAIL, "No.")
    found = judge_circuit(failed, "layer 1 head 2", table(5.0, 0.1))
    assert (found.state, found.sentence) == (State.FAIL, "No.")
    assert len(found.reasons) == 2


def test_only_the_planted_head_reaches_the_readout(tmp_path):
    circuit = plant_circuit(tmp_path, seed=3)
    model = load_model(tmp_path, name="circuit", ties="middle")
    tokens = model.tokenize(circuit.cells[:10], seed=1)
    planted = (circuit.layer, circuit.head)
    found = ablate_heads(model, tokens, ("REG1", "REG2"), planted)
    assert len(found) == model.n_layers * model.n_heads
    assert list(found[found["planted"]][["layer", "head"]].iloc[0]) == list(planted)
    own, other = changes(found)
    assert own > ABLATION_RATIO * other > 0
    assert 0 < found["n_tokens"].iloc[0] <= 20
    wrong = ablate_heads(model, tokens, ("REG1", "REG2"), (0, 0))
    own, other = changes(wrong)
    assert own < other  # a head that was not planted is told from the one that was
