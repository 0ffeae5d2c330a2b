"""The tutorials: stored outputs, names that exist, and a small version of each that runs."""

from __future__ import annotations

import ast
import re

import nbformat
import pytest

import cellglass as cg

FIRST, CONCEPTS, GEOMETRY = "first_study", "concepts", "geometry"
# What the small version changes; each must be found, so that it cannot go stale.
SMALLER_FIRST = {
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
SMALLER_CONCEPTS = {
    "between.nlargest(10": "between.nlargest(4",
    "n_prototypes=100, n_counterfactuals=3": "n_prototypes=12, n_counterfactuals=1",
    '"prototypes": 60, "counterfactuals": 3': '"prototypes": 12, "counterfactuals": 1',
    "n_prototypes=12)": "n_prototypes=6)",
}
SMALLER_GEOMETRY = {
    "cells = cg.data.pbmc68k_reduced()": "cells = cg.data.pbmc68k_reduced()[:200].copy()",
    '"strata": "bulk_labels"},': '"strata": "bulk_labels", "max_cells": 200},',
    "draws=39)": "draws=19)",
    '"draws": 199, "bootstrap": 300}': '"draws": 99, "bootstrap": 100}',
}
SMALLER = {FIRST: SMALLER_FIRST, CONCEPTS: SMALLER_CONCEPTS, GEOMETRY: SMALLER_GEOMETRY}


@pytest.fixture(scope="module", params=SMALLER)
def any_notebook(request, root):
    """Name and content of each tutorial."""
    return request.param, read(root, request.param)


@pytest.fixture(scope="module")
def notebook(root):
    return read(root, FIRST)


def read(root, name: str):
    return nbformat.read(root / "docs" / "tutorials" / f"{name}.ipynb", as_version=4)


def test_every_tutorial_is_tested(root):
    names = {p.stem for p in (root / "docs" / "tutorials").glob("*.ipynb")}
    assert names == set(SMALLER)


def code(notebook) -> list:
    return [c for c in notebook.cells if c.cell_type == "code"]


def test_it_was_executed_from_top_to_bottom(any_notebook):
    _, notebook = any_notebook
    counts = [c.execution_count for c in code(notebook)]
    assert counts == list(range(1, len(counts) + 1))
    kinds = {o.output_type for c in code(notebook) for o in c.outputs}
    assert "error" not in kinds
    assert {"stream", "execute_result", "display_data"} <= kinds


def test_it_is_small_and_names_no_folder_of_its_maker(any_notebook, root):
    name, _ = any_notebook
    text = (root / "docs" / "tutorials" / f"{name}.ipynb").read_text()
    assert len(text) < 1_000_000
    assert not re.search(r"/tmp/|/home/|/root/|/work/", text)


def test_names_exist(any_notebook):
    _, notebook = any_notebook
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
    """The same study but for its name, concepts and geometry, which have their own tutorials."""
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
    without = {"study": "tutorial", "concepts": None, "gene_sets": [], "geometry": None}
    assert namespace["study"].model_dump() == theirs.model_dump() | without


def test_what_the_small_version_changes_is_there(any_notebook):
    name, notebook = any_notebook
    text = "\n".join(c.source for c in code(notebook))
    assert all(text.count(old) == 1 for old in SMALLER[name])


def small_version(notebook, name, execute_tutorial):
    """Execute with smaller numbers: the notebook, and what it printed."""

    def change(source: str) -> str:
        for old, new in SMALLER[name].items():
            source = source.replace(old, new)
        return source

    done = execute_tutorial.tidy(execute_tutorial.execute(notebook, change=change))
    assert all(c.execution_count for c in code(done))
    return done, "".join(o.get("text", "") for c in code(done) for o in c.outputs)


@pytest.mark.long
def test_a_small_version_runs(notebook, execute_tutorial):
    _, printed = small_version(notebook, FIRST, execute_tutorial)
    assert re.search(r"planted in layer (\d) head (\d)\nlayer \1 head \2 -> PASS", printed)


@pytest.mark.long
def test_a_small_version_of_the_concepts_runs(root, execute_tutorial):
    done, printed = small_version(read(root, CONCEPTS), CONCEPTS, execute_tutorial)
    assert "full swap: relative error 0.0e+00" in printed
    assert re.search(r"attribution 0\.9\d, differential expression 0\.[0-6]\d", printed)
    assert "ConceptAtlas('scvi': 12 concepts" in printed
    assert sum("image/png" in o.get("data", {}) for c in code(done) for o in c.outputs) == 2


@pytest.mark.long
def test_a_small_version_of_the_geometry_runs(root, execute_tutorial):
    done, printed = small_version(read(root, GEOMETRY), GEOMETRY, execute_tutorial)
    says_what_geometry_says(printed)
    assert sum("image/png" in o.get("data", {}) for c in code(done) for o in c.outputs) == 4


def says_what_geometry_says(printed: str) -> None:
    """What was planted is found, what was not is not, and artefacts are caught."""
    assert "G3 failed - 120 of 400 points" in printed
    assert "are rows of zeros" in printed
    assert "G4 failed" in printed
    told = " ".join(printed.split())
    assert re.search(r"popular: [^:]* None survives", told)
    assert re.search(r"near: [^:]* 5 of 5 survive", told)
    passed = re.findall(r"PASS: (\w+) distance [^:]*? telling (\w+) pairs", told)
    assert passed == [("Euclidean", "near")]
    shares = re.search(r"in sample ([\d.]+)%, held out ([\d.]+)%", printed)
    assert shares is not None
    assert float(shares[1]) > 20 > 5 > float(shares[2])


def test_the_text_on_geometry_is_true_of_the_outputs(root):
    """Zero rows alone are significant, loops are found in trained models only."""
    notebook = read(root, GEOMETRY)
    outputs = [o for c in code(notebook) for o in c.outputs]
    printed = "".join(o.get("text", "") for o in outputs)
    says_what_geometry_says(printed)
    found = dict(re.findall(r"(noise|noise with rows of zeros): z = \S+, p = (\S+)", printed))
    assert float(found["noise with rows of zeros"]) < 0.05 < float(found["noise"])
    assert "MS4A1" in printed.split("CD79A  ")[1][:20]


def test_the_concept_that_is_named_is_there(root):
    """What the text says of the outputs is true of them."""
    notebook = read(root, CONCEPTS)
    outputs = "".join(
        o.get("text", "") + o.get("data", {}).get("text/plain", "")
        for c in code(notebook)
        for o in c.outputs
    )
    for gene in ("GNLY", "NKG7"):
        assert gene in outputs
    assert "cytotoxic granules" in outputs
    assert re.search(r"concept \d+ \['T cells'", outputs)  # the concept of monocytes
