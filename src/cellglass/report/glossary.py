"""The words of the report, each in a line; where a word first appears its line stands beside it."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass


@dataclass(frozen=True)
class Term:
    """A word and what it means.

    Parameters
    ----------
    name
        The word.
    meaning
        One sentence, without the word before it.
    pattern
        Regular expression that finds it in text; the name when empty.
    """

    name: str
    meaning: str
    pattern: str = ""

    @property
    def key(self) -> str:
        """Id of the word in the page."""
        return "word-" + re.sub(r"[^a-z0-9]+", "-", self.name.lower()).strip("-")

    def appears(self, text: str) -> bool:
        """Whether the word is in a text."""
        return bool(re.search(self.pattern or rf"\b{re.escape(self.name)}\b", text, re.IGNORECASE))


TERMS = (
    Term(
        "AUROC",
        "how often a true edge gets a higher score than a pair that is no edge; 0.5 is guessing, "
        "1 is perfect.",
    ),
    Term(
        "AUPRC",
        "mean share of true edges among the best-scored pairs; guessing reaches the base rate.",
    ),
    Term(
        "increment",
        "what a score adds to a model that knows the single-gene statistics already, measured on "
        "regulators that the model has not seen.",
        r"\bincrements?\b|\badds\b|\badded\b",
    ),
    Term(
        "margin", "the smallest increment that would matter; it was stated before looking at data."
    ),
    Term(
        "interval",
        "range of values that the data allow; made by drawing the units of inference again and "
        "again.",
        r"\bintervals?\b|\[−?-?\d",
    ),
    Term(
        "null",
        "surrogate data in which what is claimed cannot be true, made to keep some property of "
        "the real data; the claim must stand out from them.",
        r"\bnulls?\b",
    ),
    Term(
        "p",
        "share of null draws that do as well as the real data, counting the real data as one; "
        "adjusted p allows for having looked at many scores.",
        r"\bp = |\badjusted p\b|\braw p\b",
    ),
    Term("edge", "a pair regulator → gene.", r"\bedges?\b"),
    Term(
        "regulator",
        "a gene that controls others, mostly a transcription factor; the rows of an edge table.",
        r"\bregulators?\b",
    ),
    Term(
        "single-gene statistics",
        "mean, variance and detection of the two genes of a pair: what can be said of the pair "
        "without knowing anything of the two together.",
        r"single-gene statistics|single genes",
    ),
    Term(
        "pairwise part",
        "what is left of a score when its row and column effects are taken out: what it says of a "
        "pair beyond what it says of each gene.",
        r"pairwise part|, pairwise\b",
    ),
    Term(
        "attention",
        "how much one gene's token draws on another's when the model computes; a table of weights "
        "in each layer and head.",
    ),
    Term("token", "a gene (with its value or rank) as the model reads it.", r"\btokens?\b"),
    Term(
        "layer and head",
        "a transformer works in layers, and attention in each layer in several heads side by side; "
        "both are counted from 0.",
        r"\blayers? (\d|and head)",
    ),
    Term(
        "reference network",
        "edges collected by others from the literature or from experiments; what is not listed "
        "counts as no edge.",
        r"reference networks?|curated regulation|\btrrust\b|\bcollectri\b|\bdorothea\b",
    ),
    Term(
        "co-expression",
        "two genes going up and down together over cells, here |Spearman|, the size of their rank "
        "correlation.",
        r"co-expression|\|Spearman\|",
    ),
    Term(
        "untrained copy",
        "the same model with random weights: what the wiring alone can do.",
        r"untrained cop(y|ies)|\buntrained\b",
    ),
    Term(
        "balanced accuracy",
        "share of cells whose type is named right, each type counting the same.",
    ),
    Term(
        "explained loss",
        "share of a baseline's prediction error that the model removes.",
        r"explained loss|share of the baseline's loss",
    ),
    Term(
        "block",
        "donors, or random folds of the cells where no donors were given; what is read from some "
        "blocks is judged in others.",
        r"\b(replicate |other )?blocks?\b|folds? of cells",
    ),
    Term(
        "CSSI",
        "edges computed within each cell state and put together again (cell-state stratified "
        "interpretability).",
    ),
    Term("stratum", "cells of one type or state.", r"\bstrat(um|a)\b"),
    Term(
        "silhouette",
        "how much nearer cells lie to their own group than to the next one, from -1 to 1.",
    ),
    Term(
        "planted control",
        "made-up cells or a made-up model with a known answer, put through the same tests.",
        r"planted controls?",
    ),
    Term("label null", "the same number of edges, put on random pairs.", r"\blabel null\b"),
    Term(
        "label within regulator null",
        "every regulator keeps its number of targets; which genes they are is random.",
    ),
    Term(
        "degree null",
        "a random network in which every regulator keeps its number of targets and every target "
        "its number of regulators.",
        r"degree(-preserving)? null|degree-preserving",
    ),
    Term(
        "expression matched null",
        "every edge is replaced by a pair of genes that are expressed like its own.",
        r"expression[- ]matched",
    ),
    Term(
        "score column null",
        "every target keeps its scores and its number of regulators; which regulators they are is "
        "random.",
        r"score[- ]column null|score-column",
    ),
    Term("z", "distance from the mean of the null in its standard deviations.", r"\bz = |, z,"),
    Term("base rate", "share of true edges among all pairs."),
    Term("early precision ratio", "true edges among the best-scored pairs, relative to guessing."),
    Term(
        "BH",
        "Benjamini-Hochberg: adjusts p for the number of tests, so that at most the stated share "
        "of what is called real is not.",
        r"\bBH\b|Benjamini",
    ),
    Term(
        "confirmatory",
        "a test that was planned before looking; descriptive results only describe.",
        r"confirmatory|\bdescriptive\b",
    ),
    Term("ledger", "the list of all tests of the run, with raw p values."),
    Term(
        "perturbation screen",
        "cells in each of which one gene (or two) was silenced, cut or activated, and control "
        "cells in which none was.",
        r"perturbation screens?|\bscreens?\b",
    ),
    Term(
        "responding gene",
        "a gene whose expression differs between perturbed and control cells by more than chance "
        "and by more than a stated amount.",
        r"respond(s|ing|ers?)?\b|\bresponses?\b",
    ),
    Term(
        "modality",
        "how a perturbation acts on its gene: CRISPRi silences, CRISPRa activates, CRISPRko cuts.",
        r"\bmodality\b|CRISPR(i|a|ko)",
    ),
    Term(
        "residual",
        "what is left of a score once everything that single genes (or co-expression) predict of "
        "it is taken away.",
        r"\bresiduals?\b|retained",
    ),
    Term(
        "propensity",
        "how likely a gene is to respond, judged by everything but the score; genes are compared "
        "with others of like propensity.",
    ),
    Term(
        "perturbation swap null",
        "whole rows of responses change places, so that it no longer matters which gene was "
        "perturbed.",
        r"perturbation[- ]swap",
    ),
    Term(
        "response degree null",
        "every perturbation keeps its number of responding genes, and every gene the number of "
        "perturbations it responds to.",
        r"response[- ]degree",
    ),
    Term("exchanged-context null", "hidden genes are predicted from the context of another cell."),
)


class FirstUses:
    """Hands out each word once: where it appears first."""

    def __init__(self) -> None:
        self._left = list(TERMS)

    def of(self, *texts: str) -> tuple[Term, ...]:
        """Give the words that appear in the texts and did not before."""
        text = "\n".join(texts)
        found = tuple(t for t in self._left if t.appears(text))
        self._left = [t for t in self._left if t not in found]
        return found


def all_terms() -> Iterable[Term]:
    """All words in the order of the alphabet."""
    return sorted(TERMS, key=lambda t: t.name.lower())
