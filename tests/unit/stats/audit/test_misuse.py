import numpy as np

from cellglass.stats.audit.misuse import Misuse, found_in, misuse_table, misuses, quoted, share


def test_the_gravest_stand_first(screen, keys, evidence):
    seen, drawn = screen()
    flat = drawn.assign(null_value=drawn["null_value"].where(drawn["null_kind"] != "endpoint_swap"))
    held = evidence(seen, flat, keys, "delta_auroc")
    found = misuses(held, [], [])
    order = [("misuse", "limit", "check").index(m.severity) for m in found]
    assert order == sorted(order)
    assert {"level_unattainable", "no_multiplicity_control", "draws_missing"} <= {
        m.code for m in found
    }


def test_rows_are_named(tables, evidence):
    held = evidence(*tables({r: (1.0, {"x": [0.0]}) for r in "abcde"}))

    def named(rows):
        return [(m.n_rows, m.rows) for m in found_in(held, np.array(rows), "c", "check", "s")]

    assert named([False] * 5) == []
    assert named([True] + [False] * 4) == [(1, "row a")]
    assert named([True] * 4 + [False]) == [(4, "row a; row b; row c; and 1 more")]
    assert named([True] * 5) == [(5, "all that were tested")]


def test_keys_with_one_value_are_not_repeated(screen, keys, evidence):
    held = evidence(*screen(), keys, "delta_auroc")
    assert held.name(0) == "immune · seed42 · source_disjoint"


def test_words():
    assert quoted(["a", "b"]) == "'a' and 'b'"
    assert quoted([str(i) for i in range(9)]).endswith("'5' and 3 more")
    assert share(3, 3) == "all 3 rows"
    assert share(1, 1) == "1 of 1 rows"


def test_table():
    table = misuse_table([Misuse("code", "check", "Told.", 2, "row a; row b")])
    assert table.iloc[0].tolist() == ["code", "check", 2, "Told.", "row a; row b"]
    assert list(misuse_table([]).columns) == list(table.columns)
