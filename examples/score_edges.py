"""Judge gene-gene scores that no model made: here co-expression, on cells with a planted network.

Run it:  python examples/score_edges.py
"""

from __future__ import annotations

import tempfile
from pathlib import Path

import numpy as np

import cellglass as cg


def main() -> None:
    """Score, judge, write the report."""
    planted = cg.controls.simulate("pairs", seed=1)
    cells, genes = planted.cells, list(planted.cells.var_names)
    network = cg.data.Network.from_frame(planted.reference, name="planted")

    # Any regulators x genes matrix will do: GRNBoost, SCENIC, attention.
    totals = np.asarray(cells.X.sum(1)).ravel()
    expression = cg.data.log1p_cp10k(cells.X, totals).toarray()
    rows = np.array([genes.index(r) for r in planted.regulators])
    scores = np.abs(cg.regulation.spearman(expression, rows))
    edges = cg.data.EdgeTable(scores, planted.regulators, genes)

    result = cg.regulation.score_edges(edges, cells, network, name="co-expression")
    verdict = result.verdicts[0]
    print(f"{verdict.state}: {verdict.sentence}")
    for check in result.checks:
        if check.state != "not run":
            print(f"  {check.state:7s} {check.code} {check.what}")

    folder = Path(tempfile.mkdtemp(prefix="cellglass-example-"))
    print("Report:", cg.report.write_result_report(result, folder))


if __name__ == "__main__":
    main()
