"""Edits of a concept: the reconstruction error stays, nothing else moves."""

from __future__ import annotations

import numpy as np
import pytest

from cellglass.concepts import LinearUnits, Transform
from cellglass.concepts.dictionaries.dictionary import Dictionary
from cellglass.concepts.dictionaries.dictionary_units import DictionaryUnits
from cellglass.concepts.interventions.concept_edit import ablate, activity, codes_of, edit
from cellglass.errors import InputError


@pytest.fixture
def h() -> np.ndarray:
    return np.random.default_rng(0).normal(2.0, 3.0, size=(60, 8)).astype(np.float32)


@pytest.fixture
def dictionary(h: np.ndarray) -> Dictionary:
    rng = np.random.default_rng(1)
    decoder = rng.normal(size=(20, 8)).astype(np.float32)
    decoder /= np.linalg.norm(decoder, axis=1, keepdims=True)
    return Dictionary(
        kind="topk", encoder=decoder.copy(), encoder_bias=np.zeros(20, np.float32),
        decoder=decoder, bias=np.zeros(8, np.float32), k=4, transform=Transform.fit(h),
    )  # fmt: skip


def test_an_edit_moves_cells_along_the_concept_by_the_change(dictionary, h):
    codes = dictionary.encode(h).toarray()
    concept = int((codes > 0).sum(0).argmax())
    for how, value, new in (
        ("ablate", None, 0 * codes), ("scale", 2.5, 2.5 * codes), ("set", 3.0, 0 * codes + 3),
        ("set", np.arange(60.0), np.tile(np.arange(60.0)[:, None], 20)),
    ):  # fmt: skip
        found = edit(dictionary, h, concept, how, value)
        for cell in range(60):
            change = new[cell, concept] - codes[cell, concept]
            wanted = h[cell] + change * dictionary.decoder[concept] / dictionary.transform.scale
            np.testing.assert_allclose(found[cell], wanted, rtol=1e-5, atol=1e-5)


def test_scaling_by_one_is_the_identity_to_the_bit(dictionary, h):
    for concept in range(20):
        np.testing.assert_array_equal(edit(dictionary, h, concept, "scale", 1.0), h)


def test_dropping_the_error_is_something_else(dictionary, h):
    kept = edit(dictionary, h, 3, "scale", 1.0)
    dropped = edit(dictionary, h, 3, "scale", 1.0, with_error=False)
    np.testing.assert_allclose(dropped, dictionary.reconstruct(h), rtol=1e-4, atol=1e-4)
    error = np.linalg.norm(h - dictionary.reconstruct(h), axis=1)
    np.testing.assert_allclose(np.linalg.norm(kept - dropped, axis=1), error, rtol=1e-3)
    assert error.min() > 0.1


def test_both_forms_change_the_reconstruction_alike(dictionary, h):
    """What an ablation takes away is the same with and without the error."""
    kept = edit(dictionary, h, 3) - h
    dropped = edit(dictionary, h, 3, with_error=False) - dictionary.reconstruct(h)
    np.testing.assert_allclose(kept, dropped, atol=1e-4)


def test_silent_cells_are_not_touched(dictionary, h):
    silent = dictionary.encode(h).toarray()[:, 5] == 0
    assert silent.any()
    np.testing.assert_array_equal(edit(dictionary, h, 5)[silent], h[silent])
    assert (edit(dictionary, h, 5, with_error=False)[silent] != h[silent]).any()


def test_a_swap_exchanges_two_activations(dictionary, h):
    z = dictionary.encode(h).toarray()
    first, second = np.argsort(-(z > 0).sum(0))[:2]
    found = edit(dictionary, h, int(first), "swap", int(second))
    change = (z[:, second] - z[:, first])[:, None]
    axis = dictionary.decoder[first] - dictionary.decoder[second]
    np.testing.assert_allclose(
        found, h + change * axis / dictionary.transform.scale, rtol=1e-5, atol=1e-5
    )
    np.testing.assert_allclose(
        edit(dictionary, h, int(second), "swap", int(first)), found, atol=1e-5
    )
    np.testing.assert_array_equal(edit(dictionary, h, 4, "swap", 4), h)


def test_units_and_dictionary_are_edited_alike(dictionary, h):
    units = DictionaryUnits(dictionary)
    np.testing.assert_allclose(edit(units, h, 2), edit(dictionary, h, 2), atol=1e-5)
    np.testing.assert_allclose(
        edit(units, h, 2, with_error=False), edit(dictionary, h, 2, with_error=False), atol=1e-5
    )
    np.testing.assert_allclose(
        codes_of(units, h).toarray(), codes_of(dictionary, h).toarray(), atol=1e-5
    )


def test_many_at_once_are_the_sum(dictionary, h):
    one_by_one = h + sum((edit(dictionary, h, c) - h for c in (1, 4, 6)), np.zeros_like(h))
    np.testing.assert_allclose(ablate(dictionary, h, [1, 4, 6]), one_by_one, atol=1e-5)
    z = activity(dictionary, h, [1, 4, 6])
    np.testing.assert_array_equal(
        ablate(dictionary, h, [1, 4, 6], activations=z), ablate(dictionary, h, [1, 4, 6])
    )


@pytest.mark.parametrize(
    ("concept", "how", "value", "message"),
    [(20, "ablate", None, "unit 20"), (0, "ablate", 1.0, "no value"), (0, "scale", None, "number"),
     (0, "scale", -1.0, "not negative"), (0, "set", np.ones(3), "60 numbers"),
     (0, "swap", 1.5, "another concept"), (0, "double", 2.0, "ablate, scale, set or swap")],
)  # fmt: skip
def test_what_does_not_fit_is_refused(dictionary, h, concept, how, value, message):
    with pytest.raises(InputError, match=message):
        edit(dictionary, h, concept, how, value)


def test_units_without_a_reconstruction_keep_their_error(h):
    units = LinearUnits("neuron", ("a",), np.eye(8)[:1], 0.0, Transform.fit(h))
    with pytest.raises(InputError, match="does not reconstruct"):
        edit(units, h, 0, with_error=False)
    with pytest.raises(InputError, match="cells x 8"):
        edit(units, h[:, :5], 0)
