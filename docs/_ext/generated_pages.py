"""Pages made from the code, so that they cannot go stale: study.yaml, commands, options, API.

They are written into ``docs/api/generated`` (not under version control) before each build.
"""

from __future__ import annotations

import importlib
import inspect
import json
import re
import sys
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parent))

import concept_pages
import geometry_pages

DOCS = Path(__file__).resolve().parents[1]
OUT = DOCS / "api" / "generated"
CARD = DOCS.parent / "src" / "cellglass" / "models" / "mini" / "README.md"

PACKAGES = {
    "cellglass.models": "Load a model, read and change what happens inside it.",
    "cellglass.data": "Cells, counts, gene names, screens, reference networks, edge tables.",
    "cellglass.stats": "Metrics, intervals, increments, multiplicity, findings, verdicts.",
    "cellglass.stats.nulls": "Surrogate data that keep stated properties, and check themselves.",
    "cellglass.stats.enrichment": "Over-representation and preranked tests on plain gene names.",
    "cellglass.regulation": "Study regulation: edges, reference networks, screens, cell states.",
    "cellglass.concepts": "Study concepts: embeddings, dictionaries, genes, terms, atlas.",
    "cellglass.geometry": "Study geometry: clouds, distances, homology, alignment, nulls, guards.",
    "cellglass.controls": "Planted truth, through the same battery.",
    "cellglass.runs": "From a study to a run folder.",
    "cellglass.report": "The HTML report.",
    "cellglass.reproduce": "Published tables as data, and ours beside them.",
    "cellglass.pl": "Figures; each draws into the axes given and returns them.",
    "cellglass.testing": "For packages that add models.",
}


def setup(app: Any) -> dict[str, bool]:
    """Register with Sphinx."""
    app.connect("builder-inited", lambda _: write_all())
    app.connect("autodoc-process-docstring", escape_bars)
    app.connect("autodoc-process-docstring", join_names, priority=900)
    return {"parallel_read_safe": True, "parallel_write_safe": True}


def escape_bars(app: Any, what: str, name: str, thing: Any, options: Any, lines: list[str]) -> None:
    """Keep |Spearman| and |x - y| from being taken for substitutions of reStructuredText."""
    doctest, block = False, -1  # block: indentation of the line that opened a literal block
    for i, line in enumerate(lines):
        text = line.strip()
        indent = len(line) - len(line.lstrip())
        doctest = text.startswith(">>>") or (doctest and bool(text))
        if text and indent <= block:
            block = -1
        if not doctest and block < 0:
            parts = line.split("``")
            parts[::2] = [re.sub(r"(?<![\\`\s])\|(?!`)|(?<![\\`])\|(?![`\s])", r"\\|", p)
                          for p in parts[::2]]  # fmt: skip
            lines[i] = "``".join(parts)
            block = indent if text.endswith("::") else block


def join_names(app: Any, what: str, name: str, thing: Any, options: Any, lines: list[str]) -> None:
    """Keep "mean, sd" one field: after a space, Sphinx takes the first name for a type."""
    for i, line in enumerate(lines):
        told = re.match(r"\s*:(?:param|ivar) (\w+(?:, \w+)+):", line)
        if told:
            lines[i] = line.replace(told[1], told[1].replace(", ", ",\u200b"), 1)


def write_all() -> None:
    """Write every generated page; files whose content stays are left alone."""
    pages = {
        "study_fragment.md": study_fields(),
        "cli_fragment.md": commands(),
        "nulls_fragment.md": nulls(),
        "analyses_fragment.md": analyses(),
        "units_fragment.md": units(),
        "card_fragment.md": model_card(),
        "atlas_fragment.md": concept_pages.atlas_tables(),
        "unit_columns_fragment.md": concept_pages.unit_columns(),
        "attribution_fragment.md": concept_pages.options("cellglass.concepts.AttributionSettings"),
        "training_fragment.md": concept_pages.options("cellglass.concepts.TrainingSettings"),
        "open_questions_fragment.md": concept_pages.open_questions(),
        "guards_fragment.md": geometry_pages.guards(),
        "geometry_nulls_fragment.md": geometry_pages.nulls(),
        "index_fragment.md": api_index(),
        **{f"{name}.md": api_page(name, what) for name, what in PACKAGES.items()},
    }
    OUT.mkdir(parents=True, exist_ok=True)
    for name, text in pages.items():
        path = OUT / name
        if not path.is_file() or path.read_text(encoding="utf-8") != text:
            path.write_text(text, encoding="utf-8")


# study.yaml ---------------------------------------------------------------------------


def study_fields() -> str:
    """Every key of study.yaml with type, default and meaning."""
    from cellglass.runs.study import Study, json_schema

    schema = json_schema()
    lines = ["## Top level", "", *_table(Study, schema["properties"])]
    for name, model, of_list in _sections(Study):
        what = "one entry of the list" if of_list else "a section"
        properties = schema["$defs"][model.__name__]["properties"]
        lines += ["", f"## {name}", "", f"`{name}` is {what}.", "", *_table(model, properties)]
    return "\n".join(lines) + "\n"


def _sections(model: Any, prefix: str = "") -> list[tuple[str, Any, bool]]:
    """Sections within a section, each followed by its own."""
    found: list[tuple[str, Any, bool]] = []
    for name, field in model.model_fields.items():
        inner = _model_of(field.annotation)
        if inner is not None:
            found.append((f"{prefix}{name}", inner, "list" in str(field.annotation)))
            found += _sections(inner, f"{prefix}{name}.")
    return found


def _table(model: Any, properties: dict[str, Any]) -> list[str]:
    lines = ["| key | type | default | meaning |", "| --- | --- | --- | --- |"]
    for name, field in model.model_fields.items():
        meaning = field.description or (inspect.getdoc(_model_of(field.annotation)) or "")
        meaning = meaning.partition("\n")[0]
        if field.is_required():
            default = "required"
        else:
            value = field.get_default(call_default_factory=True)
            inner = hasattr(value, "model_dump")
            default = "see below" if inner else f"`{json.dumps(value)}`"
        lines.append(
            f"| `{name}` | {_type(properties[name])} | {default} | {concept_pages.cell(meaning)} |"
        )
    return lines


def _type(entry: dict[str, Any]) -> str:
    if "anyOf" in entry:
        return " or ".join(dict.fromkeys(_type(e) for e in entry["anyOf"]))
    if "$ref" in entry:
        return "section"
    if "enum" in entry:
        return " or ".join(f"`{v}`" for v in entry["enum"])
    if "const" in entry:
        return f"`{entry['const']}`"
    if entry.get("type") == "array":
        return f"list of {_type(entry['items'])}"
    words = {"string": "text", "integer": "whole number", "number": "number", "null": "empty",
             "boolean": "true or false", "object": "mapping"}  # fmt: skip
    text = words[entry["type"]]
    limits = [
        f"{sign} {entry[key]:g}"
        for key, sign in (("minimum", ">="), ("exclusiveMinimum", ">"), ("exclusiveMaximum", "<"))
        if key in entry
    ]
    return f"{text} {', '.join(limits)}" if limits else text


def _model_of(annotation: Any) -> Any:
    from pydantic import BaseModel

    options = [annotation, *getattr(annotation, "__args__", ())]
    return next((o for o in options if inspect.isclass(o) and issubclass(o, BaseModel)), None)


# commands -----------------------------------------------------------------------------


def commands() -> str:
    """Every command with its arguments and options."""
    lines: list[str] = []
    for name, command in all_commands():
        usage = " ".join(
            p.name.upper() if p.required else f"[{p.name.upper()}]"
            for p in command.params
            if p.param_type_name == "argument"
        )
        about = inspect.cleandoc(command.help or "")
        lines += [f"## {name}", "", about, "", "```text", f"{name} {usage} [OPTIONS]"]
        lines += ["```", ""]
        rows = [_parameter(p) for p in command.params if p.name != "help"]
        if rows:
            lines += ["| parameter | meaning | default |", "| --- | --- | --- |", *rows, ""]
    return "\n".join(lines)


def all_commands() -> list[tuple[str, Any]]:
    """Names and click commands, groups opened."""
    import typer

    from cellglass.cli.main import app

    found: list[tuple[str, Any]] = []

    def walk(prefix: str, command: Any) -> None:
        if hasattr(command, "commands"):
            for name, inner in command.commands.items():
                walk(f"{prefix} {name}", inner)
        else:
            found.append((prefix, command))

    walk("cellglass", typer.main.get_command(app))
    return found


def _parameter(parameter: Any) -> str:
    if parameter.param_type_name == "argument":
        shown = f"`{parameter.name.upper()}`"
    else:
        shown = ", ".join(f"`{o}`" for o in parameter.opts)
    default = parameter.default
    text = "required" if parameter.required else "" if default is None else f"`{default}`"
    return f"| {shown} | {concept_pages.cell(parameter.help or '')} | {text} |"


# registered things --------------------------------------------------------------------


def analyses() -> str:
    """Table of analyses, as `cellglass list` shows them."""
    from cellglass.runs import analyses as registered

    lines = ["| analysis | question | needs | units |", "| --- | --- | --- | --- |"]
    for analysis in registered().values():
        needs, covered = concept_pages.cell(analysis.needs), ", ".join(analysis.units)
        lines.append(
            f"| `{analysis.name}` | {concept_pages.cell(analysis.question)} | {needs} | {covered} |"
        )
    return "\n".join(lines) + "\n"


def units() -> str:
    """The catalogue of the published evaluation: what it reported, what is done here and why."""
    from cellglass.regulation.units import units as all_units

    lines: list[str] = []
    for unit in all_units():
        state = f"`{unit.analysis}`" if unit.available else f"not in this version: {unit.later}"
        lines += [f"## {unit.id}: {_text(unit.title)}", "", _text(unit.question), ""]
        lines += ["| | |", "| --- | --- |", f"| Analysis | {state} |"]
        lines += [
            f"| Needs | {concept_pages.cell(unit.needs)} |",
            f"| Reported | {concept_pages.cell(unit.reported)} |",
        ]
        lines += [f"| Here, and why | {concept_pages.cell(unit.ours)} |"]
        if unit.available:
            lines += [f"| Function | `{unit.function.replace(':', '.')}` |"]
            lines += [f"| Test | `{unit.test}` |"]
        lines += [""]
    return "\n".join(lines)


def nulls() -> str:
    """Table of the nulls on networks: what each says that it keeps."""
    from cellglass.stats import nulls as module

    lines = ["| null | class | preserves |", "| --- | --- | --- |"]
    for name in module.__all__:
        thing = getattr(module, name)
        if inspect.isclass(thing) and getattr(thing, "preserves", "") and hasattr(thing, "name"):
            lines.append(f"| {thing.name} | `{name}` | {concept_pages.cell(thing.preserves)} |")
    return "\n".join(lines) + "\n"


def model_card() -> str:
    """The card of the mini models, links that leave its folder turned into text."""
    if not CARD.is_file():
        return "The model card is not part of this checkout.\n"
    text = re.sub(r"\A---\n.*?\n---\n", "", CARD.read_text(encoding="utf-8"), flags=re.DOTALL)
    return re.sub(r"(?<!!)\[([^\]]+)\]\((?!https?:)[^)]*\)", r"\1", text)


# API ----------------------------------------------------------------------------------


def api_index() -> str:
    """Table of packages and a table of contents of their pages."""
    lines = ["| package | what for |", "| --- | --- |"]
    lines += [f"| [{n}](../api/generated/{n}.md) | {what} |" for n, what in PACKAGES.items()]
    pages = [f"../api/generated/{n}" for n in PACKAGES]
    return "\n".join([*lines, "", "```{toctree}", ":hidden:", "", *pages, "```", ""])


def api_page(package: str, what: str) -> str:
    """One package: a table of its public names, then each in full."""
    module = importlib.import_module(package)
    names = [n for n in module.__all__ if not inspect.ismodule(getattr(module, n))]
    lines = [f"# {package}", "", what, "", "| name | |", "| --- | --- |"]
    lines += [f"| `{n}` | {concept_pages.cell(_first_line(getattr(module, n)))} |" for n in names]
    lines += ["", "```{eval-rst}"]
    for name in names:
        if home_of(getattr(module, name), package) == package:
            lines += ["", *_directive(package, name, getattr(module, name))]
    return "\n".join([*lines, "```", ""])


def home_of(thing: Any, package: str) -> str:
    """The most specific package that offers a thing: it is described there, once."""
    if not (inspect.isclass(thing) or inspect.isfunction(thing)):
        return package
    homes = [p for p in PACKAGES if thing.__name__ in importlib.import_module(p).__all__
             and getattr(importlib.import_module(p), thing.__name__) is thing]  # fmt: skip
    return max(homes, key=len, default=package)


def _directive(package: str, name: str, thing: Any) -> list[str]:
    if inspect.isclass(thing):
        return [f".. autoclass:: {package}.{name}", "   :members:"]
    if callable(thing):
        return [f".. autofunction:: {package}.{name}"]
    return [f".. py:data:: {package}.{name}"]


def _first_line(thing: Any) -> str:
    documented = inspect.isclass(thing) or callable(thing)
    return (inspect.getdoc(thing) or "").partition("\n")[0] if documented else "constant"


def _text(text: str) -> str:
    """Text that may stand in a paragraph or a heading."""
    return " ".join(text.split()).replace("<", "&lt;").replace("*", "\\*")
