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
