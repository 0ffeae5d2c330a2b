"""The chapter on all tests: how many, which survive, under which definition of the family."""

from __future__ import annotations

import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import get_args

import pandas as pd

from cellglass.stats import Ledger
from cellglass.stats.ledger import Definition

from .source import Source
from .tables import TableView, file_name, view

_DEFINITIONS = {
    "confirmatory": "every confirmatory test",
    "all": "every test that has a p value, descriptive ones included",
    "primary": "one test an analysis",
}


@dataclass(frozen=True)
class MultiplicityView:
    """What the page says of all tests.

    Parameters
    ----------
    sentence
        How many tests, and how many survive; empty where there are none.
    tables
        Families, inferences under three definitions, all findings.
    """

    sentence: str
    tables: tuple[TableView, ...] = ()


def multiplicity(source: Source) -> MultiplicityView:
    """Adjust the run's raw p values over each family and count what survives."""
    ledger, level = source.ledger, source.level
    if ledger is None or not len(ledger):
        return MultiplicityView("")
    found = {d: ledger.adjusted(definition=d) for d in get_args(Definition)}
    main = found["confirmatory"]
    survive = int((main["q"] <= level).sum())
    described = len(found["all"]) - len(main)
    sentence = (
        f"The run holds {len(ledger):,} findings: {len(main):,} confirmatory tests, {described:,} "
        f"descriptive ones with a p value, and {len(ledger) - len(found['all']):,} descriptive "
        f"numbers without one. After BH over the confirmatory tests, {survive:,} of {len(main):,} "
        f"have q ≤ {level:g}. Only raw p values are stored; every q is computed from them."
    )
    return MultiplicityView(
        sentence,
        (
            _definitions(found, level),
            _stable(ledger, level),
            _families(ledger, level),
            _findings(ledger),
        ),
    )


def _definitions(found: dict[str, pd.DataFrame], level: float) -> TableView:
    table = pd.DataFrame(
        [
            {"family": _DEFINITIONS[d], "tests": len(t), "survive_bh": _survive(t, level)}
            for d, t in found.items()
        ]
    )
    return view(
        table, id="tests-definitions", name="definitions", title="Three definitions of the family",
        filename=file_name(["ledger", "definitions"]),
        caption=f"Tests, and how many have q ≤ {level:g} after BH, under each definition.",
    )  # fmt: skip


def _families(ledger: Ledger, level: float) -> TableView:
    rows = []
    for name, members in ledger.families().items():
        tested = ledger.adjusted(name)
        rows.append(
            {
                "family": name,
                "findings": len(members),
                "confirmatory_tests": len(tested),
                "survive_bh": _survive(tested, level),
            }
        )
    return view(
        pd.DataFrame(rows), id="tests-families", name="families", title="Analysis by analysis",
        filename=file_name(["ledger", "families"]),
        caption="Findings of each analysis; BH over its confirmatory tests alone.",
    )  # fmt: skip


def _stable(ledger: Ledger, level: float) -> TableView:
    return view(
        ledger.stable(level).drop(columns="id"), id="tests-stable", name="stable",
        title="Is the inference the same under all three?",
        filename=file_name(["ledger", "stable"]),
        caption="The primary test of each analysis with its q under each definition; 'stable' "
        f"says whether all three fall on the same side of {level:g}.",
    )  # fmt: skip


def _findings(ledger: Ledger) -> TableView:
    with tempfile.TemporaryDirectory(prefix="cellglass-report-") as scratch:
        table = pd.read_parquet(ledger.snapshot(Path(scratch) / "ledger.parquet"))
    return view(
        table, id="tests-findings", name="ledger", title="All findings",
        filename=file_name(["ledger", "findings"]),
        caption="The ledger: one row a finding with its estimate, interval, null, raw p, unit, n, "
        "baseline, seed, and q under each definition.",
        coordinates=True,
    )  # fmt: skip


def _survive(table: pd.DataFrame, level: float) -> int:
    return int((table["q"] <= level).sum())
