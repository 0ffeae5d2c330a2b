from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from safetensors.torch import load_file, save_file

from cellglass.errors import CheckpointError, UnsafeFileError
from cellglass.models import Tap, TransformerModel, load_model


@pytest.fixture
def folder(geneformer_folder: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(geneformer_folder, tmp_path / "copy"))


def outputs(model: TransformerModel, cells_of: Any) -> list[Any]:
    tokens = model.tokenize(cells_of(model, 4))
    trace = model.forward(tokens, [Tap.residual(), Tap.logits()])
    return [trace.residual[:, tokens.valid], trace.logits[tokens.valid]]


def same(one: TransformerModel, other: TransformerModel, cells_of: Any) -> None:
    for a, b in zip(outputs(one, cells_of), outputs(other, cells_of), strict=True):
        np.testing.assert_array_equal(a, b)


def rewrite(folder: Path, change: Any) -> None:
    weights = load_file(folder / "model.safetensors")
    change(weights)
    save_file(weights, folder / "model.safetensors")


def configure(folder: Path, **entries: Any) -> None:
    path = folder / "config.json"
    held = json.loads(path.read_text()) | entries
    path.write_text(json.dumps({k: v for k, v in held.items() if v is not None}))


@pytest.mark.parametrize("options", [{"file": "pytorch_model.bin"}, {"prefix": ""}])
def test_layouts_of_the_file_give_the_same_model(
    tiny: Any, tmp_path: Path, geneformer: TransformerModel, cells_of: Any, options: dict[str, str]
) -> None:
    same(load_model(tiny.write_geneformer(tmp_path / "m", **options)), geneformer, cells_of)


def test_old_names_of_normalisations_are_known(
    folder: Path, geneformer: TransformerModel, cells_of: Any
) -> None:
    def rename(weights: dict[str, Any]) -> None:
        for name in list(weights):
            old = name.replace("LayerNorm.weight", "LayerNorm.gamma")
            weights[old.replace("LayerNorm.bias", "LayerNorm.beta")] = weights.pop(name)

    rewrite(folder, rename)
    same(load_model(folder), geneformer, cells_of)


def test_shards_are_read_by_their_index(
    folder: Path, geneformer: TransformerModel, cells_of: Any
) -> None:
    weights = load_file(folder / "model.safetensors")
    (folder / "model.safetensors").unlink()
    names = sorted(weights)
    halves = {"one.safetensors": names[::2], "two.safetensors": names[1::2]}
    for file, part in halves.items():
        save_file({n: weights[n] for n in part}, folder / file)
    index = {"weight_map": {n: f for f, part in halves.items() for n in part}}
    (folder / "model.safetensors.index.json").write_text(json.dumps(index))
    found = load_model(folder)
    same(found, geneformer, cells_of)
    first = found.provenance["sha256"]
    (folder / "two.safetensors").unlink()
    with pytest.raises(CheckpointError, match=r"1 of 2 shards are missing: two\.safetensors"):
        load_model(folder)
    save_file({n: 2 * weights[n] for n in names[1::2]}, folder / "two.safetensors")
    assert load_model(folder).provenance["sha256"] != first  # every shard counts


def test_an_untied_output_table_is_used(tiny: Any, tmp_path: Path, cells_of: Any) -> None:
    model = load_model(tiny.write_geneformer(tmp_path / "m", untied=True))
    tokens = model.tokenize(cells_of(model, 2))
    trace = model.forward(tokens, [Tap.residual(), Tap.logits()])
    w = tiny.bert_weights(44, untied=True)
    x = torch.as_tensor(trace.residual[-1]) @ w["cls.predictions.transform.dense.weight"].T
    x = (x + w["cls.predictions.transform.dense.bias"]).relu()
    norm = "cls.predictions.transform.LayerNorm"
    x = torch.nn.functional.layer_norm(x, (16,), w[f"{norm}.weight"], w[f"{norm}.bias"], 1e-12)
    expected = x @ w["cls.predictions.decoder.weight"].T + w["cls.predictions.bias"]
    valid = tokens.valid
    np.testing.assert_allclose(trace.logits[valid], expected[valid], atol=1e-5, rtol=1e-5)


def test_a_checkpoint_without_the_head_embeds_but_has_no_logits(
    tiny: Any, tmp_path: Path, cells_of: Any
) -> None:
    model = load_model(tiny.write_geneformer(tmp_path / "m", head=False))
    assert model.embed(cells_of(model, 2)).shape == (2, 16)
    with pytest.raises(CheckpointError, match="no masked-gene head"):
        model.forward(model.tokenize(cells_of(model, 2)), [Tap.logits()])


@pytest.mark.parametrize(("version", "pooling", "longest"), [("v1", "mean", 32), ("v2", "cls", 32)])
def test_versions_differ_in_special_tokens_and_pooling(
    tiny: Any, tmp_path: Path, cells_of: Any, version: str, pooling: str, longest: int
) -> None:
    model = load_model(tiny.write_geneformer(tmp_path / "m", version=version))
    assert (model.pooling, model.max_tokens, model.embedding_layer) == (pooling, longest, 1)
    tokens = model.tokenize(cells_of(model, 4, share=1.0))
    assert int(tokens.lengths.max()) == longest  # 41 genes do not fit
    trace = model.forward(tokens, [Tap.residual(), Tap.cell_embedding()])
    state = trace.residual[1]
    for i in range(4):
        expected = state[i, 0] if version == "v2" else state[i, tokens.valid[i]].mean(0)
        np.testing.assert_allclose(trace.cell_embedding[i], expected, atol=1e-6)
    assert model.determinism.deterministic


@pytest.mark.parametrize("place", ["dictionaries", "geneformer", "../geneformer",
                                   "../geneformer/gene_dictionaries_30m"])  # fmt: skip
def test_dictionaries_are_found_where_the_published_repository_has_them(
    tiny: Any, tmp_path: Path, place: str
) -> None:
    folder = tiny.write_geneformer(tmp_path / "repo" / "model", dictionaries=False)
    tiny.write_dictionaries(folder / place)
    assert "ENSG00000000100" in load_model(folder).vocabulary


def test_a_whole_clone_gives_each_version_its_own_dictionaries(tiny: Any, tmp_path: Path) -> None:
    """V2's dictionary is the smaller one, so it would fit into a V1 model without a word."""
    old, new = (
        [f"ENSG{i:011d}" for i in range(start, start + n)] for start, n in ((0, 50), (60, 9))
    )
    tiny.write_dictionaries(tmp_path / "geneformer" / "gene_dictionaries_30m", old, version="v1")
    tiny.write_dictionaries(tmp_path / "geneformer", new, version="v2")
    for version, genes in (("v1", old), ("v2", new)):
        folder = tiny.write_geneformer(
            tmp_path / version, genes, version=version, dictionaries=False
        )
        assert load_model(folder).genes == genes
    alone = tiny.write_geneformer(tmp_path / "alone", old[:20], version="v1", dictionaries=False)
    assert load_model(alone).provenance["dictionaries"] is None


def test_without_dictionaries_it_runs_on_given_tokens_only(
    tiny: Any, tmp_path: Path, cells_of: Any, geneformer: TransformerModel
) -> None:
    folder = tiny.write_geneformer(tmp_path / "m", dictionaries=False)
    model = load_model(folder)
    tokens = geneformer.tokenize(cells_of(geneformer, 2))
    expected = geneformer.forward(tokens, [Tap.residual()]).residual
    np.testing.assert_array_equal(model.forward(tokens, [Tap.residual()]).residual, expected)
    with pytest.raises(CheckpointError, match="dictionaries=FOLDER"):
        model.tokenize(cells_of(geneformer, 2))
    elsewhere = tmp_path / "elsewhere"
    tiny.write_dictionaries(elsewhere)
    found = load_model(folder, dictionaries=elsewhere)
    np.testing.assert_array_equal(found.tokenize(cells_of(found, 2)).gene_ids, tokens.gene_ids)


def test_dictionaries_of_a_larger_model_are_refused(tiny: Any, tmp_path: Path) -> None:
    folder = tiny.write_geneformer(tmp_path / "m", dictionaries=False)
    tiny.write_dictionaries(folder, [f"ENSG{i:011d}" for i in range(99)])
    with pytest.raises(CheckpointError, match=r"(?s)ids up to 102.*ids below 44"):
        load_model(folder)


@pytest.mark.parametrize(
    ("entries", "message"),
    [
        ({"num_hidden_layers": 5}, r"(?s)weights hold 3 layers.*5, by config\.json"),
        ({"num_attention_heads": 3}, "width 16 cannot be shared by 3 heads"),
        ({"hidden_size": None}, "the key 'hidden_size' is missing"),
        ({"max_position_embeddings": None}, "the key 'max_position_embeddings' is missing"),
        ({"intermediate_size": "x"}, "a value cannot be used"),
        ({"hidden_act": "silu"}, "(?s)hidden_act 'silu'.*relu or gelu"),
        ({"position_embedding_type": "relative_key"}, "relative_key"),
        ({"vocab_size": 50}, r"(?s)has shape \(44, 16\).*\(50, 16\)"),
        ({"max_position_embeddings": 64}, r"(?s)has shape \(32, 16\).*\(64, 16\)"),
    ],
)
def test_a_configuration_that_does_not_fit_is_told(
    folder: Path, entries: dict[str, Any], message: str
) -> None:
    configure(folder, **entries)
    with pytest.raises(CheckpointError, match=message) as caught:
        load_model(folder)
    assert str(folder) in caught.value.where


def test_missing_files_are_named(folder: Path) -> None:
    (folder / "model.safetensors").unlink()
    with pytest.raises(CheckpointError, match=r"(?s)no weights.*model\.safetensors or pytorch"):
        load_model(folder)
    (folder / "config.json").unlink()
    with pytest.raises(CheckpointError, match=r"config\.json is missing"):
        load_model(folder, family="geneformer")


def test_weights_of_another_family_are_told(tiny: Any, folder: Path) -> None:
    save_file(tiny.scgpt_weights(43), folder / "model.safetensors")
    with pytest.raises(CheckpointError, match=r"(?s)word_embeddings.*BERT"):
        load_model(folder)


def test_truncated_and_dangerous_checkpoints(folder: Path, bomb: Any) -> None:
    path = folder / "model.safetensors"
    path.write_bytes(path.read_bytes()[:4000])
    with pytest.raises(CheckpointError, match=r"(?s)4,000 bytes.*model\.safetensors"):
        load_model(folder)
    path.unlink()
    (folder / "pytorch_model.bin").write_bytes(bomb.pickled)
    with pytest.raises(UnsafeFileError, match=r"pytorch_model\.bin"):
        load_model(folder)
    assert not bomb.exploded


def test_a_broken_configuration_is_told(folder: Path) -> None:
    (folder / "config.json").write_text('{"model_type": "bert",')
    with pytest.raises(CheckpointError, match=r"(?s)not valid JSON.*config\.json"):
        load_model(folder)
