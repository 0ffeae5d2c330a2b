"""Read attention and states of a model, cut heads, patch one run into another.

Run it:  python examples/capture_and_intervene.py [CHECKPOINT]
"""

from __future__ import annotations

import sys

import numpy as np

import cellglass as cg


def main(checkpoint: str = "mini-scgpt") -> None:
    """Look inside a checkpoint; a shipped mini model when none is named."""
    model = cg.load_model(checkpoint)
    tokens = model.tokenize(cg.data.pbmc68k_reduced()[:12])
    print(model)

    # Attention, summed over cells where it is computed: row = query, column = key.
    edges = cg.regulation.attention_edges(model, tokens, min_count=6)
    for layer in edges.layers:
        top = edges.layer(layer).to_frame(evaluable_only=True).nlargest(1, "score").iloc[0]
        print(f"layer {layer}: {top.source} attends most to {top.target} ({top.score:.3f})")

    # Cut each head: how far do the cells move?
    tap = cg.Tap.cell_embedding()
    clean = model.forward(tokens, [tap]).cell_embedding
    moved = np.zeros((model.n_layers, model.n_heads))
    for layer in range(model.n_layers):
        for head in range(model.n_heads):
            cut = cg.Intervention.head_zero(layer, heads=[head])
            changed = model.forward(tokens, [tap], [cut]).cell_embedding
            moved[layer, head] = np.linalg.norm(changed - clean, axis=1).mean()
    layer, head = np.unravel_index(moved.argmax(), moved.shape)
    print(f"cutting layer {layer} head {head} moves the cells most ({moved[layer, head]:.2f})")

    # Put the clean state back after the cut: what comes later is as if nothing had been cut.
    site = cg.Site.residual(int(layer))
    state = model.forward(tokens, [cg.Tap.residual(layers=[int(layer)])]).residual[0]
    cut = cg.Intervention.head_zero(int(layer), heads=[int(head)])
    restored = model.forward(tokens, [tap], [cut, cg.Intervention.patch(site, state)])
    print(f"after patching: {np.abs(restored.cell_embedding - clean).max():.1e} from the clean run")


if __name__ == "__main__":
    main(*sys.argv[1:2])
