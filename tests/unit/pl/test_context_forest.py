import numpy as np

from cellglass import pl


def test_score_coexpression_and_the_best_single_gene_of_each_screen(table, ax):
    pl.context_forest(table, ax=ax)
    assert [t.get_text() for t in ax.get_yticklabels()] == ["K5$6$2 (CRISPRi)", "THP-1 (CRISPRko)"]
    points = {c.get_label(): np.asarray(c.get_offsets()).tolist() for c in ax.collections
              if not hasattr(c, "get_segments")}  # fmt: skip
    assert points["score"] == [[0.70, 0], [0.55, 1]]
    assert points["|Spearman|"] == [[0.69, 0], [0.58, 1]]
    assert points["best single-gene ranking"] == [[0.88, 0], [0.61, 1]]
    spans = [tuple(s[:, 0]) for c in ax.collections if hasattr(c, "get_segments")
             for s in c.get_segments()]  # fmt: skip
    assert spans == [(0.66, 0.74), (0.42, 0.68)]


def test_screens_that_could_not_be_judged_are_left_out(table, ax):
    table.loc[0, ["auroc", "auroc_low", "auroc_high", "coexpression"]] = float("nan")
    pl.context_forest(table, ax=ax)
    assert [t.get_text() for t in ax.get_yticklabels()] == ["THP-1 (CRISPRko)"]


def test_no_screen_that_could_be_judged(table, ax):
    pl.context_forest(table.assign(auroc=float("nan")), ax=ax)
    assert ax.texts[0].get_text().startswith("nothing to draw")
