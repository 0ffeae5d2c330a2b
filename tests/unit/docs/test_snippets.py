"""Code in README and documentation runs; what cannot run here compiles; YAML is valid."""

from __future__ import annotations

import ast
import re
import tomllib
from pathlib import Path

import pytest
import yaml

from cellglass.runs import parse_study

ROOT = Path(__file__).resolve().parents[3]
RUN = re.compile(r"^```python\n", re.MULTILINE)
WITH_CODE = sorted(
    p.relative_to(ROOT).as_posix()
    for p in (ROOT / "README.md", *(ROOT / "docs").rglob("*.md"))
    if not {"_build", "api"} & set(p.parts) and RUN.search(p.read_text())
)


def test_pages_with_code_are_found():
    assert {"README.md", "docs/quickstart.md", "docs/guides/taps.md"} <= set(WITH_CODE)


@pytest.mark.parametrize("page", WITH_CODE)
def test_snippets_run(page, blocks, tmp_path, monkeypatch):
    """The blocks of a page run one after the other, as a reader would paste them."""
    monkeypatch.chdir(tmp_path)
    namespace: dict[str, object] = {"__name__": "snippet"}
    for number, block in enumerate(b for b in blocks if b.page == page and b.language == "python"):
        exec(compile(block.text, f"{page}, block {number}", "exec"), namespace)


def test_blocks_that_need_files_of_the_reader_compile(blocks):
    shown = [b for b in blocks if b.language == "{code-block} python"]
    assert len(shown) >= 5
    for block in shown:
        ast.parse(block.text, block.page)


def test_names_of_cellglass_in_blocks_exist(blocks):
    """Also in blocks that are not run: every ``cg.a.b`` and every import is there."""
    import cellglass as cg

    checked = 0
    for block in blocks:
        if block.language != "{code-block} python":
            continue
        for dotted in re.findall(r"\bcg((?:\.[A-Za-z_]\w*)+)", block.text):
            thing: object = cg
            for name in dotted.split(".")[1:]:
                assert hasattr(thing, name), f"{block.page}: cg{dotted}"
                thing = getattr(thing, name)
            checked += 1
        for line in block.text.splitlines():
            if line.startswith("from cellglass"):
                exec(line, {})
                checked += 1
    assert checked > 10


def test_yaml_blocks_fit_the_schema(blocks):
    shown = [b for b in blocks if b.language == "yaml"]
    assert shown
    for block in shown:
        given = {"study": "x", "cells": {"path": "a.h5ad"}, "models": "mini-scgpt"}
        parse_study(given | yaml.safe_load(block.text), where=block.page)


def test_toml_blocks_are_valid(blocks):
    groups = set()
    for block in blocks:
        if block.language == "toml":
            content = tomllib.loads(block.text)
            groups |= set(content.get("project", {}).get("entry-points", ()))
    from cellglass.models.families import ENTRY_POINTS as MODELS
    from cellglass.reproduce.registry import ENTRY_POINTS as PUBLISHED
    from cellglass.runs.registry import ENTRY_POINTS as STUDIES

    assert groups == {MODELS, PUBLISHED, STUDIES}


def test_the_analysis_of_the_guide_runs(blocks, tmp_path, monkeypatch):
    """The module shown in the guide, registered as its entry point would."""
    import sys
    from types import ModuleType

    from cellglass.runs import registry, run_study

    text = next(b.text for b in blocks if "mypackage/depth.py" in b.text)
    module = ModuleType("mypackage.depth")
    exec(compile(text, "mypackage/depth.py", "exec"), module.__dict__)
    monkeypatch.setitem(sys.modules, "mypackage", ModuleType("mypackage"))
    monkeypatch.setitem(sys.modules, "mypackage.depth", module)
    held = registry.study_modules()
    monkeypatch.setattr(registry, "study_modules", lambda: held | {"mypackage": module})
    study = parse_study(
        {
            "study": "guide",
            "cells": {"path": "pbmc68k", "max_cells": 60},
            "models": "mini-scgpt",
            "analyses": ["mypackage.depth"],
            "resources": {"executor": "inline"},
        }
    )
    run = run_study(study, tmp_path / "run")
    (result,) = run.results
    assert len(result.tables["depth"]) == 60
    assert result.findings[0].estimate == result.tables["depth"]["genes"].median()
