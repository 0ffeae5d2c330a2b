"""Every number's honesty: ranking metrics, nulls, intervals, multiplicity, findings, verdicts."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

from cellglass._lazy import keep_names

if TYPE_CHECKING:
    from cellglass.stats.audit.audit_draws import audit_draws
    from cellglass.stats.audit.result import AuditResult
    from cellglass.stats.auroc import GroupAuroc, auroc, auroc_by_group
    from cellglass.stats.balance import standardised_mean_difference
    from cellglass.stats.boosted_classifier import boosted_log_odds
    from cellglass.stats.bootstrap import (
        BootstrapResult,
        bootstrap_mean,
        cluster_bootstrap_auroc,
        mann_whitney_matrix,
    )
    from cellglass.stats.combined_p import (
        SharedPermutationTest,
        cauchy_combination,
        fisher,
        harmonic_mean_p,
        max_p,
        shared_permutation_test,
    )
    from cellglass.stats.design import van_der_waerden
    from cellglass.stats.differential import hedges_g, mann_whitney, welch
    from cellglass.stats.equivalence import EquivalenceTest, equivalent, tost
    from cellglass.stats.finding import Finding, NullSummary
    from cellglass.stats.folds import assert_disjoint, group_folds, two_way_blocks
    from cellglass.stats.increment import Increment, increment
    from cellglass.stats.interval import Interval
    from cellglass.stats.ledger import Ledger
    from cellglass.stats.leiden import leiden
    from cellglass.stats.logistic import score_test
    from cellglass.stats.modularity import modularity
    from cellglass.stats.multiplicity import (
        OnlineDecisions,
        bh,
        by,
        e_bh,
        holm,
        is_bh,
        lord,
        p_to_e,
    )
    from cellglass.stats.null_margin import null_gap, strict_margin
    from cellglass.stats.nulls import (
        DegreePreserving,
        ExpressionMatched,
        LabelNull,
        LabelPermutation,
        LabelWithinRegulator,
        MatchedNegatives,
        NullCheck,
        NullResult,
        NullScorer,
        ScoreColumn,
        matched_negatives,
        max_z,
        null_distribution,
    )
    from cellglass.stats.paired import (
        PairedTest,
        cohen_d_paired,
        paired_t,
        rank_biserial,
        sign_test,
        wilcoxon,
    )
    from cellglass.stats.permutation import (
        NullDistribution,
        attainable_p,
        draws_needed,
        mann_whitney_moments,
        permutation_test,
    )
    from cellglass.stats.precision import (
        auprc,
        base_rate,
        early_precision_ratio,
        expected_true_positives,
        top_k_f1,
        top_k_true_positives,
    )
    from cellglass.stats.ranks import midranks, midranks_by_group
    from cellglass.stats.resampling import GroupResamples, derived
    from cellglass.stats.residual import (
        CrossFit,
        cross_fitted_residuals,
        out_of_sample_r2,
        residual_r2,
    )
    from cellglass.stats.test_table import TestTable
    from cellglass.stats.units_needed import units_to_fail, units_to_pass
    from cellglass.stats.verdict import (
        State,
        Verdict,
        combine,
        decide,
        not_applicable,
        not_run,
    )

_MEMBERS = {
    "audit.audit_draws": ("audit_draws",),
    "audit.result": ("AuditResult",),
    "null_margin": (
        "null_gap",
        "strict_margin",
    ),
    "combined_p": (
        "SharedPermutationTest",
        "cauchy_combination",
        "fisher",
        "harmonic_mean_p",
        "max_p",
        "shared_permutation_test",
    ),
    "auroc": ("GroupAuroc", "auroc", "auroc_by_group"),
    "balance": ("standardised_mean_difference",),
    "boosted_classifier": ("boosted_log_odds",),
    "bootstrap": (
        "BootstrapResult",
        "bootstrap_mean",
        "cluster_bootstrap_auroc",
        "mann_whitney_matrix",
    ),
    "design": ("van_der_waerden",),
    "differential": ("hedges_g", "mann_whitney", "welch"),
    "equivalence": ("EquivalenceTest", "equivalent", "tost"),
    "finding": ("Finding", "NullSummary"),
    "folds": ("assert_disjoint", "group_folds", "two_way_blocks"),
    "increment": ("Increment", "increment"),
    "interval": ("Interval",),
    "ledger": ("Ledger",),
    "leiden": ("leiden",),
    "logistic": ("score_test",),
    "modularity": ("modularity",),
    "multiplicity": ("OnlineDecisions", "bh", "by", "e_bh", "holm", "is_bh", "lord", "p_to_e"),
    "nulls": (
        "DegreePreserving",
        "ExpressionMatched",
        "LabelNull",
        "LabelPermutation",
        "LabelWithinRegulator",
        "MatchedNegatives",
        "NullCheck",
        "NullResult",
        "NullScorer",
        "ScoreColumn",
        "matched_negatives",
        "max_z",
        "null_distribution",
    ),
    "paired": (
        "PairedTest",
        "cohen_d_paired",
        "paired_t",
        "rank_biserial",
        "sign_test",
        "wilcoxon",
    ),
    "permutation": (
        "NullDistribution",
        "attainable_p",
        "draws_needed",
        "mann_whitney_moments",
        "permutation_test",
    ),
    "precision": (
        "auprc",
        "base_rate",
        "early_precision_ratio",
        "expected_true_positives",
        "top_k_f1",
        "top_k_true_positives",
    ),
    "ranks": ("midranks", "midranks_by_group"),
    "resampling": ("GroupResamples", "derived"),
    "residual": ("CrossFit", "cross_fitted_residuals", "out_of_sample_r2", "residual_r2"),
    "test_table": ("TestTable",),
    "units_needed": ("units_to_fail", "units_to_pass"),
    "verdict": (
        "State",
        "Verdict",
        "combine",
        "decide",
        "not_applicable",
        "not_run",
    ),
}
_HOME = {name: module for module, names in _MEMBERS.items() for name in names}

__all__ = [
    "AuditResult",
    "BootstrapResult",
    "CrossFit",
    "DegreePreserving",
    "EquivalenceTest",
    "ExpressionMatched",
    "Finding",
    "GroupAuroc",
    "GroupResamples",
    "Increment",
    "Interval",
    "LabelNull",
    "LabelPermutation",
    "LabelWithinRegulator",
    "Ledger",
    "MatchedNegatives",
    "NullCheck",
    "NullDistribution",
    "NullResult",
    "NullScorer",
    "NullSummary",
    "OnlineDecisions",
    "PairedTest",
    "ScoreColumn",
    "SharedPermutationTest",
    "State",
    "TestTable",
    "Verdict",
    "assert_disjoint",
    "attainable_p",
    "audit_draws",
    "auprc",
    "auroc",
    "auroc_by_group",
    "base_rate",
    "bh",
    "boosted_log_odds",
    "bootstrap_mean",
    "by",
    "cauchy_combination",
    "cluster_bootstrap_auroc",
    "cohen_d_paired",
    "combine",
    "cross_fitted_residuals",
    "decide",
    "derived",
    "draws_needed",
    "e_bh",
    "early_precision_ratio",
    "equivalent",
    "expected_true_positives",
    "fisher",
    "group_folds",
    "harmonic_mean_p",
    "hedges_g",
    "holm",
    "increment",
    "is_bh",
    "leiden",
    "lord",
    "mann_whitney",
    "mann_whitney_matrix",
    "mann_whitney_moments",
    "matched_negatives",
    "max_p",
    "max_z",
    "midranks",
    "midranks_by_group",
    "modularity",
    "not_applicable",
    "not_run",
    "null_distribution",
    "null_gap",
    "out_of_sample_r2",
    "p_to_e",
    "paired_t",
    "permutation_test",
    "rank_biserial",
    "residual_r2",
    "score_test",
    "shared_permutation_test",
    "sign_test",
    "standardised_mean_difference",
    "strict_margin",
    "top_k_f1",
    "top_k_true_positives",
    "tost",
    "two_way_blocks",
    "units_to_fail",
    "units_to_pass",
    "van_der_waerden",
    "welch",
    "wilcoxon",
]

# A function that bears the name of its module must not turn into the module.
keep_names(__name__, {name: f".{module}" for name, module in _HOME.items()})


def __getattr__(name: str) -> object:
    if name not in _HOME:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value = getattr(import_module(f"{__name__}.{_HOME[name]}"), name)
    globals()[name] = value
    return value
