from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from cellglass.errors import CheckpointError, UnsafeFileError
from cellglass.models import Tap, TransformerModel, load_model
from cellglass.models.scgpt.loading import read_vocabulary


def outputs(model: TransformerModel, cells_of: Any) -> list[Any]:
    tokens = model.tokenize(cells_of(model, 4))
    trace = model.forward(tokens, [Tap.residual(), Tap.logits(), Tap.cell_embedding()])
    valid = tokens.valid
    return [trace.residual[:, valid], trace.logits[valid], trace.cell_logits[valid]]


def change(path: Path, **entries: Any) -> None:
    held = json.loads(path.read_text()) | entries
    path.write_text(json.dumps({k: v for k, v in held.items() if v is not None}))


def test_both_names_of_the_projections_give_the_same_model(
    tiny: Any, tmp_path: Path, cells_of: Any
) -> None:
    fused = load_model(tiny.write_scgpt(tmp_path / "a", layout="Wqkv"))
    split = load_model(tiny.write_scgpt(tmp_path / "b", layout="in_proj"))
    for one, other in zip(outputs(fused, cells_of), outputs(split, cells_of), strict=True):
        np.testing.assert_array_equal(one, other)


@pytest.mark.parametrize("file", ["model.safetensors", "best_model.safetensors", "model.pt"])
def test_every_file_name_gives_the_same_model(
    tiny: Any, tmp_path: Path, scgpt: TransformerModel, cells_of: Any, file: str
) -> None:
    model = load_model(tiny.write_scgpt(tmp_path, file=file))
    for one, other in zip(outputs(model, cells_of), outputs(scgpt, cells_of), strict=True):
        np.testing.assert_array_equal(one, other)
    assert model.provenance["path"].endswith(file)
    assert len(model.provenance["sha256"]) == 64
    assert "cls_decoder.out_layer.weight" in model.provenance["weights_not_used"]


def test_shapes_and_settings_come_from_the_files(tiny: Any, tmp_path: Path) -> None:
    model = load_model(
        tiny.write_scgpt(
            tmp_path, width=24, heads=6, n_layers=2, mlp=10, max_seq_len=17,
            args={"n_bins": 7, "mask_value": -9, "pad_value": -3},
        )
    )  # fmt: skip
    assert (model.n_layers, model.n_heads, model.width, model.max_tokens) == (2, 6, 24, 17)
    assert model.config.mlp_width == 10
    tokenizer = model.tokenizer  # type: ignore[attr-defined]
    assert (tokenizer.n_bins, tokenizer.max_tokens, tokenizer.pad_value) == (7, 17, -3)
    assert model.mask_value == -9  # type: ignore[attr-defined]
    assert model.family == "scgpt"


def slow_embedding(weights: dict[str, Any], tokens: Any, style: str) -> Any:
    """The published input, written out."""

    def norm(x: torch.Tensor, name: str) -> torch.Tensor:
        return torch.nn.functional.layer_norm(
            x, x.shape[-1:], weights[f"{name}.weight"], weights[f"{name}.bias"]
        )

    def linear(x: torch.Tensor, name: str) -> torch.Tensor:
        return x @ weights[f"{name}.weight"].T + weights[f"{name}.bias"]

    genes = norm(weights["encoder.embedding.weight"][tokens.gene_ids], "encoder.enc_norm")
    values = torch.as_tensor(tokens.values)
    if style == "category":
        held = weights["value_encoder.embedding.weight"][values.long()]
        x = genes + norm(held, "value_encoder.enc_norm")
    else:
        hidden = linear(values.clamp(max=512)[..., None], "value_encoder.linear1").relu()
        x = genes + norm(linear(hidden, "value_encoder.linear2"), "value_encoder.norm")
    if "bn.weight" in weights:
        scale = weights["bn.weight"] / (weights["bn.running_var"] + 6.1e-5).sqrt()
        x = (x - weights["bn.running_mean"]) * scale + weights["bn.bias"]
    return x.numpy()


@pytest.mark.parametrize(
    "options", [{}, {"style": "category"}, {"batch_norm": True}], ids=["continuous", "category",
                                                                       "batch norm"]
)  # fmt: skip
def test_every_style_of_input_is_the_published_one(
    tiny: Any, tmp_path: Path, cells_of: Any, options: dict[str, Any]
) -> None:
    model = load_model(tiny.write_scgpt(tmp_path, args={"pad_value": 0}, **options))
    tokens = model.tokenize(cells_of(model, 3))
    tokens.values[0, 1] = 50 if "style" in options else 900  # clipped at 512
    weights = tiny.scgpt_weights(43, **options)
    expected = slow_embedding(weights, tokens, options.get("style", "continuous"))
    found = model.forward(tokens, [Tap.residual()]).embedding
    np.testing.assert_allclose(found[tokens.valid], expected[tokens.valid], atol=1e-5)


def test_explicit_zeros_scale_the_decoded_value(tiny: Any, tmp_path: Path, cells_of: Any) -> None:
    model = load_model(tiny.write_scgpt(tmp_path, zeros=True))
    tokens = model.tokenize(cells_of(model, 3))
    trace = model.forward(tokens, [Tap.residual(), Tap.logits()])
    w = tiny.scgpt_weights(43, zeros=True)

    def stack(name: str) -> Any:
        x = torch.as_tensor(trace.residual[-1])
        for i in (0, 2, 4):
            x = x @ w[f"{name}.{i}.weight"].T + w[f"{name}.{i}.bias"]
            x = torch.nn.functional.leaky_relu(x) if i < 4 else x
        return x.squeeze(-1)

    expected = stack("decoder.fc") * torch.sigmoid(stack("decoder.zero_logit"))
    np.testing.assert_allclose(trace.logits[tokens.valid], expected[tokens.valid], atol=1e-5)


def test_checkpoints_without_decoders_run(tiny: Any, tmp_path: Path, cells_of: Any) -> None:
    model = load_model(tiny.write_scgpt(tmp_path, decoders=False))
    assert model.embed(cells_of(model, 2)).shape == (2, 16)


@pytest.mark.parametrize("file", ["args.json", "vocab.json", "best_model.pt"])
def test_missing_files_are_named(tiny: Any, tmp_path: Path, file: str) -> None:
    folder = tiny.write_scgpt(tmp_path)
    (folder / file).unlink()
    with pytest.raises(
        CheckpointError, match=rf"(?s){file} is missing.*args\.json, vocab"
    ) as found:
        load_model(folder, family="scgpt")
    assert str(folder) in found.value.where


@pytest.mark.parametrize(
    ("entries", "message"),
    [
        ({"nheads": None}, "the key 'nheads' is missing"),
        ({"embsize": None}, "the key 'embsize' is missing"),
        ({"nheads": "many"}, "many"),
        ({"nheads": 5}, "width 16 cannot be shared by 5 heads"),
        ({"nlayers": 4}, r"(?s)weights hold 3 layers.*4 layers, by args\.json"),
        ({"embsize": 32}, "(?s)weights have width 16.*32"),
        ({"input_emb_style": "scaling"}, "(?s)input_emb_style is 'scaling'.*continuous"),
    ],
)
def test_a_configuration_that_does_not_fit_is_told(
    tiny: Any, tmp_path: Path, entries: dict[str, Any], message: str
) -> None:
    folder = tiny.write_scgpt(tmp_path)
    change(folder / "args.json", **entries)
    with pytest.raises(CheckpointError, match=message):
        load_model(folder, family="scgpt")


def test_a_wrong_shape_is_named_with_the_right_one(tiny: Any, tmp_path: Path) -> None:
    folder = tiny.write_scgpt(tmp_path)
    weights = tiny.scgpt_weights(43)
    weights["transformer_encoder.layers.1.linear2.bias"] = torch.ones(3)
    torch.save(weights, folder / "best_model.pt")
    with pytest.raises(CheckpointError, match=r"(?s)has shape \(3,\).*\(16,\)"):
        load_model(folder)
    del weights["transformer_encoder.layers.1.linear2.bias"]
    torch.save(weights, folder / "best_model.pt")
    with pytest.raises(CheckpointError, match="1 weights are missing, the first is"):
        load_model(folder)


def test_weights_of_another_family_are_told(tiny: Any, tmp_path: Path) -> None:
    folder = tiny.write_scgpt(tmp_path)
    torch.save(tiny.bert_weights(43), folder / "best_model.pt")
    with pytest.raises(CheckpointError, match=r"(?s)encoder\.embedding\.weight.*an scGPT model"):
        load_model(folder)


def test_domain_specific_normalisation_is_refused(tiny: Any, tmp_path: Path) -> None:
    folder = tiny.write_scgpt(tmp_path)
    weights = tiny.scgpt_weights(43) | {"dsbn.bns.0.weight": torch.ones(16)}
    torch.save(weights, folder / "best_model.pt")
    with pytest.raises(CheckpointError, match="domain-specific"):
        load_model(folder)


def test_truncated_and_dangerous_checkpoints(tiny: Any, tmp_path: Path, bomb: Any) -> None:
    folder = tiny.write_scgpt(tmp_path)
    path = folder / "best_model.pt"
    path.write_bytes(path.read_bytes()[:5000])
    with pytest.raises(CheckpointError, match=r"(?s)5,000 bytes.*best_model\.pt"):
        load_model(folder)
    path.write_bytes(bomb.pickled)
    with pytest.raises(UnsafeFileError, match=r"best_model\.pt"):
        load_model(folder)
    assert not bomb.exploded


def test_special_tokens_that_the_file_lacks_follow_the_genes(tiny: Any, tmp_path: Path) -> None:
    model = load_model(tiny.write_scgpt(tmp_path, special=False))
    assert model.vocabulary.special == {"<pad>": 40, "<cls>": 41, "<eoc>": 42}
    assert len(model.vocabulary) == 40


@pytest.mark.parametrize(
    ("vocabulary", "message"),
    [
        ({"A": 0, "<pad>": 1, "<cls>": 9}, "(?s)ids up to 9.*ids below 5"),
        ({"A": 0, "B": 4}, r"(?s)lacks \['<pad>', '<cls>'\]"),
        ({"A": "x"}, "a value cannot be used"),
    ],
)
def test_a_vocabulary_that_does_not_fit_is_told(
    tmp_path: Path, vocabulary: dict[str, Any], message: str
) -> None:
    path = tmp_path / "vocab.json"
    path.write_text(json.dumps(vocabulary))
    with pytest.raises(CheckpointError, match=message) as caught:
        read_vocabulary(path, 5)
    assert caught.value.where == str(path)


def test_options_go_to_the_tokeniser(scgpt_folder: Path, cells_of: Any) -> None:
    model = load_model(scgpt_folder, ties="middle", select="top")
    assert model.determinism.deterministic
    published = load_model(scgpt_folder)
    assert not published.determinism.deterministic
    assert "ties" in published.determinism.depends_on
    cells = cells_of(model, 3)
    np.testing.assert_array_equal(
        model.tokenize(cells).values, published.tokenize(cells, ties="middle").values
    )
