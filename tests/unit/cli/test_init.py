from collections.abc import Callable
from pathlib import Path

from cellglass.runs.study import load_study


def test_written_study_validates_and_runs(
    cellglass: Callable, cells: Path, checkpoint: Path, network: Path, tmp_path: Path
):
    out = tmp_path / "new" / "mine.yaml"
    told = cellglass(
        *("init", "--cells", cells, "--model", checkpoint, "--network", network, "--out", out)
    )
    assert told.code == 0, told.text
    assert f"cellglass run {out}" in told.out
    study = load_study(out)
    assert study.study == "mine"
    assert study.cells.path == str(cells)
    assert study.cells.strata == "cell_type"
    assert study.cells.donor == "donor"
    assert study.models[0].path == str(checkpoint)
    assert study.networks[0].source == str(network)
    # the same file, without what takes long
    lines = [line for line in out.read_text().splitlines()
             if not line.startswith(("analyses:", "controls:"))]  # fmt: skip
    quick = ["analyses: [regulation.reliability]", "controls: []", ""]
    text = "\n".join([*lines, *quick]).replace("executor: local ", "executor: inline ")
    out.write_text(text.replace("untrained: true ", "untrained: false "))
    told = cellglass("run", out)
    assert told.code == 0, told.text
    assert (out.parent / "runs" / "mine" / "report.html").is_file()


def test_columns_are_suggested_only_if_they_tell_cells_apart(
    cellglass: Callable, write_cells: Callable, tmp_path: Path
):
    path = write_cells(
        obs={
            "cell_type": "T",
            "donor": "d",
            "Leiden": [i % 3 for i in range(60)],
            "lane": [f"lane {i % 2}" for i in range(60)],
        }
    )
    out = tmp_path / "study.yaml"
    assert cellglass("init", "--cells", path, "--model", "mini-scgpt", "--out", out).code == 0
    study = load_study(out)
    assert study.cells.strata == "Leiden"
    assert study.cells.donor is None
    assert study.cells.batch == "lane"
    assert study.study == tmp_path.name
    assert study.models[0].path == "mini-scgpt"
    assert [n.source for n in study.networks] == ["trrust"]


def test_a_file_that_is_there_stays(cellglass: Callable, cells: Path, tmp_path: Path):
    out = tmp_path / "study.yaml"
    out.write_text("mine")
    command = ("init", "--cells", cells, "--model", "mini-scgpt", "--out", out)
    told = cellglass(*command)
    assert told.code == 2
    assert "the file is there already" in told.err
    assert out.read_text() == "mine"
    assert cellglass(*command, "--overwrite").code == 0
    assert load_study(out).cells.path == str(cells)


def test_what_is_wrong_is_told_before_anything_is_written(
    cellglass: Callable, cells: Path, tmp_path: Path
):
    out = tmp_path / "study.yaml"
    told = cellglass("init", "--cells", cells, "--model", "mini-scgtp", "--out", out)
    assert told.code == 2
    assert "did you mean 'mini-scgpt'?" in told.err
    told = cellglass("init", "--cells", "nowhere.h5ad", "--model", "mini-scgpt", "--out", out)
    assert told.code == 2
    assert "nowhere.h5ad" in told.err
    assert not out.exists()


def test_a_study_of_a_screen_says_what_the_file_tells(cellglass: Callable, tmp_path: Path):
    from cellglass.controls.battery import write_planted_study
    from cellglass.runs.sections import StatisticsConfig

    write_planted_study("nothing", 1, tmp_path, settings=StatisticsConfig(), analyses=[])
    out = tmp_path / "mine.yaml"
    screen = tmp_path / "screen.h5ad"
    told = cellglass(
        "init", "--table", tmp_path / "edges.parquet", "--screen", screen, "--network",
        tmp_path / "network.csv", "--out", out,
    )  # fmt: skip
    assert told.code == 0, told.text
    study = load_study(out)
    assert study.cells.path == "screen:screen"
    (entry,) = study.screens
    assert (entry.perturbation, entry.control, entry.modality) == (
        "perturbation", "control", "CRISPRi",
    )  # fmt: skip
    assert [t.label for t in study.tables] == ["edges"]


def test_nothing_to_judge_or_no_cells(cellglass: Callable, cells: Path, tmp_path: Path):
    told = cellglass("init", "--cells", cells, "--out", tmp_path / "s.yaml")
    assert told.code == 2
    assert "no --model and no --table" in told.err
    told = cellglass("init", "--model", "mini-scgpt", "--out", tmp_path / "s.yaml")
    assert told.code == 2
    assert "no cells are named" in told.err
