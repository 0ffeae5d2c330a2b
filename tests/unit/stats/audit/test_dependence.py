import numpy as np
import pytest

from cellglass.stats.audit.dependence import effective_rows, shared_draws

NAN = float("nan")


def test_effective_number_against_the_eigenvalues():
    rng = np.random.default_rng(0)
    mixed = rng.normal(size=(6, 2)) @ rng.normal(size=(2, 4000)) + rng.normal(size=(6, 4000))
    mean_r, effective, correlated = effective_rows(mixed)
    r = np.corrcoef(mixed)
    eigen = np.linalg.eigvalsh(r)
    assert effective == pytest.approx(eigen.sum() ** 2 / (eigen**2).sum(), rel=0.01)
    assert mean_r == pytest.approx(r[np.triu_indices(6, 1)].mean())
    assert correlated
    # The same by columns, of which there are fewer.
    few = mixed[:, :5]
    r = np.corrcoef(few)[np.triu_indices(6, 1)]
    excess = max(0.0, ((r**2).mean() - 1 / 4) / (1 - 1 / 4))
    assert effective_rows(few)[1] == pytest.approx(6 / (1 + 5 * excess))


@pytest.mark.parametrize(("rows", "draws"), [(20, 8), (100, 12), (30, 200)])
def test_independent_rows_are_worth_their_number(rows, draws):
    rng = np.random.default_rng(1)
    found = [effective_rows(rng.normal(size=(rows, draws))) for _ in range(40)]
    assert np.mean([effective for _, effective, _ in found]) > 0.9 * rows
    assert not any(correlated for _, _, correlated in found)


def test_rows_that_do_not_vary_count_as_their_own():
    same = np.arange(6.0)
    assert effective_rows(np.array([same] * 4 + [np.ones(6)])) == (1.0, 2.0, True)
    mean_r, effective, correlated = effective_rows(np.array([same, np.full(6, 0.3)]))
    assert np.isnan(mean_r)
    assert (effective, correlated) == (2.0, False)


def test_draws_are_lined_up_by_their_number(screen, keys, evidence):
    seen, drawn = screen(draws=30, shared=True)
    held = evidence(seen, drawn.sample(frac=1, random_state=0), keys, "delta_auroc")
    found = shared_draws(held)
    assert [f.family for f in found] == list(held.families)
    table = drawn[drawn["null_kind"] == found[0].family]
    wide = table.pivot_table(index=keys, columns="perm_idx", values="null_value", sort=False)
    # Columns come in the order in which numbers first occur.
    assert np.allclose(np.sort(found[0].values, axis=1), np.sort(wide.to_numpy(), axis=1))
    assert np.allclose(np.corrcoef(found[0].values), np.corrcoef(wide.to_numpy()))
    assert all(f.correlated and f.mean_r > 0.8 and f.effective < 2 for f in found)


def test_permutations_made_anew_for_each_row_are_not_shared(screen, keys, evidence):
    seen, drawn = screen(draws=30)
    found = shared_draws(evidence(seen, drawn, keys, "delta_auroc"))
    assert len(found) == 3
    assert not any(f.correlated for f in found)


def test_only_numbers_that_all_rows_have(tables, evidence):
    draws = [0.1, 0.3, 0.2, 0.5, 0.4, 0.6, 0.9]
    seen, drawn = tables({"a": (1.0, {"x": draws}), "b": (1.0, {"x": draws[:5]})})
    found = shared_draws(evidence(seen, drawn))
    assert found[0].values.shape == (2, 5)
    short = drawn[drawn["perm_idx"] < 4]
    assert shared_draws(evidence(seen, short)) == []
    repeated = drawn.assign(perm_idx=drawn["perm_idx"] % 5)
    assert shared_draws(evidence(seen, repeated)) == []
    assert shared_draws(evidence(seen, drawn.drop(columns="perm_idx"))) == []
    assert shared_draws(evidence(seen[:1], drawn)) == []


def test_missing_and_infinite_draws_are_left_out(tables, evidence):
    draws = [0.1, 0.3, 0.2, 0.5, 0.4, 0.6, 0.9]
    seen, drawn = tables(
        {"a": (1.0, {"x": draws}), "b": (1.0, {"x": [NAN, float("inf"), *draws[2:]]})}
    )
    assert shared_draws(evidence(seen, drawn))[0].values.shape == (2, 5)
