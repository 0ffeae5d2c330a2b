"""The tutorial: stored outputs, names that exist, and a small version that runs."""

from __future__ import annotations

import ast
import re

import nbformat
import pytest

import cellglass as cg

# What the small version changes; each must be found, so that it cannot go stale.
SMALLER = {
    '"strata": "bulk_labels"}': '"strata": "bulk_labels", "max_cells": 150}',
    '"networks": ["trrust", "collectri"],': (
        '"networks": ["trrust", "collectri"],\n'
        '        "controls": ["nothing"],\n'
        '        "edges": {"heads": False},\n'
        '        "genes": {"max_genes": 150},\n'
        '        "statistics": {"draws": 39, "bootstrap": 100},\n'
        '        "resources": {"executor": "inline"},'
    ),
    "tokens[:200]": "tokens[:60]",
    "tokens[:16]": "tokens[:4]",
}


@pytest.fixture(scope="module")
def notebook(root):
    return nbformat.read(root / "docs" / "tutorials" / "first_study.ipynb", as_version=4)


def code(notebook) -> list:
    return [c for c in notebook.cells if c.cell_type == "code"]


def test_it_was_executed_from_top_to_bottom(notebook):
    counts = [c.execution_count for c in code(notebook)]
    assert counts == list(range(1, len(counts) + 1))
    kinds = {o.output_type for c in code(notebook) for o in c.outputs}
    assert "error" not in kinds
    assert {"stream", "execute_result", "display_data"} <= kinds


def test_it_is_small_and_names_no_folder_of_its_maker(notebook, root):
    text = (root / "docs" / "tutorials" / "first_study.ipynb").read_text()
    assert len(text) < 1_000_000
    assert not re.search(r"/tmp/|/home/|/root/|/work/", text)


def test_names_exist(notebook):
    dotted = set()
    for cell in code(notebook):
        ast.parse(cell.source)
        dotted |= set(re.findall(r"\bcg((?:\.[A-Za-z_]\w*)+)", cell.source))
    assert len(dotted) > 15
    for names in dotted:
        thing: object = cg
        for name in names.split(".")[1:]:
            assert hasattr(thing, name), f"cg{names}"
            thing = getattr(thing, name)


def test_it_does_what_the_demo_does(notebook):
    """The same study, but for its name: cells, models, networks, all analyses and controls."""
    from cellglass.cli import demo, run

    source = next(c.source for c in code(notebook) if "parse_study" in c.source)
    namespace: dict = {"cg": cg}
    exec(source.partition("run = ")[0], namespace)
    seen: list = []
    held = run.execute
    run.execute = lambda study, out: seen.append(study)
    try:
        demo.demo(executor="local", workers=None)
    finally:
        run.execute = held
    (theirs,) = seen
    assert namespace["study"].model_dump() == theirs.model_dump() | {"study": "tutorial"}


def test_what_the_small_version_changes_is_there(notebook):
    text = "\n".join(c.source for c in code(notebook))
    assert all(text.count(old) == 1 for old in SMALLER)


@pytest.mark.long
def test_a_small_version_runs(notebook, execute_tutorial):
    def change(source: str) -> str:
        for old, new in SMALLER.items():
            source = source.replace(old, new)
        return source

    done = execute_tutorial.tidy(execute_tutorial.execute(notebook, change=change))
    assert all(c.execution_count for c in code(done))
    printed = "".join(o.get("text", "") for c in code(done) for o in c.outputs)
    assert re.search(r"planted in layer (\d) head (\d)\nlayer \1 head \2 -> PASS", printed)
