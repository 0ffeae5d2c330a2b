"""`cellglass audit` on a screen as it is published: several hypotheses, every artefact planted."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from cellglass.cli import main

KEYS = ["hypothesis_id", "domain", "seed_tag", "split_regime", "layer"]
BY = ",".join(KEYS)


def published(folder: Path) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Four hypotheses, 18 rows each, in two files.

    H1: a true effect and 399 draws. H2: 8 draws. H3: a null that keeps the effect (a leak).
    H4: its nulls are similarities, its observed values differences.
    """
    rng = np.random.default_rng(5)
    plan = {
        "H1": (0.08, {"label_permutation": (0.0, 399), "endpoint_swap": (0.01, 399)}),
        "H2": (0.03, {"label_permutation": (0.0, 8), "descriptor_shuffle": (0.02, 8)}),
        "H3": (0.10, {"label_permutation": (0.0, 24), "community_shuffle": (0.0965, 24)}),
        "H4": (0.00, {"signature_destroy": (0.90, 24), "random_map": (0.88, 24)}),
    }
    seen, drawn = [], []
    for hypothesis, (effect, nulls) in plan.items():
        for domain in ("immune", "lung", "external_lung"):
            for seed in ("seed42", "seed43", "seed44"):
                for split in ("source_disjoint", "target_disjoint"):
                    key = (hypothesis, domain, seed, split, 11)
                    value, p = rng.normal(effect, 0.005), []
                    for family, (centre, n) in nulls.items():
                        draws = rng.normal(centre, 0.01, n)
                        p.append((1 + (draws >= value).sum()) / (n + 1))
                        drawn += [(*key, family, i, v) for i, v in enumerate(draws)]
                    seen.append((*key, bool(value > 0), int(rng.integers(190, 220)), value, min(p)))
    rows = pd.DataFrame(seen, columns=[*KEYS, "positive", "n_edges", "delta_auroc", "p_best"])
    nulls = pd.DataFrame(drawn, columns=[*KEYS, "null_kind", "perm_idx", "null_value"])
    rows.to_csv(folder / "rows.csv", index=False)
    nulls.sample(frac=1, random_state=0).to_csv(folder / "nulls.csv.gz", index=False)
    return rows, nulls


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("published")


@pytest.fixture(scope="module")
def tables(folder: Path) -> tuple[pd.DataFrame, pd.DataFrame]:
    return published(folder)


@pytest.fixture(scope="module")
def audited(folder: Path, tables: tuple[pd.DataFrame, pd.DataFrame]) -> Path:
    main([
        "audit", "--observed", str(folder / "rows.csv"), "--nulls", str(folder / "nulls.csv.gz"),
        "--by", BY, "--value", "delta_auroc", "--null-value", "null_value",
        "--null-kind", "null_kind", "--direction", "greater", "--out", str(folder / "audit"),
    ])  # fmt: skip
    return folder / "audit"


def test_every_number_against_a_loop(audited: Path, tables: tuple[pd.DataFrame, pd.DataFrame]):
    seen, drawn = tables
    rows = pd.read_parquet(audited / "rows.parquet")
    assert rows[KEYS].equals(seen[KEYS])
    by_key = dict(iter(drawn.groupby(KEYS, sort=False)))
    for i, row in rows.iterrows():
        draws = {
            f: g["null_value"].to_numpy() for f, g in by_key[tuple(row[KEYS])].groupby("null_kind")
        }
        value = seen.loc[i, "delta_auroc"]
        q95 = {f: np.quantile(v, 0.95) for f, v in draws.items()}
        assert abs(row["strict_margin"] - (value - max(q95.values()))) < 1e-12
        pool = np.quantile(np.concatenate(list(draws.values())), 0.95)
        assert abs(row["null_gap"] - (value - pool)) < 1e-12
        p = {f: (1 + (v >= value).sum()) / (v.size + 1) for f, v in draws.items()}
        for family in draws:
            assert row[f"p_{family}"] == p[family]
        assert (row["p_max"], row["p_min"]) == (max(p.values()), min(p.values()))
        assert row["attainable_p"] == max(1 / (v.size + 1) for v in draws.values())
    families = pd.read_parquet(audited / "families.parquet")
    assert families["n_draws"].sum() == len(drawn)


def test_only_the_true_effect_survives(audited: Path):
    rows = pd.read_parquet(audited / "rows.parquet")
    survivors = rows[(rows["strict_margin"] > 0) & (rows["bh"] <= 0.05)]
    assert set(survivors["hypothesis_id"]) == {"H1"}
    assert len(survivors) >= 15
    summary = json.loads((audited / "summary.json").read_text())
    assert summary["survive"]["all"] == len(survivors)
    assert summary["sentences"][0].startswith("72 rows are tested against 2 null families each")


def test_each_artefact_is_named(audited: Path):
    misuse = pd.read_parquet(audited / "misuse.parquet").groupby("code")["told"].agg(" | ".join)
    assert "'p_best'" in misuse["minimum_over_families"]
    assert "8 draws, with which p cannot be below 0.111" in misuse["level_unattainable"]
    assert "72 rows are tested and no p is adjusted" in misuse["no_multiplicity_control"]
    assert "'community_shuffle'" in misuse["null_keeps_the_effect"]
    assert "'signature_destroy'" in misuse["not_comparable"]
    assert "depends on 'hypothesis_id'" in misuse["family_missing"]
    printed = pd.read_parquet(audited / "printed.parquet").set_index("column")
    assert printed.loc["p_best", "formula"].startswith("smallest p over null families")
    assert printed.loc["p_best", ["n", "n_agree"]].tolist() == [72, 72]


def test_groups(audited: Path, tables: tuple[pd.DataFrame, pd.DataFrame]):
    rows = pd.read_parquet(audited / "rows.parquet")
    groups = pd.read_parquet(audited / "groups.parquet")
    both = groups[groups["grouping"] == "hypothesis_id × domain × split_regime"]
    assert len(both) == 24
    expected = rows.groupby(["hypothesis_id", "domain", "split_regime"])["strict_margin"].mean()
    found = both.set_index(["hypothesis_id", "domain", "split_regime"])["mean_strict_margin"]
    assert np.allclose(found, expected.reindex(found.index))


def test_the_page_opens_with_what_survives(audited: Path):
    page = (audited / "audit.html").read_text()
    assert page.index("72 rows are tested") < page.index("What survives</h2>")
    assert "http://" not in page.replace("http://www.w3.org", "")


def test_the_same_again_and_in_another_order(
    audited: Path, folder: Path, cellglass: Callable, tmp_path: Path
):
    nulls = pd.read_csv(folder / "nulls.csv.gz").sort_values("null_value", kind="stable")
    nulls.to_parquet(tmp_path / "nulls.parquet", index=False)
    told = cellglass(
        "audit", "--observed", folder / "rows.csv", "--nulls", tmp_path / "nulls.parquet",
        "--by", BY, "--value", "delta_auroc", "--out", tmp_path / "again",
    )  # fmt: skip
    assert told.code == 0, told.text
    for name in ("rows", "families"):
        a, b = (pd.read_parquet(d / f"{name}.parquet") for d in (audited, tmp_path / "again"))
        pd.testing.assert_frame_equal(a, b, rtol=1e-12)


def test_one_hypothesis_without_its_key_is_not_mixed_up_silently(
    folder: Path, tables: tuple[pd.DataFrame, pd.DataFrame], cellglass: Callable, tmp_path: Path
):
    seen, _ = tables
    seen[seen["hypothesis_id"] == "H2"].to_csv(tmp_path / "h2.csv", index=False)
    told = cellglass(
        "audit", "--observed", tmp_path / "h2.csv", "--nulls", folder / "nulls.csv.gz",
        "--by", ",".join(KEYS[1:]), "--value", "delta_auroc", "--out", tmp_path / "mixed",
    )  # fmt: skip
    assert told.code == 0, told.text
    misuse = pd.read_parquet(tmp_path / "mixed" / "misuse.parquet").set_index("code")
    assert "'hypothesis_id'" in misuse.loc["draws_thrown_together", "told"]
