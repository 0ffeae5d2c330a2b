from cellglass import pl


def test_surest_term_comes_first_and_long_names_are_cut(table, ax):
    pl.unit_terms(table, ax=ax)
    names = [t.get_text() for t in ax.get_yticklabels()]
    assert names[0] == "interferon alpha response"
    assert names[1].endswith("…")
    assert max(map(len, names)) <= 38


def test_libraries_differ_in_marks(table, ax):
    pl.unit_terms(table, ax=ax)
    assert [t.get_text() for t in ax.get_legend().get_texts()] == ["hall$m$ark", "GO"]
    marks = [line.get_marker() for line in ax.lines if line.get_marker() != "None"]
    assert len(set(marks)) == 2
