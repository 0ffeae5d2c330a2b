"""Pages of the documentation and what stands in them."""

from __future__ import annotations

import importlib.util
import re
import sys
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType

import pytest

ROOT = Path(__file__).resolve().parents[3]
PAGES = (
    ROOT / "README.md",
    ROOT / "CONTRIBUTING.md",
    *sorted(p for p in (ROOT / "docs").rglob("*.md") if not {"_build", "api"} & set(p.parts)),
)
_FENCE = re.compile(r"^(`{3,})([^\n`]*)\n(.*?)^\1$", re.MULTILINE | re.DOTALL)


@dataclass(frozen=True)
class Block:
    """A fenced block: its page, its language or directive, its text."""

    page: str
    language: str
    text: str


def blocks_of(page: Path) -> list[Block]:
    name = page.relative_to(ROOT).as_posix()
    return [Block(name, m[2].strip(), m[3]) for m in _FENCE.finditer(page.read_text())]


@pytest.fixture(scope="session")
def pages() -> tuple[Path, ...]:
    return PAGES


@pytest.fixture(scope="session")
def blocks() -> list[Block]:
    return [b for page in PAGES for b in blocks_of(page)]


def load_file(path: Path) -> ModuleType:
    """Import a file that is in no package."""
    spec = importlib.util.spec_from_file_location(f"_{path.stem}", path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="session")
def generated_pages() -> ModuleType:
    return load_file(ROOT / "docs" / "_ext" / "generated_pages.py")


@pytest.fixture(scope="session")
def root() -> Path:
    return ROOT


@pytest.fixture(scope="session")
def execute_tutorial() -> ModuleType:
    return load_file(ROOT / "scripts" / "execute_tutorial.py")
