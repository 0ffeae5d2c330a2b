import importlib
import sys
from pathlib import Path

import pytest

PACKAGE = """
from cellglass._lazy import attach, keep_names
NAMES = {"f": ".f", "g": ".other", "sub": ".sub"}
keep_names(__name__, NAMES)
def __getattr__(name):
    return attach(__name__, NAMES, name)
"""


@pytest.fixture
def package(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """A package with a function called like its module, another, and a module meant as such."""
    name = f"lazy_{tmp_path.name}"
    folder = tmp_path / name
    folder.mkdir()
    (folder / "__init__.py").write_text(PACKAGE)
    (folder / "f.py").write_text("def f(): return 1")
    (folder / "other.py").write_text("def g(): return 2")
    (folder / "sub.py").write_text("x = 3")
    monkeypatch.syspath_prepend(str(tmp_path))
    return name


def test_names_are_found_when_asked_for(package: str):
    held = importlib.import_module(package)
    assert not any(m.startswith(f"{package}.") for m in sys.modules)
    assert held.g() == 2
    assert held.sub.x == 3
    assert held.f() == 1
    assert f"{package}.other" in sys.modules
    with pytest.raises(AttributeError, match="has no attribute 'nothing'"):
        held.nothing  # noqa: B018


@pytest.mark.parametrize("asked_before", [False, True])
def test_function_is_not_shadowed_by_its_module(package: str, asked_before: bool):
    held = importlib.import_module(package)
    if asked_before:
        assert held.f() == 1
    module = importlib.import_module(f"{package}.f")
    assert module.f is held.f
    assert held.f() == 1


@pytest.mark.parametrize(
    "package", ["stats", "data", "runs", "models", "regulation", "controls", "testing", "report"]
)
def test_public_names_stay_what_they_are_when_submodules_are_imported(package: str):
    held = importlib.import_module(f"cellglass.{package}")
    for path in sorted(Path(held.__file__ or "").parent.glob("[a-z]*.py")):
        importlib.import_module(f"cellglass.{package}.{path.stem}")
    turned = [n for n in held.__all__ if type(getattr(held, n)).__name__ in ("module", "Package")]
    assert turned == []
