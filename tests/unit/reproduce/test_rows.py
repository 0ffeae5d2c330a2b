from cellglass.reproduce import find_paper, papers
from cellglass.reproduce.rows import inputs_of, rows_table


def test_one_row_a_number_with_its_source_and_inputs():
    table = rows_table([(p, p.tables) for p in papers().values()])
    assert len(table) == sum(len(t.rows) for p in papers().values() for t in p.tables)
    row = table[(table["table"] == "response") & (table["row"] == "attention-k562")].iloc[0]
    assert row["value"] == "0.704"
    assert row["model"] == "Geneformer V2-316M"
    assert row["analysis"] == "regulation.response"
    assert "ReplogleWeissman2022_K562_essential.h5ad" in row["where"]
    assert "tokeniser" in row["defect"]


def test_inputs_name_what_took_part():
    paper = find_paper("edges")
    found = inputs_of(paper, paper.by_id["residual"].row("correlation-raw-k562"))
    assert found["model"] == ""
    assert found["references"] == "TRRUST"
    assert "cellglass data fetch trrust" in found["where"]
