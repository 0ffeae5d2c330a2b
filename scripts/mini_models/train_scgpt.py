"""Train mini-scgpt: scGPT's architecture and objectives, small, on CPU."""

from __future__ import annotations

import numpy as np
import torch
from corpus import Corpus, load_corpus, residual_variance, svd_embedding, thinned
from loop import Losses, arguments, optimise

from cellglass.models.encoder import EncoderConfig
from cellglass.models.scgpt.binning import bin_values
from cellglass.models.scgpt.network import ScGPTNetwork

CONFIG = EncoderConfig(n_layers=4, n_heads=4, width=128, mlp_width=256)
N_BINS = 51
MASK, PAD = -1.0, -2.0
MASK_SHARES = (0.15, 0.4, 0.6)
BATCH = 24
UNSEEN = 96  # genes asked of the cell embedding that are no tokens
MIDDLE_TIES = 0.85  # share of cells binned without randomness, as the model is shipped to run
MIN_GENES = 40  # a panel that leaves a cell fewer is not applied to it
CELL_WEIGHT = 0.3  # of the two losses of the cell embedding
TOKEN_SCALE = 60.0  # squared bins; brings the loss of tokens near 1
MIN_SD = 3.0  # bins; keeps nearly constant genes from dominating the loss


class Batches:
    """Random cells as scGPT tokens: thinned, binned, some zeros, some values hidden."""

    def __init__(self, corpus: Corpus, cells: np.ndarray, seed: int) -> None:
        self.counts = corpus.counts
        self.cells = cells
        self.n_genes = corpus.counts.shape[1]
        self.cls = self.n_genes + 1
        self.pad = self.n_genes
        self.rng = np.random.default_rng(seed)
        self.panel = np.ones(self.n_genes, bool)
        detected = np.asarray((corpus.counts > 0).mean(0)).ravel()
        self.log_detection = np.log(detected + 1e-3)
        # data sets are often cut down to their variable genes
        self.log_variance = np.log(residual_variance(corpus.counts, corpus.n_counts) + 1e-3)

    def draw(self, size: int, n_tokens: int) -> dict[str, torch.Tensor]:
        """Draw one batch of `size` cells with at most `n_tokens` tokens."""
        rng = self.rng
        ids = np.full((size, n_tokens), self.pad)
        values = np.full((size, n_tokens), PAD, np.float32)
        shown = values.copy()
        valid = np.zeros((size, n_tokens), bool)
        unseen = np.zeros((size, UNSEEN), np.int64)
        unseen_values = np.zeros((size, UNSEEN), np.float32)
        self.panel = self._new_panel()
        share_masked = MASK_SHARES[rng.integers(len(MASK_SHARES))]
        for i, cell in enumerate(rng.choice(self.cells, size)):
            genes, bins = self._cell(cell)
            order = rng.permutation(len(genes))
            n_zero = int(rng.integers(0, n_tokens // 3)) if rng.random() < 0.6 else 0
            kept = order[: n_tokens - 1 - n_zero]
            silent = self._silent(genes, n_zero)
            row = np.concatenate([genes[kept], silent])
            row_values = np.concatenate([bins[kept], np.zeros(n_zero, np.float32)])
            n = 1 + len(row)
            ids[i, :n] = np.concatenate([[self.cls], row])
            values[i, 1:n] = row_values
            valid[i, :n] = True
            hidden = rng.random(len(row)) < share_masked
            shown[i, 1:n] = np.where(hidden, MASK, row_values)
            unseen[i], unseen_values[i] = self._unseen(genes, bins, order[n_tokens - 1 - n_zero :])
        return {
            "ids": torch.as_tensor(ids),
            "values": torch.as_tensor(values),
            "shown": torch.as_tensor(shown),
            "valid": torch.as_tensor(valid),
            "unseen": torch.as_tensor(unseen),
            "unseen_values": torch.as_tensor(unseen_values),
        }

    def _cell(self, cell: int) -> tuple[np.ndarray, np.ndarray]:
        start, stop = self.counts.indptr[cell], self.counts.indptr[cell + 1]
        genes = self.counts.indices[start:stop].astype(np.int64)
        counts = self.counts.data[start:stop]
        if self.rng.random() < 0.7:
            counts = thinned(counts, self.rng.uniform(0.25, 1.0), self.rng)
            genes, counts = genes[counts > 0], counts[counts > 0]
        keep = self.panel[genes]
        if keep.sum() >= MIN_GENES:
            genes, counts = genes[keep], counts[keep]
        ties = "middle" if self.rng.random() < MIDDLE_TIES else "random"
        return genes, bin_values(counts.astype(float), N_BINS, ties=ties, rng=self.rng)

    def _new_panel(self) -> np.ndarray:
        """Genes a batch measures: bins are quantiles over them, so the model must cope."""
        kind = self.rng.random()
        if kind < 0.4:
            return np.ones(self.n_genes, bool)
        share = self.rng.uniform(0.1, 0.9)
        if kind < 0.7:
            return self.rng.random(self.n_genes) < share
        tilt = (self.log_detection, -self.log_detection, self.log_variance)[self.rng.integers(3)]
        tilt = tilt + self.rng.gumbel(size=self.n_genes)
        return tilt > np.quantile(tilt, 1 - share)

    def _silent(self, genes: np.ndarray, n: int) -> np.ndarray:
        if n == 0:
            return np.empty(0, np.int64)
        draws = self.rng.integers(self.n_genes, size=4 * n)
        draws = np.unique(draws[self.panel[draws] & ~np.isin(draws, genes)])
        if len(draws) == 0:
            draws = np.setdiff1d(np.arange(self.n_genes), genes)
        return self.rng.permutation(draws)[:n] if len(draws) >= n else np.resize(draws, n)

    def _unseen(
        self, genes: np.ndarray, bins: np.ndarray, rest: np.ndarray
    ) -> tuple[np.ndarray, np.ndarray]:
        """Half expressed genes that were left out of the tokens (or any), half silent ones."""
        half = UNSEEN // 2
        source = rest if len(rest) >= half else self.rng.permutation(len(genes))
        expressed = source[:half]
        silent = self._silent(genes, UNSEEN - len(expressed))
        return (
            np.concatenate([genes[expressed], silent]),
            np.concatenate([bins[expressed], np.zeros(len(silent), np.float32)]),
        )


def gene_scale(corpus: Corpus, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """Mean and sd of each gene's bin over training cells, zeros included."""
    rng = np.random.default_rng(seed)
    total = np.zeros(corpus.counts.shape[1])
    square = total.copy()
    for cell in corpus.train:
        start, stop = corpus.counts.indptr[cell], corpus.counts.indptr[cell + 1]
        bins = bin_values(corpus.counts.data[start:stop].astype(float), N_BINS, rng=rng)
        np.add.at(total, corpus.counts.indices[start:stop], bins)
        np.add.at(square, corpus.counts.indices[start:stop], bins.astype(float) ** 2)
    n = len(corpus.train)
    mean = total / n
    return mean, np.sqrt(np.maximum(square / n - mean**2, 0))


def losses(net: ScGPTNetwork, batch: dict[str, torch.Tensor], sd: torch.Tensor) -> Losses:
    """Masked values, the same from the cell embedding, and genes that were no tokens."""
    state = net.encoder(net.embed_tokens(batch["ids"], batch["shown"]), batch["valid"])
    hidden = batch["shown"] == MASK
    weight = 1 / sd[batch["ids"][hidden]]
    target = batch["values"][hidden]
    # squared bins, as predictions are judged; the rest by the spread of each gene
    token = (net.decoder(state)[hidden] - target).square().mean() / TOKEN_SCALE
    cell = state[:, 0]
    decoded = net.cell_decoder(cell, net.genes(batch["ids"]))[hidden]
    from_cell = ((decoded - target) * weight).square().mean()
    asked = net.cell_decoder(cell, net.genes(batch["unseen"]))
    wide = 1 / sd[batch["unseen"]]
    unseen = ((asked - batch["unseen_values"]) * wide).square().mean()
    return {"token": token, "cell": from_cell, "unseen": unseen}


def new_network(corpus: Corpus, mean: np.ndarray, seed: int) -> ScGPTNetwork:
    """Random weights, but for gene embeddings that start from the SVD."""
    torch.manual_seed(seed)
    n_genes = corpus.counts.shape[1]
    net = ScGPTNetwork(CONFIG, n_genes + 3)
    with torch.no_grad():
        net.gene_embedding.weight.normal_(0, 0.5)
        net.gene_embedding.weight[:n_genes] = torch.as_tensor(
            svd_embedding(corpus, CONFIG.width, 0.5, seed)
        )
        net.decoder.fc[4].bias.fill_(float(mean.mean()))
    return net


def main() -> None:
    a = arguments(peak=1.5e-3)
    corpus = load_corpus(a.shared)
    n_genes = corpus.counts.shape[1]
    mean, sd = gene_scale(corpus, a.seed)
    net = new_network(corpus, mean, a.seed)
    if a.start is not None:
        net.load_state_dict(torch.load(a.start))
    scale = torch.ones(n_genes + 3)
    scale[:n_genes] = torch.as_tensor(np.maximum(sd, MIN_SD), dtype=torch.float32)
    data = Batches(corpus, corpus.train, a.seed)
    check = Batches(corpus, corpus.held_out, a.seed + 1)

    def losses_at(step: int) -> Losses:
        n_tokens = 768 if step > 0.85 * a.steps else int(data.rng.choice([160, 256, 384]))
        return losses(net, data.draw(max(6, BATCH * 256 // n_tokens), n_tokens), scale)

    optimise(
        net,
        a,
        losses_at=losses_at,
        total=lambda parts: parts["token"] + CELL_WEIGHT * (parts["cell"] + parts["unseen"]),
        held_out=lambda: losses(net, check.draw(32, 256), scale),
    )


if __name__ == "__main__":
    main()
