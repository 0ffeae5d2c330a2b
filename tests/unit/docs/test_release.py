"""What a release says of itself agrees."""

from __future__ import annotations

import re
import tomllib

import yaml

import cellglass


def test_versions_agree(root):
    project = tomllib.loads((root / "pyproject.toml").read_text())["project"]
    newest = re.search(r"^## (\d+\.\d+\.\d+)", (root / "CHANGELOG.md").read_text(), re.MULTILINE)
    citation = yaml.safe_load((root / "CITATION.cff").read_text())
    assert newest is not None
    assert newest[1] == project["version"] == cellglass.__version__ == citation["version"]
    assert citation["license"] == project["license"]
    assert str(citation["cff-version"]) == "1.2.0"
    assert citation["title"].startswith(project["name"])


def test_the_changelog_names_every_command(root, generated_pages):
    text = (root / "CHANGELOG.md").read_text().split("\n## ")[1]
    for name, _ in generated_pages.all_commands():
        assert name.rpartition(" ")[2] in text, name


def test_the_picture_is_small_and_shown(root):
    picture = root / "docs" / "images" / "report.png"
    assert picture.stat().st_size < 400_000
    assert picture.read_bytes()[:8] == b"\x89PNG\r\n\x1a\n"
    assert "(docs/images/report.png)" in (root / "README.md").read_text()
