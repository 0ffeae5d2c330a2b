from dataclasses import replace

import pytest

from cellglass.cli import console
from cellglass.runs.tasks import TaskReport
from cellglass.stats import not_applicable, not_run

REPORT = TaskReport("capture/x", "k", 1.0, 1, 1)


def test_lines_come_now_and_then_and_at_the_end(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
):
    clock = [100.0]
    monkeypatch.setattr(console.time, "monotonic", lambda: clock[0])
    with console.progress() as follow:  # no terminal in tests
        follow("used again", None, 0, 3)
        follow("soon", REPORT, 1, 3)
        assert capsys.readouterr().err == ""
        clock[0] += console.EVERY
        follow("later", REPORT, 2, 3)
        assert capsys.readouterr().err == "  2/3 steps done (last: later)\n"
        follow("last", REPORT, 3, 3)
        assert capsys.readouterr().err == "  3/3 steps done (last: last)\n"


def test_verdicts_tell_what_would_run_what_was_not_run(capsys: pytest.CaptureFixture[str]):
    console.show_verdicts(
        [
            not_run("a claim", "an endpoint", why="no network", command="cellglass data fetch x"),
            not_applicable("a claim", "an endpoint", why="no decoder"),
        ]
    )
    lines = capsys.readouterr().out.splitlines()
    assert lines[0].startswith("NOT RUN")
    assert "no network" in lines[0]
    assert lines[1].startswith(" " * 16)
    assert "cellglass data fetch x" in lines[1]
    assert lines[2].startswith("NOT APPLICABLE")
    assert "no decoder" in lines[2]


def test_sentences_go_beside_the_results(capsys: pytest.CaptureFixture[str]):
    console.say("Reading cells")
    said = capsys.readouterr()
    assert (said.out, said.err) == ("", "Reading cells\n")


def test_equal_reasons_are_told_once(capsys: pytest.CaptureFixture[str]):
    console.show_verdicts(
        [
            *(not_run("c", e, why="no network", command="fetch it") for e in ("a", "b", "b")),
            not_run("c", "d", why="no screen", command="get one"),
        ]
    )
    lines = capsys.readouterr().out.splitlines()
    assert len(lines) == 4
    assert "a, b (2 times): no network." in lines[0]
    assert "d: no screen." in lines[2]


def test_sentences_are_wrapped_on_a_terminal_only(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
):
    text = "word " * 40
    console.wrapped(text.strip(), "  ", "    ")
    assert capsys.readouterr().out.count("\n") == 1
    monkeypatch.setattr(console.sys.stdout, "isatty", lambda: True)
    monkeypatch.setattr(console.shutil, "get_terminal_size", lambda: type("s", (), {"columns": 60}))
    console.wrapped(text.strip(), "  ", "    ")
    lines = capsys.readouterr().out.splitlines()
    assert len(lines) == 4
    assert max(map(len, lines)) <= 60
    assert lines[1].startswith("    word")


def test_a_remedy_told_once_is_referred_to(capsys: pytest.CaptureFixture[str]):
    console.show_verdicts(
        [
            not_run("c", "a", why="no screen", command="get one"),
            not_run("c", "b", why="C1: no screen", command="get one"),
        ]
    )
    out = capsys.readouterr().out
    assert out.count("get one") == 1
    assert out.splitlines()[-1].strip() == "(what to do: see above)"


def test_what_no_command_brings_is_told_as_such(capsys: pytest.CaptureFixture[str]):
    asked = not_run("c", "a", why="later", command="x")
    console.show_verdicts([replace(asked, would_change=("a later version",))])
    assert "would change it: a later version" in capsys.readouterr().out
