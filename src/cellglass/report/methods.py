"""The paragraph on methods, ready to paste: what was done, with the numbers of this run."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from cellglass._words import listed, plural

from .inputs import genes_of, path_name
from .references import has_nulls, of_model, of_network, references
from .screens import screens_of
from .source import CELLS, Source


def methods(source: Source) -> list[str]:
    """Write the paragraphs.

    Returns
    -------
    list of str
        Software; cells and models; analyses; statistics. Those that do not apply are left out.
    """
    parts = [_software(source), _inputs(source), _analyses(source), _statistics(source)]
    return [p for p in parts if p]


def as_text(source: Source) -> str:
    """Paragraphs and references as plain text, as the copy button gives them."""
    listed = [f"{r.text}{f' doi:{r.doi}' if r.doi else ''}" for r in references(source)]
    return "\n\n".join([*methods(source), "References\n" + "\n".join(listed)])


def _software(source: Source) -> str:
    packages = source.environment.get("packages", {})
    if not packages:
        return "Analyses were run with cellglass."
    with_ = [f"{n} {packages[n]}" for n in ("torch", "numpy", "scipy") if n in packages]
    code = str(source.environment.get("code", ""))[:12]
    version = packages.get("cellglass", "")
    return (
        f"Analyses were run with cellglass {version}"
        + (f" (code {code})" if code else "")
        + f" under Python {source.environment.get('python', '')} with {listed(with_)}; all random "
        f"numbers derive from seed {source.manifest.get('seed', '')}."
    )


def _inputs(source: Source) -> str:
    study = source.study
    if study is None:
        return ""
    sentences = []
    cells = source.inputs.get(CELLS)
    name = path_name(study.cells.path)
    if cells is not None:
        report = cells["report"]
        n, unit = len(cells["blocks"]), cells["unit"]
        sentences.append(
            f"{report['n_cells']:,} of {report['n_cells_in_data']:,} cells of {name} with "
            f"{report['n_genes']:,} genes were used (counts from {report['counts_from']}), in {n} "
            f"{plural(unit, n)}"
            + (f" and {len(cells['strata'])} strata" if cells["strata"] else "")
            + "."
        )
    else:
        sentences.append(f"Cells came from {name}.")
    models = []
    for model in study.models:
        cited = of_model(model)
        text = model.label + (f" ({cited.key})" if cited else "")
        genes = genes_of(source).get(model.label)
        if genes is not None:
            mapping = genes["mapping"]
            text += (
                f", in whose vocabulary {mapping['mapped']:,} of {mapping['n_genes']:,} genes were "
                f"found ({genes['evaluable_genes']:,} evaluable)"
            )
        models.append(text)
    if models:
        sentences.append(f"Models: {'; '.join(models)}.")
    if study.tables:
        sentences.append(f"Edge tables: {listed([t.label for t in study.tables])}.")
    if used := source.networks_used:
        named = [n.label + (f" ({r.key})" if (r := of_network(n)) else "") for n in used]
        sentences.append(f"Reference networks: {listed(named)}.")
    sentences += [_screen(content) for content in screens_of(source)]
    return " ".join(sentences)


def _screen(content: Mapping[str, Any]) -> str:
    """One screen in a sentence."""
    report = content["report"]
    what = f"{content['modality'] or 'perturbations of unstated modality'}"
    where = f" in {content['cell_line']}" if content["cell_line"] else ""
    if report.get("n_cells") is None:
        return f"Screen {content['name']}: fold changes of {content['n_used']} {what}{where}."
    return (
        f"Screen {content['name']}: {what}{where}, {report['n_cells']:,} cells, "
        f"{report['n_controls']:,} of them controls; {content['n_used']} perturbations with cells "
        "enough."
    )


def _analyses(source: Source) -> str:
    """The method of each analysis, told for its first result and named for the others."""
    by_analysis: dict[str, dict[str, list[str]]] = {}
    for result in source.results:
        if text := result.method.strip():
            told = by_analysis.setdefault(result.analysis, {})
            told.setdefault(text, []).append(" and ".join(result.label.values()))
    sentences = []
    for told in by_analysis.values():
        first, *others = told
        sentences.append(first if first.endswith(".") else f"{first}.")
        if others:
            names = [name for text in others for name in told[text]]
            sentences.append(f"The same was done for {listed(names)}.")
    return " ".join(dict.fromkeys(sentences))


def _statistics(source: Source) -> str:
    study = source.study
    sentences = []
    if study is not None:
        s = study.statistics
        sentences.append(
            f"Intervals come from {s.bootstrap:,} bootstrap draws of the unit of inference, nulls "
            f"from {s.draws:,} draws each, with p = (1 + draws at least as extreme) / (1 + draws) "
            "(Phipson and Smyth 2010)."
        )
    if has_nulls(source):
        sentences.append(
            "p was adjusted for the choice among layers and heads by the maximum of the "
            "standardised statistic in each draw (Westfall and Young 1993); degree-preserving "
            "networks were drawn by checkerboard swaps with structural zeros kept, each draw "
            "reached independently from one hub state (Besag and Clifford 1989)."
        )
    if source.ledger is not None and len(source.ledger):
        sentences.append(
            "All tests stand in one ledger with raw p and were adjusted by BH (Benjamini and "
            f"Hochberg 1995) at {source.level:g}."
        )
    if study is not None:
        sentences.append(
            f"A claim passes if the lower end of the 95 % interval of the increment exceeds "
            f"{study.statistics.margin:g} and every null is beaten at {study.statistics.level:g}; "
            "it fails if the upper end of the 90 % interval lies below that margin; otherwise it "
            "is inconclusive."
        )
    return " ".join(sentences)
