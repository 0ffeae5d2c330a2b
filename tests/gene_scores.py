"""Gene scores of units that are known, as the task of attribution would leave them."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd

from cellglass.concepts.study.gene_tables import GENES_TABLE, UNITS_FILE
from cellglass.concepts.study.names import attribution_name
from cellglass.runs.tasks import TaskContext

N_GENES, N_PROGRAMS, SIZE, SEED = 600, 12, 15, 42
GENES = [f"G{i}" for i in range(N_GENES)]
ATTRIBUTED = attribution_name("planted")


def programs() -> dict[str, list[str]]:
    """Sets of genes of every level of expression, and as many sets of other genes."""
    rng = np.random.default_rng(3)
    order = rng.permutation(N_GENES)
    parts = order[: 2 * N_PROGRAMS * SIZE].reshape(-1, SIZE)
    names = [f"PROGRAM_{i}" for i in range(N_PROGRAMS)] + [f"OTHER_{i}" for i in range(N_PROGRAMS)]
    return {n: [GENES[g] for g in part] for n, part in zip(names, parts, strict=True)}


def write_gmt(path: Path, sets: dict[str, list[str]]) -> Path:
    lines = ["\t".join([name, "", *genes]) for name, genes in sets.items()]
    path.write_text("\n".join(lines) + "\n")
    return path


def write_scores(
    folder: Path,
    *,
    sure: tuple[str, ...] = ("concept", "neuron", "decoy"),
    n: dict[str, int] | None = None,
) -> Path:
    """Concepts hold a program each, neurons random genes, decoys the scores of concepts shuffled.

    More concepts than programs hold them in turn. Genes of kinds in `sure` have a
    small q; those of others are noise.
    """
    rng = np.random.default_rng(SEED)
    numbers = n or {"concept": N_PROGRAMS, "neuron": 12, "random direction": 6, "decoy": 6}
    sets = list(programs().values())
    rows, scores, q = [], [], []
    for kind, count in numbers.items():
        for i in range(count):
            row = rng.normal(0, 0.01, N_GENES)
            genes = rng.permutation(N_GENES)[:SIZE]
            if kind == "concept":
                genes = np.array([GENES.index(g) for g in sets[i % N_PROGRAMS]])
            row[genes] = rng.uniform(0.2, 0.6, SIZE)
            matched = i if kind == "decoy" else -1
            basis = "concept" if kind == "decoy" else kind
            rows.append({"unit": len(rows), "name": f"{kind} {i}", "kind": kind, "index": i,
                         "basis": basis, "matched": matched, "attributed": True})  # fmt: skip
            scores.append(row)
            q.append(np.where((row > 0.1) & (kind in sure), 0.001, 0.9))
    folder.mkdir(parents=True, exist_ok=True)
    pd.DataFrame(rows).to_parquet(folder / UNITS_FILE)
    genes = pd.DataFrame(
        {"gene": GENES, "mean": np.linspace(4, 0.01, N_GENES),
         "detection": np.linspace(1, 0.02, N_GENES)}
    )  # fmt: skip
    genes.to_parquet(folder / GENES_TABLE)
    known = np.ones((len(rows), N_GENES), bool)
    known[:, -20:] = False
    score = np.where(known, np.stack(scores), np.nan)
    np.savez(folder / "scores.npz", scores=score, q=np.where(known, np.stack(q), np.nan),
             known=known, de_rank=np.ones_like(score))  # fmt: skip
    return folder


class Folders:
    """Contexts of tasks that read one another."""

    def __init__(self, root: Path, **inputs: Path) -> None:
        self.root, self.inputs = root, dict(inputs)

    def context(self, name: str) -> TaskContext:
        """Its folder is empty."""
        output = self.root / name.replace("/", "-")
        output.mkdir(parents=True)
        return TaskContext(name, SEED, output, self.inputs)
