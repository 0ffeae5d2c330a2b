"""The whole page: what the templates are given, and the text they make of it."""

from __future__ import annotations

from importlib.resources import files
from typing import Any

from markupsafe import Markup

from cellglass._words import listed, plural

from . import verdicts
from .chapters import anchors, chapters
from .checks import checklist
from .glossary import FirstUses, all_terms
from .inputs import inputs, path_name
from .methods import as_text, methods
from .multiplicity import multiplicity
from .numbers import day
from .objections import objections
from .provenance import provenance
from .references import references
from .source import CONTROLS, Source, chapter_of

TEMPLATES = "templates"


def render(source: Source) -> str:
    """Make the page.

    Parameters
    ----------
    source
        What it says.

    Returns
    -------
    str
        HTML, complete in itself; equal for equal sources.

    Raises
    ------
    StudyError
        If a figure names a table or a function that is not there.
    """
    from jinja2 import Environment, PackageLoader, StrictUndefined

    environment = Environment(
        loader=PackageLoader("cellglass.report", TEMPLATES),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    return environment.get_template("report.html.j2").render(_context(source))


def _context(source: Source) -> dict[str, Any]:
    words = FirstUses()
    groups = verdicts.groups(source, anchors(source.results), words)
    scope, _ = verdicts.scope(source)
    checks = checklist(source)
    return {
        "name": source.name,
        "date": day(str(source.environment.get("time", ""))),
        "lead": _lead(source),
        "warnings": verdicts.warnings(source),
        "scope": scope,
        "tally": [
            (verdicts.state_css(s), str(s), n, verdicts.MEANING[s])
            for s, n in verdicts.tally(source)
        ],
        "meaning": [(verdicts.state_css(s), str(s), m) for s, m in verdicts.MEANING.items()],
        "groups": groups,
        "inputs": inputs(source),
        "chapters": chapters(source, words, objections(source, checks.checks)),
        "checklist": checks,
        "multiplicity": multiplicity(source),
        "methods": methods(source),
        "methods_text": as_text(source),
        "references": references(source),
        "provenance": provenance(source),
        "terms": list(all_terms()),
        "css": _asset("report.css"),
        "js": _asset("report.js"),
        "version": source.environment.get("packages", {}).get("cellglass", ""),
    }


def _asset(name: str) -> Markup:
    """Style and script of the page; ours, so they go in as they are."""
    return Markup(files("cellglass.report").joinpath(TEMPLATES, name).read_text(encoding="utf-8"))


def _lead(source: Source) -> str:
    """One sentence on what was run."""
    study = source.study
    if study is None:
        name = source.results[0].analysis
        return f"{source.analysis(name).title}: a set of scores, judged by cellglass."
    analyses = dict.fromkeys(
        r.analysis for r in source.results if chapter_of(r.analysis) != CONTROLS
    )
    n = len(analyses)
    text = (
        f"{n} {plural('analysis', n) if n == 1 else 'analyses'} of {listed(source.subject_names)}"
    )
    text += f" on cells of {path_name(study.cells.path)}"
    if used := source.networks_used:
        text += f", against {listed([network.label for network in used])}"
    if study.screens:
        told = listed([screen.label for screen in study.screens])
        text += f"{' and' if used else ', against'} responses in {told}"
    controls = len(source.control_results)
    if controls:
        text += f", with {controls} planted {plural('control', controls)} beside"
    return text + "."
