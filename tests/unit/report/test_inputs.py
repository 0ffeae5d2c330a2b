"""Which cells, where counts came from, which genes a model sees."""

from cellglass.report.inputs import count_scale, inputs, path_name
from cellglass.report.source import source_of_result, source_of_run
from cellglass.stats import State

from .conftest import MODEL, read_csv, recovery


def test_cells_are_told_in_a_sentence_and_facts(full_run):
    view = inputs(source_of_run(full_run))
    assert view.answer == "700 of 1,000 cells of pbmc68k were used, with 765 genes."
    facts = dict(view.facts)
    assert facts["Count scale"] == (
        "log1p of counts per a fixed total, counts recovered: all values fit"
    )
    assert facts["Replicate blocks"] == "2 folds of cells"
    assert facts["Left out"] == "0 cells and 3 genes without any count"
    assert facts["Strata"].endswith("2 levels of 200 to 500 cells; 4 cells without a label")


def test_lost_genes_are_counted_and_named(full_run):
    view = inputs(source_of_run(full_run))
    strata, genes, routes = view.tables
    assert read_csv(strata.href)["n_cells"].tolist() == [500, 200]
    assert read_csv(genes.href).loc[0, "lost"] == 54
    assert routes.shown[-1][1].startswith("not found: LOST0, LOST1")
    assert f"{MODEL}: rows are the regulators of the networks." in view.notes


def test_unproven_counts_fail(full_run):
    source = source_of_run(full_run)
    source.inputs["cells"]["report"]["scale"] = {
        "kind": "scaled",
        "evidence": [],
        "recoverable": False,
    }
    assert count_scale(source) == (False, "scaled values, counts not recoverable")


def test_without_notes_nothing_is_made_up():
    assert inputs(source_of_result(recovery("t", State.FAIL))).answer == ""


def test_paths_of_every_system_are_shortened():
    assert [path_name(p) for p in ("pbmc68k", "/a/b.h5ad", "C:\\x\\c.h5ad", "/a/dir/")] == [
        "pbmc68k", "b.h5ad", "c.h5ad", "dir",
    ]  # fmt: skip
