"""Strata of captured cells: the study's, or found; how pure groups are is measured, not hoped."""

from dataclasses import replace

import numpy as np
import pytest

from cellglass.errors import InputError
from cellglass.regulation.states.study_strata import MIN_PURITY, study_strata


def without_strata(held, group=None):
    """The same cells of a study that names no strata; groups as they are, or others."""
    study = replace(
        held.study, strata=(), stratum=np.full(len(held.cells), -1),
        group=held.study.group if group is None else group,
    )  # fmt: skip
    edges = replace(held.attention, group_stratum=np.full(24, -1), strata=())
    return replace(held, study=study, edges=edges)


def test_the_strata_of_the_study_are_taken_with_their_groups(made):
    held = made(0.0).held
    found = study_strata(held, min_cells=20, seed=1)
    assert not found.found
    assert found.cells.names == ("T", "B")
    assert np.array_equal(found.groups, held.attention.group_stratum)
    assert found.group_sizes.tolist() == [5] * 24
    assert found.purity == 1.0
    assert not found.mixed
    assert len(found.notes()) == 2


def test_small_strata_take_their_groups_with_them(made):
    held = made(0.0).held
    stratum = np.where(held.study.group < 3, 2, held.study.stratum)
    of_group = np.where(np.arange(24) < 3, 2, held.attention.group_stratum)
    study = replace(held.study, stratum=stratum, strata=("T", "B", "rare"))
    edges = replace(held.attention, group_stratum=of_group)
    found = study_strata(replace(held, study=study, edges=edges), min_cells=20, seed=1)
    assert found.cells.names == ("T", "B")
    assert (found.groups[:3] == -1).all()
    assert found.left_out == 15
    assert found.kept.sum() == 21


def test_states_are_found_where_the_study_names_none(made, monkeypatch):
    monkeypatch.setattr("cellglass.regulation.states.study_strata.TUNED", (2, 2))
    held = made(0.0).held
    truth = held.study.stratum
    apart = (np.eye(4)[truth] + 0.2 * held.embedding / 6).astype(np.float32)
    found = study_strata(without_strata(replace(held, embedding=apart)), min_cells=20, seed=1)
    assert found.found
    same = np.array([[((found.cells.codes == a) & (truth == b)).sum() for b in (0, 1)]
                     for a in range(len(found.cells.names))])  # fmt: skip
    assert (same.min(1) == 0).all()  # no found stratum mixes the two states
    assert found.purity > MIN_PURITY > found.purity_shuffled


def test_groups_formed_without_states_mix_them_and_the_note_says_so(made):
    """A defect to be made visible: random groups get a stratum that most of their cells lack."""
    held = made(0.0).held
    group = np.random.default_rng(2).permutation(held.study.group)
    found = study_strata(without_strata(held, group), min_cells=20, seed=1)
    stratified = np.bincount(group[held.cells][found.cells.codes >= 0], minlength=24) > 0
    assert np.array_equal(found.groups >= 0, stratified)  # one cell in a stratum gives it to all
    assert found.purity < MIN_PURITY  # which says little of its cells
    assert found.purity < found.purity_shuffled + 0.15
    assert found.mixed
    told = " ".join(found.notes())
    assert f"{found.purity:.0%} of a group's cells lie in its stratum" in told
    assert "groups mix states" in told
    assert "set cells.strata" in told


def test_too_few_strata_are_an_error_that_says_what_to_do(made):
    with pytest.raises(InputError, match="0 strata have 500 cells or more"):
        study_strata(made(0.0).held, min_cells=500, seed=1)
