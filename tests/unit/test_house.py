"""The rules of the house: who imports whom, how long things are, what stands beside what."""

from __future__ import annotations

import ast
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
SOURCE = ROOT / "src" / "cellglass"
UNIT = ROOT / "tests" / "unit"
FILES = sorted(SOURCE.rglob("*.py"))
MAX_FILE, MAX_FUNCTION = 400, 80

# A package may import those of lower floors; on one floor, packages do not know one another.
FLOORS = (
    {"errors"},
    {"seeds", *(p.stem for p in SOURCE.glob("_[a-z]*.py"))},
    {"stats", "data"},
    {"runs"},
    {"models"},
    {"regulation", "concepts", "geometry"},
    {"controls", "testing"},
    {"pl"},
    {"report"},
    {"reproduce"},
    {"cli"},
)
FLOOR = {package: i for i, floor in enumerate(FLOORS) for package in floor}
HEAVY = ("torch", "scanpy", "numba", "pandas", "scipy", "sklearn", "anndata", "matplotlib")


def name_of(path: Path) -> str:
    return path.relative_to(SOURCE).as_posix()


def package_of(path: Path) -> str:
    return path.relative_to(SOURCE).with_suffix("").parts[0]


def imported(path: Path) -> Iterator[str]:
    """Absolute names of the cellglass modules that a file imports, anywhere in it."""
    package = ["cellglass", *path.relative_to(SOURCE).parts[:-1]]
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            above = package[: len(package) - node.level + 1] if node.level else []
            base = ".".join([*above, *([node.module] if node.module else [])])
            names = [f"{base}.{alias.name}" for alias in node.names]
        else:
            continue
        yield from (n for n in names if n.split(".")[0] == "cellglass")


def test_every_package_has_its_floor():
    found = {package_of(p) for p in FILES} - {"__init__"}
    assert found == set(FLOOR)


def test_imports_go_one_way():
    wrong = []
    for path in FILES:
        package = package_of(path)
        if package == "__init__":
            continue  # names of all packages, each loaded on first use
        for name in imported(path):
            other = name.split(".")[1] if "." in name else "__init__"
            if other in FLOOR and other != package and FLOOR[other] >= FLOOR[package]:
                wrong.append(f"{name_of(path)} imports {name}")
            if other not in FLOOR and name != "cellglass.__version__":
                wrong.append(f"{name_of(path)} imports {name}: the package's own front door")
    assert not wrong, "\n".join(wrong)


def test_import_finder_sees_functions_and_relative_imports(tmp_path: Path, monkeypatch):
    monkeypatch.setitem(globals(), "SOURCE", tmp_path)
    file = tmp_path / "stats" / "x.py"
    file.parent.mkdir()
    file.write_text("from . import a\ndef f():\n    from ..models.taps import Tap\n")
    assert list(imported(file)) == ["cellglass.stats.a", "cellglass.models.taps.Tap"]


def test_studies_do_not_name_one_another_in_strings():
    """A task names its function as text, which the import test does not see."""
    wrong = []
    for path in FILES:
        package = package_of(path)
        for node in ast.walk(ast.parse(path.read_text())):
            if not (isinstance(node, ast.Constant) and isinstance(node.value, str)):
                continue
            module, colon, _ = node.value.partition(":")
            parts = module.split(".")
            named = parts[1] if colon and parts[0] == "cellglass" and parts[1:] else ""
            if FLOOR.get(named, 0) > FLOOR.get(package, len(FLOORS)):
                wrong.append(f"{name_of(path)}: {node.value}")
    assert not wrong, "\n".join(wrong)


@pytest.mark.parametrize("folder", ["src", "tests", "benchmarks", "scripts"])
def test_no_file_grows_past_400_lines(folder: str):
    lengths = {p: p.read_text().count("\n") for p in (ROOT / folder).rglob("*.py")}
    long = [f"{p.relative_to(ROOT)}: {n}" for p, n in lengths.items() if n > MAX_FILE]
    assert not long, "split these: " + ", ".join(sorted(long))


def code_lines(function: ast.FunctionDef | ast.AsyncFunctionDef) -> int:
    """Lines of a function without its docstring, which may be as long as it needs."""
    total = (function.end_lineno or 0) - function.lineno + 1
    first = function.body[0]
    if ast.get_docstring(function) is not None:
        total -= (first.end_lineno or 0) - first.lineno + 1
    return total


def test_no_function_grows_past_80_lines():
    functions = [
        (path, node)
        for path in FILES
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
    ]
    assert len(functions) > 500
    long = [f"{name_of(p)}: {f.name}" for p, f in functions if code_lines(f) > MAX_FUNCTION]
    assert not long, "split these: " + ", ".join(long)


def test_function_length_leaves_the_docstring_out():
    body = "\n".join(f"    x{i} = {i}" for i in range(81))
    text = f'def f():\n    """One\n\n    two.\n    """\n{body}\n'
    function = ast.parse(text).body[0]
    assert isinstance(function, ast.FunctionDef)
    assert code_lines(function) == 82


def source_of(test: Path) -> Path:
    """The source file that a test file mirrors; a leading underscore is not mirrored."""
    folder = SOURCE / test.relative_to(UNIT).parent
    stem = test.stem.removeprefix("test_")
    private = folder / f"_{stem}.py"
    return private if private.is_file() else folder / f"{stem}.py"


def test_tests_mirror_the_source_tree():
    whole = {"package", "house", "docstrings", "browser"}  # of more than one file
    astray = []
    for test in sorted(UNIT.rglob("test_*.py")):
        stem = test.stem.removeprefix("test_")
        folder = test.relative_to(UNIT).parent
        of_package = stem in whole or stem == f"{folder.name}_package"
        if folder.parts[:1] in (("docs",), ("examples",)) or (of_package or stem == "docs"):
            continue
        if not source_of(test).is_file():
            astray.append(str(test.relative_to(ROOT)))
    assert not astray, "no source file beside: " + ", ".join(astray)


# Files whose behaviour is that of what stands in front of them, and where that is tested.
TESTED_IN = {
    "cli/__main__": "e2e/test_faults",
    "concepts/atlas/schema": "unit/concepts/atlas/test_content",
    "data/cache": "unit/data/test_downloads",
    "data/columns": "unit/data/test_edges",
    "data/count_sources": "unit/data/test_counts",
    "data/edge_blocks": "unit/data/test_edges",
    "data/edge_files": "unit/data/test_edges",
    "data/gene_names": "unit/data/test_genes",
    "data/matrices": "unit/data/test_counts",
    "data/network_formats": "unit/data/test_network",
    "data/network_report": "unit/data/test_network",
    "data/pairs": "unit/data/test_network",
    "data/progress": "unit/data/test_downloads",
    "data/proof": "unit/data/test_scale",
    "data/scale_report": "unit/data/test_scale",
    "models/geneformer/dictionaries": "unit/models/geneformer/test_loading",
    "models/geneformer/model": "unit/models/test_contract",
    "models/geneformer/network": "unit/models/test_networks",
    "models/geneformer/weights": "unit/models/geneformer/test_loading",
    "models/scgpt/model": "unit/models/test_contract",
    "models/scgpt/network": "unit/models/test_networks",
    "models/scgpt/weights": "unit/models/scgpt/test_loading",
    "models/sites": "unit/models/test_interventions",
    "pl/_verdicts": "unit/pl/test_pl_package",
    "regulation/analyses": "unit/runs/test_registry",
    "regulation/study_edges": "unit/regulation/networks/test_recovery_analysis",
    "regulation/tasks": "e2e/test_resume",
    "regulation/units/biology": "unit/regulation/units/test_units_package",
    "regulation/units/networks": "unit/regulation/units/test_units_package",
    "regulation/units/scaling": "unit/regulation/units/test_units_package",
    "regulation/units/states": "unit/regulation/units/test_units_package",
    "runs/executors/base": "unit/runs/executors/test_local",
    "runs/study_problems": "unit/runs/test_study",
    "stats/nulls/curveball": "unit/stats/nulls/test_degree",
    "stats/nulls/label": "unit/stats/nulls/test_null_auroc",
    "stats/nulls/label_within_regulator": "unit/stats/nulls/test_null_auroc",
    "stats/nulls/matched_pairs": "unit/stats/nulls/test_expression_matched",
    "stats/nulls/matching": "unit/stats/nulls/test_expression_matched",
    "stats/nulls/rank_sums": "unit/stats/nulls/test_null_auroc",
    "stats/nulls/score_column": "unit/stats/nulls/test_null_auroc",
    "stats/nulls/swaps": "unit/stats/nulls/test_degree",
    "stats/parquet": "unit/stats/test_test_table",
    "stats/sweep": "unit/stats/test_permutation",
    "stats/verdict_record": "unit/stats/test_verdict",
}


def test_every_source_file_has_its_tests():
    mirrored = {source_of(test) for test in UNIT.rglob("test_*.py")}
    missing = []
    for path in FILES:
        name = name_of(path).removesuffix(".py")
        if path.name == "__init__.py" or path in mirrored:
            continue
        if not (ROOT / "tests" / f"{TESTED_IN.get(name, 'nowhere')}.py").is_file():
            missing.append(name)
    assert not missing, f"no tests of {', '.join(missing)}"
    gone = [name for name in TESTED_IN if not (SOURCE / f"{name}.py").is_file()]
    assert not gone, f"no longer there: {', '.join(gone)}"


@pytest.mark.parametrize("command", ["import cellglass", "cellglass --help"])
def test_loads_nothing_heavy(command: str):
    run = {
        "import cellglass": "import cellglass",
        "cellglass --help": (
            "import contextlib, io\n"
            "from cellglass.cli import main\n"
            "out = io.StringIO()\n"
            "with contextlib.redirect_stdout(out), contextlib.suppress(SystemExit):\n"
            "    main(['--help'])\n"
            "assert 'regulation' in out.getvalue()"
        ),
    }[command]
    code = f"{run}\nimport sys\nprint([m for m in {HEAVY} if m in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
