"""Train mini-geneformer: Geneformer's architecture and masked-gene objective, small, on CPU."""

from __future__ import annotations

import argparse
import time
from pathlib import Path

import numpy as np
import torch
from corpus import Corpus, load_corpus, svd_embedding, thinned
from torch.nn.functional import cross_entropy
from torch.nn.utils import clip_grad_norm_

from cellglass.models.encoder import EncoderConfig
from cellglass.models.geneformer.network import GeneformerNetwork

CONFIG = EncoderConfig(n_layers=4, n_heads=4, width=128, mlp_width=256, norm_eps=1e-12)
PAD, MASK, CLS, EOS, FIRST_GENE = 0, 1, 2, 3, 4
N_POSITIONS = 1024
MASK_SHARE = 0.15
BATCH = 24


def medians(corpus: Corpus) -> np.ndarray:
    """Non-zero median of count / total * 10,000 over the training cells."""
    csc = corpus.counts[corpus.train].tocsc()
    totals = corpus.n_counts[corpus.train]
    out = np.ones(csc.shape[1])
    for gene in range(csc.shape[1]):
        start, stop = csc.indptr[gene], csc.indptr[gene + 1]
        if stop > start:
            out[gene] = np.median(csc.data[start:stop] / totals[csc.indices[start:stop]] * 1e4)
    return out


class Batches:
    """Random cells in rank order: thinned, some genes replaced by the mask."""

    def __init__(self, corpus: Corpus, cells: np.ndarray, median: np.ndarray, seed: int) -> None:
        self.corpus, self.cells, self.median = corpus, cells, median
        self.rng = np.random.default_rng(seed)

    def draw(self, size: int, n_tokens: int) -> dict[str, torch.Tensor]:
        """Draw one batch of `size` cells with at most `n_tokens` tokens."""
        ids = np.full((size, n_tokens), PAD)
        for i, cell in enumerate(self.rng.choice(self.cells, size)):
            ranked = self._ranked(cell)[: n_tokens - 2] + FIRST_GENE
            ids[i, : len(ranked) + 2] = np.concatenate([[CLS], ranked, [EOS]])
        genes = ids >= FIRST_GENE
        masked = genes & (self.rng.random(ids.shape) < MASK_SHARE)
        action = self.rng.random(ids.shape)
        shown = np.where(masked & (action < 0.8), MASK, ids)
        random = self.rng.integers(FIRST_GENE, FIRST_GENE + len(self.median), ids.shape)
        shown = np.where(masked & (action >= 0.9), random, shown)
        return {
            "ids": torch.as_tensor(ids),
            "shown": torch.as_tensor(shown),
            "masked": torch.as_tensor(masked),
            "valid": torch.as_tensor(ids != PAD),
        }

    def _ranked(self, cell: int) -> np.ndarray:
        counts = self.corpus.counts
        start, stop = counts.indptr[cell], counts.indptr[cell + 1]
        genes, values = counts.indices[start:stop], counts.data[start:stop]
        if self.rng.random() < 0.7:
            values = thinned(values, self.rng.uniform(0.3, 1.0), self.rng)
            genes, values = genes[values > 0], values[values > 0]
        # ties, which are most of the ranks below the top, in no order that could be learned
        noise = self.rng.random(len(genes)) * 1e-9
        return genes[np.argsort(-(values / self.median[genes]) + noise)].astype(np.int64)


def loss_of(net: GeneformerNetwork, batch: dict[str, torch.Tensor]) -> torch.Tensor:
    """Cross-entropy of the masked genes."""
    state = net.encoder(net.embed_tokens(batch["shown"], None), batch["valid"])
    logits = net.head(state[batch["masked"]], net.table)
    return cross_entropy(logits, batch["ids"][batch["masked"]])


def new_network(corpus: Corpus, seed: int) -> GeneformerNetwork:
    """Random weights, but for gene embeddings from the SVD and the bias of the head."""
    torch.manual_seed(seed)
    n_genes = corpus.counts.shape[1]
    net = GeneformerNetwork(CONFIG, n_genes + FIRST_GENE, N_POSITIONS)
    generator = torch.Generator().manual_seed(seed)
    with torch.no_grad():
        net.initialise(generator)
        net.gene_embedding.weight[FIRST_GENE:] = torch.as_tensor(
            svd_embedding(corpus, CONFIG.width, 0.05, seed)
        )
        frequency = np.asarray((corpus.counts[corpus.train] > 0).mean(0)).ravel()
        net.head.bias[FIRST_GENE:] = torch.as_tensor(
            np.log(frequency + 1e-4) - np.log(frequency.sum()), dtype=torch.float32
        )
        net.head.bias[:FIRST_GENE] = -15.0
    return net


def train(
    corpus: Corpus,
    out: Path,
    *,
    minutes: float,
    steps: int,
    seed: int,
    peak: float,
    start: Path | None,
) -> dict:
    net = new_network(corpus, seed)
    if start is not None:
        net.load_state_dict(torch.load(start))
    median = medians(corpus)
    data = Batches(corpus, corpus.train, median, seed)
    check = Batches(corpus, corpus.held_out, median, seed + 1)
    optimiser = torch.optim.AdamW(net.parameters(), lr=1e-3, weight_decay=0.01)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimiser, peak, steps, pct_start=0.05)
    began = time.time()
    for step in range(steps):
        n_tokens = N_POSITIONS if step > 0.8 * steps else int(data.rng.choice([192, 320, 512]))
        loss = loss_of(net, data.draw(max(6, BATCH * 256 // n_tokens), n_tokens))
        optimiser.zero_grad()
        loss.backward()
        clip_grad_norm_(net.parameters(), 1.0)
        optimiser.step()
        schedule.step()
        if step % 100 == 0 or step == steps - 1:
            with torch.no_grad():
                held = loss_of(net, check.draw(32, 384))
            print(f"step {step} {time.time() - began:.0f}s train {float(loss.detach()):.3f} "
                  f"held-out {float(held):.3f}", flush=True)  # fmt: skip
            torch.save(net.state_dict(), out)
        if time.time() - began > 60 * minutes:
            print("time is up")
            break
    torch.save(net.state_dict(), out)
    return {"steps": step + 1, "seconds": time.time() - began}


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("--shared", type=Path, required=True)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--minutes", type=float, default=600)
    parser.add_argument("--steps", type=int, default=6000)
    parser.add_argument("--seed", type=int, default=42)
    parser.add_argument("--peak", type=float, default=2e-3, help="highest learning rate")
    parser.add_argument("--start", type=Path, help="go on from these weights")
    a = parser.parse_args()
    a.out.parent.mkdir(parents=True, exist_ok=True)
    print(
        train(
            load_corpus(a.shared),
            a.out,
            minutes=a.minutes,
            steps=a.steps,
            seed=a.seed,
            peak=a.peak,
            start=a.start,
        )
    )
