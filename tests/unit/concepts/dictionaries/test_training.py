from __future__ import annotations

import json
import logging
from pathlib import Path

import numpy as np
import pytest

from cellglass.concepts.dictionaries import row_source, training
from cellglass.concepts.dictionaries.dictionary import DICTIONARY_KINDS
from cellglass.concepts.dictionaries.dictionary_files import RECORD, WEIGHTS
from cellglass.concepts.dictionaries.planted import planted_dictionary, recovery
from cellglass.concepts.dictionaries.training import train
from cellglass.concepts.transform import Transform
from cellglass.errors import InputError, ResourceError

SMALL = planted_dictionary(600, 32, 16, 2, seed=0)
HELD = np.arange(600) % 6 == 0
QUICK = {"size": 32, "k": 2, "epochs": 3, "batch": 64}


def same(a, b) -> bool:
    return a.weights_sha256 == b.weights_sha256


def test_planted_concepts_are_recovered():
    cells = planted_dictionary(6000, 64, 32, 3, seed=1)
    held = np.arange(6000) % 10 == 0
    (d,) = train(cells.embedding, size=128, k=3, epochs=40, batch=128, validation=held)
    assert recovery(d, cells) >= 0.95
    assert d.meta["held_out"]["r2"] > 0.9 > d.meta["baselines"]["pca 3"]["r2"]


def test_a_large_common_mean_kills_concepts_unless_it_is_removed():
    """gamma = 30: under 1 % dead with centring; without, with the bias at zero, most are."""
    cells = planted_dictionary(6000, 256, 64, 4, seed=1, gamma=30.0).embedding
    options = {"size": 128, "k": 4, "epochs": 5, "batch": 128}
    (centred,) = train(cells, **options)
    assert centred.meta["training"]["dead_share"] < 0.01
    (not_centred,) = train(cells, **options, centre=False, bias_start="zero")
    assert not_centred.meta["training"]["dead_share"] > 0.8
    assert not_centred.meta["training"]["r2_scalar_mean"] > 0.99  # which hides it


@pytest.mark.parametrize("kind", DICTIONARY_KINDS)
def test_every_kind_trains_and_is_written(kind: str, tmp_path: Path):
    k = None if kind == "l1" else 2
    (d,) = train(SMALL.embedding, **{**QUICK, "k": k}, kind=kind, validation=HELD)
    assert d.kind == kind
    assert d.meta["held_out"]["fvu"] < 1
    back = type(d).read(d.write(tmp_path / kind))
    np.testing.assert_array_equal(
        back.encode(SMALL.embedding).toarray(), d.encode(SMALL.embedding).toarray()
    )
    record = json.loads((tmp_path / kind / RECORD).read_text())["meta"]
    assert record["settings"]["kind"] == kind
    assert record["training_data"]["n_cells"] == 500
    assert record["held_out_data"]["n_cells"] == 100
    assert {"fvu", "r2", "r2_scalar_mean", "l0", "dead_share"} <= set(record["held_out"])
    assert {"constant"} < set(record["baselines"])


def test_batchtopk_keeps_k_on_average_through_its_threshold():
    (d,) = train(SMALL.embedding, **QUICK, kind="batchtopk")
    assert d.meta["training"]["l0"] == pytest.approx(2, rel=0.2)
    assert len(np.unique(np.diff(d.encode(SMALL.embedding).indptr))) > 1


def test_same_seed_same_bytes(tmp_path: Path):
    for name in ("a", "b"):
        train(SMALL.embedding, **QUICK, validation=HELD)[0].write(tmp_path / name)
    for file in (WEIGHTS, RECORD):
        assert (tmp_path / "a" / file).read_bytes() == (tmp_path / "b" / file).read_bytes()


def test_seeds_together_are_seeds_alone_bit_by_bit():
    together = train(SMALL.embedding, **QUICK, seeds=(3, 1), validation=HELD)
    for seed, d in zip((3, 1), together, strict=True):
        (alone,) = train(SMALL.embedding, **QUICK, seeds=(seed,), validation=HELD, threads=2)
        assert same(d, alone)
        assert d.meta == alone.meta
    assert not same(*together)


@pytest.mark.parametrize("kind", ["topk", "matryoshka"])
def test_seeds_together_are_seeds_alone_to_rounding_in_torch(kind: str):
    options = {**QUICK, "kind": kind, "engine": "torch"}
    together = train(SMALL.embedding, **options, seeds=(3, 1))
    (alone,) = train(SMALL.embedding, **options, seeds=(1,))
    np.testing.assert_allclose(together[1].decoder, alone.decoder, atol=1e-4)


def test_engines_agree():
    a, b = (train(SMALL.embedding, **QUICK, engine=e)[0] for e in ("sparse", "torch"))
    assert a.meta["training"]["fvu"] == pytest.approx(b.meta["training"]["fvu"], rel=1e-3)
    np.testing.assert_allclose(a.decoder, b.decoder, atol=1e-3)


def test_memory_and_disk_give_the_same(tmp_path: Path):
    np.save(tmp_path / "h.npy", SMALL.embedding)
    mapped = np.load(tmp_path / "h.npy", mmap_mode="r")
    (a,), (b,) = (train(h, **QUICK, validation=HELD) for h in (SMALL.embedding, mapped))
    assert same(a, b)
    assert a.meta == b.meta


def test_from_a_store_only_blocks_come_into_memory(monkeypatch: pytest.MonkeyPatch):
    class Store:
        shape, asked = SMALL.embedding.shape, 0

        def rows(self, index: np.ndarray) -> np.ndarray:
            self.asked = max(self.asked, len(index))
            return SMALL.embedding[index]

    monkeypatch.setattr(row_source, "BUFFER", 128)
    monkeypatch.setattr(training, "MEDIAN_SAMPLE", 100)
    store = Store()
    original = Transform.fit
    monkeypatch.setattr(
        training.Transform, "fit", lambda h, **k: original(SMALL.embedding[~HELD], **k)
    )
    monkeypatch.setattr(
        row_source.CellRows, "blocks", lambda self, size=100: (
            self[i : i + 100] for i in range(0, len(self), 100)
        ),
    )  # fmt: skip
    (d,) = train(store, **QUICK, validation=HELD)
    assert 0 < store.asked < 200
    assert same(d, train(SMALL.embedding, **QUICK, validation=HELD)[0])


class Interrupted(Exception):
    pass


@pytest.mark.parametrize("kind", ["topk", "batchtopk", "jumprelu"])
def test_interrupted_and_resumed_is_the_same(kind: str, tmp_path: Path):
    options = {**QUICK, "kind": kind, "seeds": (0, 1), "validation": HELD, "epochs": 4}
    whole = train(SMALL.embedding, **options)

    def stop_after_two(done: int, planned: int) -> None:
        assert planned == 4
        if done == 2:
            raise Interrupted

    with pytest.raises(Interrupted):
        train(SMALL.embedding, **options, checkpoint=tmp_path / "c", progress=stop_after_two)
    seen = []
    resumed = train(SMALL.embedding, **options, checkpoint=tmp_path / "c",
                    progress=lambda done, _: seen.append(done))  # fmt: skip
    assert seen == [3, 4]
    for a, b in zip(whole, resumed, strict=True):
        assert same(a, b)
        assert a.meta == b.meta
    again = train(SMALL.embedding, **options, checkpoint=tmp_path / "c")
    assert same(again[0], whole[0])
    with pytest.raises(InputError, match="settings differ"):
        train(SMALL.embedding, **{**options, "batch": 32}, checkpoint=tmp_path / "c")


def test_training_stops_when_nothing_is_gained_and_keeps_the_best_epoch():
    rng = np.random.default_rng(0)
    noise = rng.normal(size=(400, 16)).astype(np.float32)  # nothing to learn for others
    held = np.arange(400) % 2 == 0
    (d,) = train(noise, size=64, k=2, epochs=60, batch=64, validation=held, patience=3,
                 learning_rate=0.02)  # fmt: skip
    curve = [e["held_out_fvu"] for e in d.meta["history"]]
    assert d.meta["stopped_early"]
    assert len(curve) == d.meta["epochs_run"] < 60
    warm = curve[-4:]
    assert min(warm) == pytest.approx(d.meta["held_out"]["fvu"], rel=1e-6)


def test_one_seed_may_stop_before_another():
    options = {"size": 32, "k": 2, "epochs": 40, "batch": 64, "validation": HELD, "patience": 1,
               "min_gain": 0.02}  # fmt: skip
    together = train(SMALL.embedding, **options, seeds=range(4))
    lengths = [d.meta["epochs_run"] for d in together]
    assert len(set(lengths)) > 1
    last = int(np.argmax(lengths))
    assert same(train(SMALL.embedding, **options, seeds=(last,))[0], together[last])


def test_a_given_transform_is_kept():
    given = Transform(np.full(16, 0.5, np.float32), 2.0, 0.7)
    (d,) = train(SMALL.embedding, **QUICK, transform=given)
    assert d.transform is given
    with pytest.raises(InputError, match="a transform of width 3"):
        train(SMALL.embedding, **QUICK, transform=Transform(np.zeros(3, np.float32), 1.0))


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"k": 32}, "k is 32 of 32 concepts"),
        ({"size": 64, "k": 16}, "change of basis"),
        ({"size": 700}, "600 training cells for 700 concepts"),
        ({"kind": "top_k"}, "did you mean 'topk'"),
        ({"epoch": 2}, "did you mean 'epochs'"),
        ({"validation": np.zeros(600, bool)}, "no cell is held out"),
        ({"seeds": (1, 1)}, "different whole numbers"),
        ({"engine": "fast"}, "'auto', 'sparse' or 'torch'"),
        ({"kind": "l1", "engine": "sparse"}, "kind 'l1' in float32 on cpu"),
    ],
)
def test_bad_input_is_explained(changes: dict, said: str):
    with pytest.raises(InputError, match=said):
        train(SMALL.embedding, **{**QUICK, **changes})


def test_bad_cells_are_explained():
    with_nan = SMALL.embedding.copy()
    with_nan[3, 1] = np.nan
    with pytest.raises(InputError, match="1 of 600 cells have an embedding that is not finite"):
        train(with_nan, **QUICK)
    given = Transform(np.zeros(16, np.float32), 1.0)
    with pytest.raises(InputError, match="1 of 600 cells"):
        train(with_nan, **QUICK, transform=given)
    with pytest.raises(InputError, match="held-out cells"):
        train(with_nan, **QUICK, validation=[3])
    with pytest.raises(InputError, match="all 600 cells have the same embedding"):
        train(np.ones((600, 16)), **QUICK)


@pytest.mark.parametrize("device", ["tpu", "cuda:99"])
def test_devices_that_are_not_there(device: str):
    with pytest.raises(ResourceError, match="device is"):
        train(SMALL.embedding, **QUICK, device=device)


def test_gamma_is_told_and_warned_of(caplog: pytest.LogCaptureFixture):
    far = planted_dictionary(600, 32, 16, 2, seed=0, gamma=10.0).embedding
    with caplog.at_level(logging.INFO, "cellglass"):
        train(far, **{**QUICK, "epochs": 1})
        assert not [r for r in caplog.records if r.levelno >= logging.WARNING]
        assert "gamma of the embedding" in caplog.text
        train(far, **{**QUICK, "epochs": 1}, centre=False)
    assert "Leave centring on" in caplog.text
