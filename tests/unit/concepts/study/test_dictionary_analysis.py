"""Whether concepts recur: planted ones do, random directions do not, one seed cannot say."""

from __future__ import annotations

import json
import shutil
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from cellglass import pl
from cellglass.concepts.statistics.random_dictionary import random_dictionary
from cellglass.concepts.study.description import alive_concepts
from cellglass.concepts.study.dictionaries import read_dictionaries
from cellglass.concepts.study.dictionary_analysis import (
    judge,
    matched_shares,
    null_draws,
    random_cosines,
)
from cellglass.concepts.study.names import dictionary_name, embedding_name, seed_folder
from cellglass.runs.pipeline import SUMMARY
from cellglass.runs.result import AnalysisResult

EMBEDDED, TRAINED = embedding_name("planted"), dictionary_name("planted")
CONTROLS = {v: dictionary_name("planted", v) for v in ("untrained", "shuffled")}


def judged(folders, statistics, controls=None) -> AnalysisResult:
    context = folders.context("concepts.dictionary/planted")
    judge(context, model="planted", statistics=statistics, dictionaries=TRAINED,
          embedded=EMBEDDED, controls=controls or {})  # fmt: skip
    return AnalysisResult.read(context.output)


def with_dictionaries(folders, root, dictionaries, **summary):
    """The study with other dictionaries of the first model."""
    source, target = folders.inputs[TRAINED], root / "dictionaries"
    shutil.copytree(source, target, ignore=shutil.ignore_patterns("seed-*"))
    for seed, dictionary in enumerate(dictionaries):
        dictionary.write(target / seed_folder(seed))
    told = json.loads((target / SUMMARY).read_text()) | summary
    (target / SUMMARY).write_text(json.dumps(told))
    return replace(folders, root=root, inputs={**folders.inputs, TRAINED: target})


@pytest.fixture(scope="module")
def planted(study_folders, study_statistics) -> AnalysisResult:
    return judged(study_folders, study_statistics, CONTROLS)


def test_planted_concepts_recur(planted):
    (verdict,) = planted.verdicts
    assert str(verdict.state) == "PASS"
    (finding,) = planted.findings
    # some 17 directions were planted, and 32 concepts share them
    assert finding.estimate > 0.4 > finding.null.mean + 0.2
    assert finding.p == pytest.approx(0.05)
    assert finding.null.sd > 0
    (check,) = planted.checks
    assert (check.what, check.state) == ("seeds differ at the start", "passed")


def test_random_directions_do_not_pass(study_folders, study_statistics, tmp_path):
    first, second = read_dictionaries(study_folders.inputs[TRAINED])
    h = study_folders.store.array[:]
    drawn = [
        replace(random_dictionary(d, seed, embedding=h, covariance=True), meta=d.meta)
        for seed, d in enumerate((first, second))
    ]
    result = judged(with_dictionaries(study_folders, tmp_path, drawn), study_statistics)
    (verdict,) = result.verdicts
    assert str(verdict.state) != "PASS"
    assert abs(result.findings[0].increment[0]) < 0.2


def test_seeds_that_start_alike_do_not_pass(study_folders, study_statistics, tmp_path):
    first, _ = read_dictionaries(study_folders.inputs[TRAINED])
    result = judged(with_dictionaries(study_folders, tmp_path, [first, first]), study_statistics)
    assert result.findings[0].estimate == 1.0
    assert result.checks[0].state == "failed"
    (verdict,) = result.verdicts
    assert str(verdict.state) == "INCONCLUSIVE"


def test_one_seed_cannot_tell(study_folders, study_statistics, tmp_path):
    one = read_dictionaries(study_folders.inputs[TRAINED])[:1]
    result = judged(with_dictionaries(study_folders, tmp_path, one), study_statistics)
    (verdict,) = result.verdicts
    assert str(verdict.state) == "NOT APPLICABLE"
    assert "one seed" in verdict.sentence
    assert result.findings == []
    assert "reconstruction" in result.tables
    assert "from 1 start on" in result.method


def test_dead_dictionary_cannot_tell(study_folders, study_statistics, tmp_path):
    first, second = read_dictionaries(study_folders.inputs[TRAINED])
    dead = replace(second, encoder_bias=np.full(32, -1e6, np.float32))
    result = judged(with_dictionaries(study_folders, tmp_path, [first, dead]), study_statistics)
    (verdict,) = result.verdicts
    assert str(verdict.state) == "NOT APPLICABLE"
    assert "0 concepts of a seed fire" in verdict.sentence


def test_stability_is_that_of_concepts_that_fire(planted, study_folders):
    found = read_dictionaries(study_folders.inputs[TRAINED])
    alive = [alive_concepts(d, study_folders.store) for d in found]
    decoders = [d.decoder[rows] for d, rows in zip(found, alive, strict=True)]
    assert planted.findings[0].n == len(alive[0])
    from scipy.optimize import linear_sum_assignment

    cosine = np.abs(decoders[0] @ decoders[1].T)
    rows, columns = linear_sum_assignment(-cosine)
    matched = (cosine[rows, columns] >= 0.7).sum() / len(alive[0])
    assert planted.findings[0].estimate == pytest.approx(matched)
    table = planted.tables["matched"].set_index("threshold")
    assert table.loc[0.7, "share"] == pytest.approx(matched)
    assert table.loc[0.7, "null"] == pytest.approx(planted.findings[0].null.mean)
    assert (np.diff(table["share"]) <= 0).all()


def test_null_counts_concepts_without_a_partner_as_the_estimate_does():
    rng = np.random.default_rng(0)
    first, second = rng.normal(size=(30, 12)), rng.normal(size=(10, 12))
    random = random_cosines([first, second], 5, seed=1)
    assert random.shape == (5, 30)
    assert ((random > 0).sum(1) == 10).all()
    table = matched_shares([first, second], random)
    assert (table["share"] <= 10 / 30).all()
    again = random_cosines([first, second], 5, seed=1)
    np.testing.assert_array_equal(random, again)


def test_each_other_seed_takes_its_turn_in_the_null():
    rng = np.random.default_rng(0)
    sizes = [(20, 8), (5, 8), (9, 8)]
    random = random_cosines([rng.normal(size=s) for s in sizes], 4, seed=1)
    assert (random > 0).sum(1).tolist() == [5, 9, 5, 9]


def test_random_dictionaries_seldom_beat_the_null():
    # directions that favour some dimensions, as those of the cells do
    spread = np.diag(np.linspace(2, 0.3, 12))
    beaten = 0
    for seed in range(100):
        rng = np.random.default_rng(seed)
        first, second = (rng.normal(size=(30, 12)) @ spread for _ in range(2))
        random = (random_cosines([first, second], 19, seed) >= 0.7).mean(1)
        observed = matched_shares([first, second], np.zeros((1, 30))).set_index("threshold")
        beaten += (random >= observed.loc[0.7, "share"] - 1e-12).sum() == 0
    # at 5 %, more than 11 of 100 come by chance once in 200 times
    assert beaten <= 11


@pytest.mark.parametrize("level", [0.2, 0.05, 0.03, 0.01])
def test_so_many_draws_that_the_level_can_be_reached(level):
    assert 1 / (1 + null_draws(level)) <= level + 1e-12
    assert null_draws(level) >= 19


def test_dictionary_stands_beside_constant_pca_and_controls(planted):
    fits = planted.tables["reconstruction"]
    test = fits[fits["cells"] == "test"].set_index("fit")
    assert {"dictionary, seed 0", "dictionary, seed 1", "constant", "pca 4",
            "dictionary of an untrained copy", "dictionary of shuffled expression",
            } == set(test.index)  # fmt: skip
    assert test.loc["dictionary, seed 0", "fvu"] < test.loc["constant", "fvu"]
    assert (
        test.loc["dictionary, seed 0", "fvu"] < test.loc["dictionary of shuffled expression", "fvu"]
    )


def test_what_is_told_has_its_numbers(planted, study_folders):
    told = " ".join(planted.notes)
    n = planted.findings[0].n
    assert f"of the {n} concepts of the first seed" in told
    assert "for these 2 seeds" in told
    assert "was subtracted before training" in told
    assert "Split by donor: 2 of 8 donors" in told or "held out" in told
    assert "centred and scaled" in planted.method
    assert "from 2 starts on" in planted.method
    assert f"the {n} concepts" in planted.captions["matched"]


def test_dictionary_that_was_not_centred_is_not_said_to_be(
    study_folders, study_statistics, tmp_path
):
    plain = [
        replace(d, meta={**d.meta, "settings": {**d.meta["settings"], "centre": False}})
        for d in read_dictionaries(study_folders.inputs[TRAINED])
    ]
    result = judged(with_dictionaries(study_folders, tmp_path, plain), study_statistics)
    assert any("was not subtracted" in n for n in result.notes)
    assert "centred" not in result.method


def test_figures_can_be_drawn(planted):
    import matplotlib as mpl

    mpl.use("Agg")
    for figure in planted.figures:
        getattr(pl, figure.function)(planted.tables[figure.table], **dict(figure.options))
    assert isinstance(planted.tables["seeds"], pd.DataFrame)
