from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import anndata
import numpy as np
import pytest
from scipy import sparse

from cellglass.data.scale import detect_scale
from cellglass.errors import InputError

SINGLE_CELL = [
    "pbmc_10x_three_technologies",
    "pbmc_hao2021_1k",
    "pbmc_kang2018_donors",
    "pbmc_kang2018_ifnb",
    "pbmc_zheng2017_donorA",
    "pbmc_zheng2017_sorted",
]
FORMATS: dict[str, Callable[[sparse.csr_matrix], object]] = {
    "csr": lambda m: m,
    "csc": lambda m: m.tocsc(),
    "dense": lambda m: m.toarray(),
}


def cp(counts: sparse.csr_matrix, target: float = 1e4) -> np.ndarray:
    dense = counts.toarray().astype(np.float64)
    return dense / dense.sum(axis=1, keepdims=True) * target


@pytest.mark.parametrize("storage", FORMATS)
def test_counts_in_every_storage(whole_counts: sparse.csr_matrix, storage: str) -> None:
    report = detect_scale(FORMATS[storage](whole_counts))
    assert (report.kind, report.recoverable, report.scaling) == ("counts", True, "none")


@pytest.mark.parametrize("storage", FORMATS)
@pytest.mark.parametrize("target", [1e4, 1e6, 2345.0])
def test_log1p_and_its_target_sum(
    whole_counts: sparse.csr_matrix, storage: str, target: float
) -> None:
    logged = sparse.csr_matrix(np.log1p(cp(whole_counts, target)).astype(np.float32))
    report = detect_scale(FORMATS[storage](logged))
    assert report.kind == "log1p_cp10k"
    assert report.target_sum == pytest.approx(target)
    assert report.tolerance < 0.5
    assert report.log10_chance < -1000


def test_target_sum_of_a_subset_of_genes_needs_the_totals(whole_counts: sparse.csr_matrix) -> None:
    totals = np.asarray(whole_counts.sum(axis=1)).ravel()
    part = np.log1p(cp(whole_counts))[:, :40]
    blind = detect_scale(part)
    assert (blind.kind, blind.target_sum, blind.scaling) == ("log1p_cp10k", None, "smallest value")
    known = detect_scale(part, n_counts=totals)
    assert (known.target_sum, known.scaling) == (1e4, "n_counts")


def test_target_sum_near_a_round_number_is_not_rounded(whole_counts: sparse.csr_matrix) -> None:
    totals = np.asarray(whole_counts.sum(axis=1)).ravel()
    report = detect_scale(np.log1p(cp(whole_counts, 10050))[:, :40], n_counts=totals)
    assert report.scaling == "n_counts"
    assert report.target_sum == pytest.approx(10050)


def test_totals_that_were_not_used_for_scaling_are_told(whole_counts: sparse.csr_matrix) -> None:
    wrong = np.random.default_rng(0).integers(1000, 5000, whole_counts.shape[0])
    report = detect_scale(np.log1p(cp(whole_counts)), n_counts=wrong)
    assert report.scaling == "smallest value"
    assert "not those by which the cells were scaled" in str(report)


def test_log1p_without_scaling(whole_counts: sparse.csr_matrix) -> None:
    assert detect_scale(np.log1p(whole_counts.toarray())).kind == "log1p_counts"


def test_counts_blurred_by_float_arithmetic(whole_counts: sparse.csr_matrix) -> None:
    report = detect_scale(np.expm1(np.log1p(whole_counts.toarray().astype(np.float64))))
    assert (report.kind, report.transform) == ("counts", "linear")


def test_linear_per_total(whole_counts: sparse.csr_matrix) -> None:
    report = detect_scale(cp(whole_counts))
    assert (report.kind, report.recoverable, report.target_sum) == ("normalised", True, 1e4)


@pytest.mark.parametrize("decimals", [3, 4])
def test_rounded_logs_carry_their_tolerance(whole_counts: sparse.csr_matrix, decimals: int) -> None:
    report = detect_scale(np.round(np.log1p(cp(whole_counts)), decimals))
    assert report.decimals == decimals
    assert report.recoverable
    # counts reach hundreds: the half-width grows with the value and shrinks with the decimals
    assert 10.0**-decimals < report.tolerance < 0.5


def test_one_decimal_is_too_coarse(whole_counts: sparse.csr_matrix) -> None:
    report = detect_scale(np.round(np.log1p(cp(whole_counts)), 1))
    assert not report.recoverable
    assert "rounding is too coarse" in str(report)


def refusals(counts: sparse.csr_matrix) -> dict[str, tuple[np.ndarray, str, str]]:
    """Values, kind and a word of the evidence or advice."""
    rng = np.random.default_rng(5)
    dense, cp10k = counts.toarray().astype(np.float64), cp(counts)
    length = rng.uniform(0.5, 5, dense.shape[1])
    tpm = dense / length
    tpm = tpm / tpm.sum(axis=1, keepdims=True) * 1e6
    log = np.log1p(cp10k)
    expected = dense.sum(1, keepdims=True) * dense.sum(0) / dense.sum()
    pearson = (dense - expected) / np.sqrt(expected + expected**2 / 100 + 1e-9)
    return {
        "log2": (np.log2(1 + cp10k), "log_other", "ln 2"),
        "log10": (np.log10(1 + cp10k), "log_other", "ln 10"),
        "square root of counts": (np.sqrt(dense), "unknown", "square root"),
        "square root of CP10k": (np.sqrt(cp10k), "unknown", "square root"),
        "z-scores": ((log - log.mean(0)) / (log.std(0) + 1e-9), "scaled", "negative"),
        "Pearson residuals": (pearson, "scaled", "negative"),
        "log1p of counts per gene length": (np.log1p(tpm), "log_other", "gene lengths"),
        "counts per gene length": (tpm, "normalised", "not multiples of a count"),
        "half counts": (dense / 2, "unknown", "fractional"),
        "log1p of half counts": (np.log1p(dense / 2), "log_other", "fractional"),
        "arcsinh": (np.arcsinh(dense / 5), "log_other", "another transform"),
        "noise": (np.abs(rng.normal(size=dense.shape)), "log_other", "not whole multiples"),
        "scaled without centring": (log / (log.std(0) + 1e-9), "", "not whole multiples"),
    }


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize(
    "name",
    [
        "log2",
        "log10",
        "square root of counts",
        "square root of CP10k",
        "z-scores",
        "Pearson residuals",
        "log1p of counts per gene length",
        "counts per gene length",
        "half counts",
        "log1p of half counts",
        "arcsinh",
        "noise",
        "scaled without centring",
    ],
)
def test_other_scales_are_refused_and_named(
    whole_counts: sparse.csr_matrix, name: str, dtype: type
) -> None:
    values, kind, word = refusals(whole_counts)[name]
    report = detect_scale(values.astype(dtype))
    assert not report.recoverable
    assert report.kind == (kind or report.kind)
    assert word in f"{report} {report.advice}"


def test_one_wrong_value_spoils_the_proof(whole_counts: sparse.csr_matrix) -> None:
    logged = np.log1p(cp(whole_counts))
    assert detect_scale(logged).recoverable
    logged[30, int(np.argmax(logged[30]))] *= 1.001
    assert not detect_scale(logged).recoverable


def test_two_values_are_no_proof() -> None:
    report = detect_scale(np.array([[0.7, 1.4], [0.0, 0.0]]).round(1))
    assert not report.recoverable
    assert "random values would be too" in str(report)


def test_non_finite_values_are_named() -> None:
    values = np.ones((3, 2))
    values[1, 1], values[2, 0] = np.nan, np.inf
    with pytest.raises(InputError, match=r"2 values are NaN or infinite.*cell 'c1', gene 'g1'"):
        detect_scale(values, cells=["c0", "c1", "c2"], genes=["g0", "g1"])


def test_negative_whole_numbers_are_no_residuals() -> None:
    assert detect_scale(np.array([[1, -2], [3, 0]])).kind == "unknown"


def test_all_zero_is_counts() -> None:
    report = detect_scale(np.zeros((3, 2)))
    assert (report.kind, report.n_values) == ("counts", 0)


def test_suspicious_counts_are_remarked(whole_counts: sparse.csr_matrix) -> None:
    assert "presence" in str(detect_scale(whole_counts > 0))
    assert "within 1 %" in str(detect_scale(np.rint(cp(whole_counts))))


def test_more_cells_than_the_sample(whole_counts: sparse.csr_matrix) -> None:
    report = detect_scale(np.log1p(cp(whole_counts)), sample=20)
    assert (report.n_cells, report.kind) == (20, "log1p_cp10k")


def test_report_is_json(whole_counts: sparse.csr_matrix) -> None:
    report = detect_scale(np.log1p(cp(whole_counts)))
    assert json.loads(json.dumps(report.to_dict()))["target_sum"] == 1e4


def test_stored_zeros_and_unsorted_duplicates_do_not_matter() -> None:
    messy = sparse.csr_matrix(
        (np.array([2.0, 0.0, 1.0, 1.0]), np.array([1, 0, 2, 2]), np.array([0, 2, 4])), shape=(2, 3)
    )
    report = detect_scale(messy)
    assert (report.n_values, report.maximum) == (2, 2.0)
    assert messy.nnz == 4  # the input is left alone


@pytest.mark.parametrize("name", SINGLE_CELL)
def test_shared_counts_are_counts_and_their_logs_logs(
    shared_data: Callable[[str], Path], name: str
) -> None:
    counts = anndata.read_h5ad(shared_data(f"single_cell/{name}.h5ad")).X[:200]
    assert detect_scale(counts).kind == "counts"
    logged = counts.copy()
    totals = np.asarray(counts.sum(axis=1)).ravel()
    logged.data = np.log1p(counts.data * np.repeat(1e4 / totals, np.diff(counts.indptr)))
    report = detect_scale(logged.astype(np.float32))
    assert (report.kind, report.target_sum) == ("log1p_cp10k", 1e4)


def test_counts_of_which_a_few_were_changed_are_refused(whole_counts):
    changed = whole_counts.copy()
    changed.data[7] = 0.37
    found = detect_scale(changed)
    assert not found.recoverable
    assert "1 of 60 examined cells hold values that are no whole numbers" in found.evidence[0]
    assert "0.37" in found.evidence[0]
