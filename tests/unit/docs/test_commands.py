"""Commands in README and documentation exist, and every command is documented."""

from __future__ import annotations

import re
import shlex

import pytest

SHELL = {"bash", "sh"}


def lines_of(blocks, program: str) -> list[tuple[str, list[str]]]:
    found = []
    for block in blocks:
        if block.language not in SHELL:
            continue
        for line in block.text.splitlines():
            words = shlex.split(line, comments=True)
            if words and words[0].removeprefix(".venv/bin/") == program:
                found.append((block.page, words[1:]))
    return found


def problem(words: list[str], commands: dict[str, object]) -> str:
    """What is wrong with a command line; empty if nothing is."""
    if words == ["--version"] or words == ["--help"]:
        return ""
    for n in (2, 1):
        command = commands.get(" ".join(["cellglass", *words[:n]]))
        if command is not None:
            break
    else:
        return "no such command"
    options = {o: p for p in command.params for o in (*p.opts, *p.secondary_opts)}  # type: ignore[attr-defined]
    rest, given = words[n:], []
    at = 0
    while at < len(rest):
        if rest[at].startswith("--"):
            if rest[at] not in options:
                return f"no option {rest[at]}"
            at += 1 if options[rest[at]].is_flag else 2
        else:
            given.append(rest[at])
            at += 1
    arguments = [p for p in command.params if p.param_type_name == "argument"]  # type: ignore[attr-defined]
    if len(given) < sum(p.required for p in arguments):
        return "an argument is missing"
    if len(given) > len(arguments) and not any(p.nargs == -1 for p in arguments):
        return f"too many arguments: {given}"
    missing = [
        p.opts[0]
        for p in command.params  # type: ignore[attr-defined]
        if p.param_type_name == "option" and p.required and not set(p.opts) & set(rest)
    ]
    return f"needs {missing}" if missing else ""


@pytest.fixture(scope="module")
def commands(generated_pages) -> dict[str, object]:
    return dict(generated_pages.all_commands())


def test_commands_that_are_shown_exist(blocks, commands):
    shown = lines_of(blocks, "cellglass")
    assert len(shown) > 15
    wrong = {f"{page}: {' '.join(words)}": problem(words, commands) for page, words in shown}
    assert not {k: v for k, v in wrong.items() if v}


@pytest.mark.parametrize(
    ("line", "said"),
    [("runn study.yaml", "no such command"), ("run", "an argument is missing"),
     ("run study.yaml --exec local", "no option --exec"),
     ("run a b", "too many arguments: ['a', 'b']"),
     ("regulation score e --cells c", "needs ['--network']"), ("data fetch a b c", ""),
     ("data fetch x --accept-new-hash", ""), ("regulation score e --cells c --network n", "")],
)  # fmt: skip
def test_the_finder_sees_wrong_commands(line, said, commands):
    assert problem(line.split(), commands) == said


def test_every_command_is_shown_in_a_page_written_by_hand(blocks, commands, pages):
    shown = {" ".join(["cellglass", *words[:2]]) for _, words in lines_of(blocks, "cellglass")}
    text = "\n".join(p.read_text() for p in pages)
    lacking = [
        name
        for name in commands
        if not any(s == name or s.startswith(f"{name} ") for s in shown) and f"`{name}" not in text
    ]
    assert not lacking


def test_make_targets_that_are_shown_exist(blocks, pages, root):
    makefile = (root / "Makefile").read_text()
    targets = set(re.findall(r"^([a-z][a-z-]*(?: [a-z-]+)*):", makefile, re.MULTILINE))
    targets = {t for group in targets for t in group.split()}
    shown = {w for _, words in lines_of(blocks, "make") for w in words[:1]}
    shown |= {m for p in pages for m in re.findall(r"`make ([a-z-]+)", p.read_text())}
    assert {"demo", "test", "install"} <= shown
    assert shown <= targets
    helped = set(re.findall(r'@echo "make ([a-z -]+?)  ', makefile))
    assert {"tutorial", "picture"} <= {w for group in helped for w in group.split()}


def test_the_two_commands_stand_at_the_top_of_the_readme(root):
    first = (root / "README.md").read_text()[:1200]
    assert first.index("make demo") < first.index("make test")
