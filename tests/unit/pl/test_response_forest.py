import pandas as pd
import pytest

from cellglass import pl

NESTED = "layer chosen on other perturbations"


def labels(ax):
    return [t.get_text() for t in ax.get_yticklabels()]


def test_groups_of_scores_the_first_candidate_in_bold(table, ax):
    pl.response_forest(table, ax=ax)
    assert labels(ax) == [
        "Candidates", NESTED, "layer 0", "Beside them", "|Spearman|", "Single genes",
        "target $v$ariance",
    ]  # fmt: skip
    bold = [t.get_text() for t in ax.get_yticklabels() if t.get_fontweight() == "bold"]
    assert NESTED in bold
    assert "layer 0" not in bold
    assert ax.get_xlabel() == "mean AUROC over perturbations"


def test_what_targets_do_elsewhere_is_no_single_gene_statistic(table, ax):
    elsewhere = table.iloc[[3]].assign(score="responds elsewhere", auroc=0.75)
    pl.response_forest(pd.concat([table, elsewhere]), ax=ax)
    shown = labels(ax)
    assert shown.index("Beside them") < shown.index("responds elsewhere")
    assert shown.index("responds elsewhere") < shown.index("Single genes")


def test_one_configuration_is_drawn(table, ax):
    weak = table.assign(configuration="weak", auroc=0.51)
    pl.response_forest(pd.concat([weak, table]), ax=ax)
    values = sorted(line.get_xdata()[0] for line in ax.lines if len(line.get_xdata()) == 1)
    assert values == [0.6, 0.65, 0.7, 0.8]


def test_scores_without_a_value_are_left_out(table, ax):
    table.loc[2, ["auroc", "auroc_low", "auroc_high"]] = float("nan")
    pl.response_forest(table, ax=ax)
    assert "|Spearman|" not in labels(ax)


def test_a_configuration_that_is_not_there_says_so(table, ax):
    pl.response_forest(table, ax=ax, configuration="weak")
    assert ax.texts[0].get_text().startswith("nothing to draw")


def test_a_subject_without_candidates_is_drawn_too(table, ax):
    pl.response_forest(table[table["kind"] != "candidate"], ax=ax)
    assert labels(ax)[0] == "Beside them"


@pytest.mark.parametrize("n", [3, 24])
def test_many_layers_are_six_by_name(table, ax, n):
    layers = pd.concat([table.iloc[[1]].assign(score=f"layer {i}", auroc=0.5 + i / 100)
                        for i in range(n)])  # fmt: skip
    pl.response_forest(pd.concat([table.iloc[[0]], layers]), ax=ax)
    assert NESTED in labels(ax)
    assert (f"{n - 5} others" in labels(ax)) == (n > 6)
