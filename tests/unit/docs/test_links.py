"""Links inside README and documentation lead somewhere."""

from __future__ import annotations

import re
from pathlib import Path

_LINK = re.compile(r"(?<!`)\[[^\]]*\]\(([^)\s]+)\)")
_ROLE = re.compile(r"\{doc\}`(?:[^`<]*<)?([^`>]+)>?`")
_DIRECTIVE = re.compile(r"```\{(?:include|toctree)\}([^\n]*)\n(.*?)```", re.DOTALL)


def broken(page: Path, root: Path, made: Path) -> list[str]:
    """Targets named on a page that are not there; pages made from the code count as there."""
    text, found = page.read_text(), []
    for target in _LINK.findall(text):
        path = target.partition("#")[0]
        if path and not re.match(r"[a-z]+:", path) and not (page.parent / path).exists():
            found.append(target)
    for target in _ROLE.findall(text):
        base = page.parent / target
        if not any(base.with_suffix(s).is_file() for s in (".md", ".ipynb")):
            found.append(target)
    for argument, body in _DIRECTIVE.findall(text):
        lines = [argument.strip(), *(line.strip() for line in body.splitlines())]
        for line in filter(None, lines):
            if line.startswith(":"):
                continue
            path = (page.parent / line).resolve()
            there = any(p.is_file() for p in (path, Path(f"{path}.md"), Path(f"{path}.ipynb")))
            if not there and path.parent != made:
                found.append(line)
    return found


def test_links_resolve(pages, root):
    made = root / "docs" / "api" / "generated"
    wrong = {str(p.relative_to(root)): broken(p, root, made) for p in pages}
    assert not {k: v for k, v in wrong.items() if v}


def test_the_finder_sees_broken_links(tmp_path: Path):
    page = tmp_path / "x.md"
    page.write_text(
        "[a](there.md) [b](https://x.org) [c](gone.md#part) {doc}`there` {doc}`lost`\n"
        "```{toctree}\n:hidden:\n\nthere\nmissing\n```\n```{include} nothing.md\n```\n"
    )
    (tmp_path / "there.md").write_text("x")
    assert broken(page, tmp_path, tmp_path / "made") == [
        "gone.md#part",
        "lost",
        "missing",
        "nothing.md",
    ]


def test_every_page_is_in_the_table_of_contents(pages, root):
    docs = root / "docs"
    text = (docs / "index.md").read_text()
    listed = {line.strip() for _, body in _DIRECTIVE.findall(text) for line in body.splitlines()}
    for page in pages:
        if docs in page.parents and page.name != "index.md":
            assert page.relative_to(docs).with_suffix("").as_posix() in listed


def test_generated_includes_are_written(pages, root, generated_pages, monkeypatch, tmp_path):
    """A page may include what the extension writes, and only that."""
    monkeypatch.setattr(generated_pages, "OUT", tmp_path)
    generated_pages.write_all()
    made = {p.name for p in tmp_path.iterdir()}
    wanted = {
        Path(argument.strip()).name
        for page in pages
        for argument, _ in _DIRECTIVE.findall(page.read_text())
        if "generated" in argument
    }
    assert wanted
    assert wanted <= made
