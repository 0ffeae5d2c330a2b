"""Pages on the study of concepts, made from the code: options, open questions, the atlas."""

from __future__ import annotations

import importlib
import inspect
import re
from dataclasses import MISSING
from typing import Any

OPEN_QUESTIONS = {
    "Kind of dictionary": "study: dictionary.kind",
    "Number of concepts": "study: dictionary.size",
    "Concepts active in a cell": "study: dictionary.k",
    "Seeds, and whether concepts recur": "study: dictionary.seeds",
    "Passes over the cells": "study: dictionary.epochs",
    "Centring and scale of embeddings": "TrainingSettings: centre, rescale",
    "When a concept counts as dead": "TrainingSettings: death_epochs",
    "Cells held out": "study: test_share",
    "Layer, pooling, norm of the embedding": "study: layer, pooling, normalise",
    "What replaces a gene's value": "AttributionSettings: perturbation, direction",
    "What an effect is divided by": "AttributionSettings: normalisation",
    "What is read": "AttributionSettings: read_outs",
    "What scores are made of, in a study": "study: attribution.read_out",
    "Which active cells, and how many": "AttributionSettings: prototypes, n_prototypes",
    "How many counterfactuals": "AttributionSettings: counterfactuals, n_counterfactuals",
    "What counts as not active": "AttributionSettings: inactive, inactive_quantile",
    "Same type, same donor": "AttributionSettings: matching, min_matched",
    "Distance": "AttributionSettings: distance",
    "Mean, median": "AttributionSettings: aggregation",
    "Score of an influential gene (0.05 is published)": "AttributionSettings: cutoff",
    "Which exchanges are run": "AttributionSettings: screen, top_share, random_share",
    "False discovery rate of terms": "study: enrichment.fdr",
    "Sizes of gene sets": "study: enrichment.smallest, enrichment.largest",
    "Permutations of the preranked test": "study: enrichment.permutations",
}
"""What the publication leaves open, and the options that decide it here."""


def open_questions() -> str:
    """What the paper does not say, by the option that says it here, with its default."""
    lines = ["| not public | option | default here |", "| --- | --- | --- |"]
    for question, told in OPEN_QUESTIONS.items():
        home, _, names = told.partition(": ")
        shown = names.split(", ")
        prefix = "concepts." if home == "study" else ""
        keys = ", ".join(f"`{prefix}{n}`" for n in shown)
        values = ", ".join(f"`{_plain(_default(home, n))}`" for n in shown)
        lines.append(f"| {question} | {keys} | {values} |")
    return "\n".join(lines) + "\n"


def _default(home: str, name: str) -> Any:
    """Default of an option; AttributeError where there is none of the name."""
    from cellglass import concepts
    from cellglass.runs.concepts_section import ConceptsConfig

    value = ConceptsConfig() if home == "study" else getattr(concepts, home)
    if home == "TrainingSettings":
        value = value(size=2, k=1)
    elif home == "AttributionSettings":
        value = value()
    for part in name.split("."):
        value = getattr(value, part)
    return value


def _plain(value: Any) -> str:
    words = {None: "chosen by the model", True: "yes", False: "no"}
    if value is None or isinstance(value, bool):
        return words[value]
    return " + ".join(value) if isinstance(value, tuple) else str(value)


def options(path: str) -> str:
    """Options of a dataclass with their defaults; meanings from its docstring."""
    module, _, name = path.rpartition(".")
    cls = getattr(importlib.import_module(module), name)
    text = (inspect.getdoc(cls) or "").split("Parameters\n----------\n")[1]
    text = re.split(r"\n\w+\n-+\n", text)[0]
    fields = cls.__dataclass_fields__
    lines, told = ["| option | default | meaning |", "| --- | --- | --- |"], set()
    for names, about in re.findall(r"^(\w.*)\n((?:    .*\n?)+)", text, re.MULTILINE):
        keys = names.split(", ")
        told |= set(keys)
        shown = ", ".join(f"`{k}`" for k in keys)
        defaults = ", ".join(_shown_default(fields[k]) for k in keys)
        lines.append(f"| {shown} | {defaults} | {cell(about).replace('``', '`')} |")
    silent = set(fields) - told
    if silent:
        raise ValueError(f"{path} does not say what {sorted(silent)} are")
    return "\n".join(lines) + "\n"


def _shown_default(field: Any) -> str:
    return "required" if field.default is MISSING else f"`{field.default!r}`"


def atlas_tables() -> str:
    """Every table of an atlas with its columns."""
    from cellglass.concepts.atlas.schema import SCHEMA_VERSION, TABLES

    lines = [f"Version {SCHEMA_VERSION} of the format.", ""]
    for name, schema in TABLES.items():
        must = "always there" if schema.required else "empty where nothing was computed"
        lines += [f"## {name}.parquet", "", f"({must})", ""]
        lines += ["| column | meaning |", "| --- | --- |"]
        lines += [f"| `{c}` | {cell(meaning)} |" for c, meaning in schema.columns.items()]
        lines += [""]
    return "\n".join(lines)


def unit_columns() -> str:
    """Every column of `cg.concepts.describe_units`."""
    from cellglass.concepts.statistics.unit_columns import LABEL_COLUMNS, UNIT_COLUMNS

    lines = ["| column | meaning |", "| --- | --- |"]
    lines += [f"| `{c}` | {cell(meaning)} |" for c, meaning in UNIT_COLUMNS.items()]
    lines += [f"| `LABEL: {c}` | {cell(meaning)} |" for c, meaning in LABEL_COLUMNS.items()]
    return "\n".join(lines) + "\n"


def cell(text: str) -> str:
    """Text that may stand in a cell of a table."""
    return " ".join(text.split()).replace("|", "\\|").replace("<", "&lt;").replace("*", "\\*")
