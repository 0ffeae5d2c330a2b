"""Does zeroing a head change what the model decodes downstream of it, and does no other?"""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd

from cellglass.models import Intervention, Tap
from cellglass.models.contract import TransformerModel
from cellglass.models.tokens import Tokens
from cellglass.stats import State, Verdict

ABLATION_RATIO = 10.0
"""So many times the largest change by any other head must the planted head change the readout."""


def ablate_heads(
    model: TransformerModel, tokens: Tokens, genes: tuple[str, ...], planted: tuple[int, int]
) -> pd.DataFrame:
    """Zero each head in turn and measure what is decoded at some genes.

    Parameters
    ----------
    model
        With an expression decoder, which lies downstream of every head.
    tokens
        Cells.
    genes
        Where the readout is taken.
    planted
        Layer and head that should matter.

    Returns
    -------
    pandas.DataFrame
        A row a head: layer, head, planted, change (mean absolute change of the decoded
        expression over the tokens of `genes`), n_tokens.

    Examples
    --------
    See `cellglass.controls.run`, whose circuit ends with it.
    """
    at = np.isin(tokens.gene_ids, [model.vocabulary.gene_id(g) for g in genes]) & tokens.valid

    def decoded(changes: list[Intervention]) -> np.ndarray:
        return np.asarray(model.forward(tokens, [Tap.logits()], changes).logits[at])

    clean = decoded([])
    rows = []
    for layer in range(model.n_layers):
        for head in range(model.n_heads):
            change = np.abs(decoded([Intervention.head_zero(layer, [head])]) - clean)
            rows.append(
                {
                    "layer": layer,
                    "head": head,
                    "planted": (layer, head) == planted,
                    "change": float(change.mean()),
                    "n_tokens": int(at.sum()),
                }
            )
    return pd.DataFrame(rows)


def changes(ablation: pd.DataFrame) -> tuple[float, float]:
    """Change of the readout by the planted head, and the largest by any other."""
    planted = ablation["planted"].to_numpy(bool)
    change = ablation["change"].to_numpy(float)
    return float(change[planted][0]), float(change[~planted].max())


def judge_circuit(verdict: Verdict, chosen: str, ablation: pd.DataFrame) -> Verdict:
    """Let a PASS stand only if the planted head was named and zeroing it changes the readout.

    Parameters
    ----------
    verdict
        On recovering the planted pairs.
    chosen
        Score that the battery named, for example ``"layer 1 head 2"``.
    ablation
        Of `ablate_heads`.

    Returns
    -------
    Verdict
        The same with both conditions among its reasons, and in its sentence where it is a
        PASS; INCONCLUSIVE where one of them does not hold.

    Examples
    --------
    >>> from cellglass.stats import State, Verdict
    >>> heads = pd.DataFrame({"layer": [0, 0], "head": [0, 1], "planted": [False, True],
    ...                       "change": [0.1, 5.0]})
    >>> found = Verdict("c", "e", State.PASS, "Attention (layer 0 head 1) passes.")
    >>> str(judge_circuit(found, "layer 0 head 1", heads).state)
    'PASS'
    >>> str(judge_circuit(found, "layer 0 head 0", heads).state)
    'INCONCLUSIVE'
    """
    row = ablation[ablation["planted"]].iloc[0]
    name = f"layer {int(row['layer'])} head {int(row['head'])}"
    planted, other = changes(ablation)
    named = chosen == name
    moved = planted > ABLATION_RATIO * other
    told = (
        f"zeroing {name} changes the decoded expression at regulators by {planted:.2f}, "
        f"zeroing any other head by at most {other:.2f}"
    )
    reasons = (
        *verdict.reasons,
        f"planted in {name}, named {chosen}: {'right' if named else 'wrong'}",
        f"{told}: {'more' if moved else 'not more'} than {ABLATION_RATIO:g} times as much",
    )
    if verdict.state is not State.PASS:
        return replace(verdict, reasons=reasons)
    if named and moved:
        sentence = f"{verdict.sentence.rstrip('.')}; {told}."
        return replace(verdict, sentence=sentence, reasons=reasons)
    missing = [] if named else [f"the planted {name} was not named"]
    missing += [] if moved else ["zeroing the planted head does not change the readout downstream"]
    sentence = f"{verdict.sentence.rstrip('.')}, but {' and '.join(missing)}."
    return replace(verdict, state=State.INCONCLUSIVE, sentence=sentence, reasons=reasons)
