"""Units that judge scores by the responses of a perturbation screen."""

from __future__ import annotations

from .unit import Unit

_PACKAGE, _TESTS = "cellglass.regulation.responses", "tests/unit/regulation/responses"
NEEDS = "a screen; a model or an edge table"


def _unit(
    unit: str, title: str, question: str, reported: str, ours: str, analysis: str, where: str,
    needs: str = NEEDS,
) -> Unit:  # fmt: skip
    file, function = where.split(":")
    return Unit(
        unit, title, question, needs, reported, ours, f"regulation.{analysis}",
        f"{_PACKAGE}.{file}:{function}", f"{_TESTS}/test_{file}.py",
    )  # fmt: skip


UNITS = (
    _unit(
        "A29", "Responses, weak configuration",
        "With loosely called responses, do scores rank responding genes?",
        "44 perturbations, AUROC 0.511, p 0.32",
        "the same screen and subject, beside the primary configuration, so that a weak label is "
        "not taken for a negative result",
        "response", "response_analysis:judge_response",
    ),
    _unit(
        "A30", "Responses, primary configuration",
        "Do scores rank the genes that respond to a perturbation above those that do not?",
        "151 perturbations, AUROC 0.696 (correlation), p < 1e-4",
        "no claim rests on an AUROC against 0.5: three nulls of responses, the layer chosen on "
        "other perturbations, no silent average over targets that are not measured",
        "response", "response_analysis:judge_response",
    ),
    _unit(
        "A31", "Trivial baselines",
        "Do scores rank responding genes better than rankings that need no edge?",
        "K562: variance 0.881, mean 0.84, detection 0.81, out-degree 0.50; attention 0.704",
        "the best ranking in each resample, not a lucky choice; response in other perturbations "
        "counts as a ranking; a standardised label beside, because variance is built into "
        "|difference|",
        "response_baselines", "baselines_analysis:judge_baselines",
    ),
    _unit(
        "A32", "Sensitivity grid", "Does the outcome hinge on how responses are called?",
        "27 configurations, AUROC 0.619 to 0.756, gene-level rankings ahead in all",
        "differences to the best ranking in every point, points clipped to the genes and cells "
        "that there are, and told so",
        "response_grid", "grid_analysis:judge_grid",
    ),
    _unit(
        "A33", "Attention against correlation",
        "Do scores rank responding genes better than co-expression does?",
        "0.704 against 0.703, 280 perturbations, p 0.73",
        "same cells for both (checked), Wilcoxon and equivalence (TOST), paired by perturbation",
        "response", "response_analysis:judge_response",
    ),
    _unit(
        "A34", "Choice of layer",
        "Which layer ranks responding genes best, when it is chosen on other perturbations?",
        "layer 15 in 5 of 5 folds, +0.040 [0.018, 0.062]",
        "optimism of the best layer in hindsight told beside; p adjusted over the layers",
        "response_layers", "layers_analysis:judge_layers", "a screen; a model",
    ),
    _unit(
        "A36", "Incremental value", "Do scores add to what single genes say about who responds?",
        "gene-only 0.895, attention -0.0004, correlation -0.002; pooled, p over pairs",
        "score and pairwise part apart, logistic and boosted, the perturbation as the unit",
        "response_increment", "increment_analysis:judge_increment",
    ),
    _unit(
        "A37", "Increment by kind of target",
        "Do scores add something for perturbed regulators, if not for other genes?",
        "gene-only 0.913 (regulators), 0.895 (others), no gain",
        "both strata with intervals, and the gain that would have been found 8 times in 10",
        "response_increment", "increment_analysis:judge_increment",
    ),
    _unit(
        "A38", "Other screens: activation", "Does the same come out where genes are activated?",
        "Adamson, 'CRISPRa', 77 perturbations, -0.098 to -0.106 against correlation",
        "Adamson 2016 is CRISPRi: modality is read from metadata, held against on-target "
        "expression, never from a file name",
        "contexts", "contexts_analysis:judge_contexts", "two screens or more",
    ),
    _unit(
        "A40", "Hard splits", "Do scores add in new targets, and in new perturbations and targets?",
        "increments about -0.0003, AUPRC at most +0.009",
        "two-way blocks: no training pair shares a perturbation or a target with a test pair; "
        "hashed pairs are refused as a joint split",
        "response_increment", "increment_analysis:judge_increment",
    ),
    _unit(
        "A42", "Other screens: primary cells", "Does the same come out in primary cells?",
        "Shifrut, 7 perturbations, p > 0.8",
        "Shifrut 2018 is a knock-out, not CRISPRi; INCONCLUSIVE at such n, with the difference "
        "that could have been found",
        "contexts", "contexts_analysis:judge_contexts", "two screens or more",
    ),
    _unit(
        "A44", "Propensity matching",
        "Do scores tell responding genes from genes that were as likely to respond?",
        "gene-only 0.7492, with attention 0.7491, with correlation 0.7489; no balance table",
        "balance table with a warning above 0.1; the number of perturbations that a gene responds "
        "to leaves the own one out, which the published one did not",
        "response_matched", "matching_analysis:judge_matched",
    ),
    _unit(
        "A46", "Other screens: other lines", "Does the same come out in other cell lines?",
        "RPE1: attention +0.090 over correlation, gene-only 0.942, increment +0.0001",
        "one line a screen: files that join lines are refused until one is chosen",
        "contexts", "contexts_analysis:judge_contexts", "two screens or more",
    ),
    _unit(
        "A47", "Forced genes", "Does the outcome hinge on forcing perturbed genes into the set?",
        "RPE1: attention minus correlation -0.024 becomes +0.168 without forcing",
        "the same perturbations under both protocols, so that a change of the sample is told apart "
        "from a change of the genes",
        "response_protocol", "protocol_analysis:judge_protocol",
    ),
)  # fmt: skip
