"""Running what the inputs at hand allow, and comparing it with what was published."""

from __future__ import annotations

import importlib
import tempfile
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from cellglass._words import listed
from cellglass.runs.engine import Progress
from cellglass.runs.pipeline import RunSummary, run_study
from cellglass.runs.result import AnalysisResult
from cellglass.runs.study import Study
from cellglass.seeds import DEFAULT_SEED

from .at_hand import refuse_missing
from .comparing import Comparison, State, judge, judge_parts
from .facts import Apart, RunFacts, differences, facts_of
from .given import needed_analyses, why_later
from .missing import WORDS, missing_kinds, where_to_get
from .parts import parts_of
from .published import Paper, PublishedNumber, PublishedTable
from .registry import find_paper, find_tables
from .selecting import Ours, find_number

Computed = Mapping[str, Ours]


@dataclass(frozen=True)
class Reproduction:
    """What became of the numbers of a paper.

    Parameters
    ----------
    paper
        The paper.
    tables
        Its tables that were asked for.
    comparisons
        In the order of tables and rows.
    summary
        The run behind them; None where nothing was run, or where its folder was a temporary one.
    """

    paper: Paper
    tables: tuple[PublishedTable, ...]
    comparisons: tuple[Comparison, ...]
    summary: RunSummary | None = None

    def count(self, state: State) -> int:
        """How many comparisons have a state."""
        return sum(c.state is state for c in self.comparisons)


def reproduce(
    paper: str | Paper,
    study: Study | None = None,
    *,
    tables: Iterable[str] = (),
    out: str | Path | None = None,
    seed: int = DEFAULT_SEED,
    progress: Progress | None = None,
    announce: Callable[[str], None] | None = None,
) -> Reproduction:
    """Run what the inputs at hand allow of a paper's tables, and compare.

    Parameters
    ----------
    paper
        Name of the paper, or the paper.
    study
        What is at hand; its analyses are replaced by those that the tables need. None where
        nothing is: then only numbers that need no model are computed.
    tables
        Names of tables, or units; all where there are none.
    out
        Folder of the run; a temporary one when None.
    seed
        Root seed of what is computed without a study.
    progress, announce
        See `run_study`.

    Returns
    -------
    Reproduction

    Raises
    ------
    StudyError
        If there is no such paper or table.
    InputError, CheckpointError
        If an input of the study is not there; see `refuse_missing`.
    CellglassError
        What `run_study` raises.

    Examples
    --------
    >>> found = reproduce("edges", tables=["consistency"])
    >>> sorted({str(c.state) for c in found.comparisons})
    ['CHECK AGREES', 'DIFFERS', 'REPRODUCED']
    """
    known = paper if isinstance(paper, Paper) else find_paper(paper)
    chosen = find_tables(known, tables)
    if study is not None:
        refuse_missing(study)
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch) / "run" if out is None else Path(out)
        summary = _run(chosen, study, folder, progress, announce)
        facts = facts_of(summary) if summary is not None else RunFacts()
    found: list[Comparison] = []
    for table in chosen:
        # Some numbers need others of their table, which may not have been asked for.
        computed = _computed(known.by_id[table.id], seed, announce)
        compared: list[Comparison] = []
        for row in table.rows:
            if row.id in computed:
                compared.append(judge(table, row, computed[row.id], ()))
            else:
                compared += _compared(known, table, row, study, summary, facts)
        found += judge_parts(compared)
    return Reproduction(known, chosen, tuple(found), summary if out is not None else None)


def _run(
    tables: Sequence[PublishedTable],
    study: Study | None,
    folder: Path,
    progress: Progress | None,
    announce: Callable[[str], None] | None,
) -> RunSummary | None:
    """Run the analyses that the tables need; None where none can."""
    if study is None:
        return None
    names = needed_analyses(tables, study)
    if not names:
        return None
    chosen = study.model_copy(update={"analyses": names})
    return run_study(chosen, folder, progress=progress, announce=announce)


def _computed(table: PublishedTable, seed: int, announce: Callable[[str], None] | None) -> Computed:
    """Numbers that a function gives without a model."""
    if not table.compute:
        return {}
    if announce is not None:
        announce(f"Computing: {table.title}")
    module, _, name = table.compute.partition(":")
    function: Callable[[PublishedTable, int], Computed] = getattr(
        importlib.import_module(module), name
    )
    return function(table, seed)


def _compared(
    paper: Paper,
    table: PublishedTable,
    row: PublishedNumber,
    study: Study | None,
    summary: RunSummary | None,
    facts: RunFacts,
) -> list[Comparison]:
    """One comparison for each of our results whose inputs come nearest to the published ones."""
    later = why_later(row, paper)
    if row.apart or (row.select is None and not later):
        why = row.apart or "no analysis of this version gives this number"
        return [Comparison(table, row, State.NOT_APPLICABLE, reasons=(why,))]
    kinds = missing_kinds(row, study)
    if later or row.select is None:
        get = where_to_get(row, kinds, paper)
        return [Comparison(table, row, State.NOT_RUN, reasons=(later,), get=get)]
    if kinds or study is None or summary is None:
        told = f"not at hand: {listed([WORDS[k] for k in kinds])}"
        get = where_to_get(row, kinds, paper)
        return [Comparison(table, row, State.NOT_RUN, reasons=(told,), get=get)]
    results = _of_its_kind([r for r in summary.results if r.analysis == row.analysis], row)
    if not results:
        return [_skipped(table, row, summary)]
    return _nearest(paper, table, row, results, study, facts)


def _of_its_kind(results: Sequence[AnalysisResult], row: PublishedNumber) -> list[AnalysisResult]:
    """Results by screens for a row by screens, where an analysis judges by networks as well."""
    by_screen = [r for r in results if "screen" in r.label]
    others = [r for r in results if "screen" not in r.label]
    if not (by_screen and others):
        return list(results)
    return by_screen if "screen" in row.needs else others


def _skipped(table: PublishedTable, row: PublishedNumber, summary: RunSummary) -> Comparison:
    """What the run said of an analysis that did not run."""
    said = [v for name, _, v in summary.skipped if name == row.analysis]
    state = State.NOT_APPLICABLE
    if any(str(v.state) == State.NOT_RUN for v in said):
        state = State.NOT_RUN
    reasons = dict.fromkeys(r for v in said for r in v.reasons) or ["the analysis left no result"]
    get = dict.fromkeys(c for v in said for c in v.would_change)
    return Comparison(table, row, state, reasons=tuple(reasons), get=tuple(get))


def _nearest(
    paper: Paper,
    table: PublishedTable,
    row: PublishedNumber,
    results: Sequence[AnalysisResult],
    study: Study,
    facts: RunFacts,
) -> list[Comparison]:
    """Comparisons with the results that come nearest; all of them where several come as near."""
    ranked: list[tuple[tuple[int, bool], Ours, Apart]] = []
    for result, select in parts_of(results, row, paper, study, facts):
        ours = find_number(result, select, seed=study.seed)
        apart = differences(row, paper, result.label, facts, study)
        ranked.append(((apart.distance, not ours.found), ours, apart))
    if not ranked:
        get = where_to_get(row, ("network", "gene_sets"), paper)
        names = listed([paper.input(k).name for k in row.references])
        told = f"not at hand: {names}"
        return [Comparison(table, row, State.NOT_RUN, reasons=(told,), get=get)]
    best = min(rank for rank, _, _ in ranked)
    found: dict[tuple[float, str], Comparison] = {}
    for rank, ours, apart in ranked:
        if rank == best:
            # What needs no model is the same number beside every model.
            key = (ours.value, ours.subject if row.model else "")
            found.setdefault(key, judge(table, row, ours, apart.told))
    nothing_found = best[1]
    return list(found.values())[: 1 if nothing_found else None]
