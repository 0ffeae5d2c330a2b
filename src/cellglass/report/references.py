"""What a report cites: methods, models, networks and cells that were really used."""

from __future__ import annotations

import re
from dataclasses import dataclass

from cellglass.data import CATALOGUE
from cellglass.runs.sections import ModelConfig, NetworkConfig

from .source import Source, chapter_of


@dataclass(frozen=True)
class Reference:
    """One work.

    Parameters
    ----------
    key
        How the text cites it, for example ``"Strona et al. 2014"``.
    text
        Authors, title, place, year.
    doi
        Its DOI; empty where it has none.
    """

    key: str
    text: str
    doi: str = ""

    @property
    def link(self) -> str:
        """Address of the work; empty without a DOI."""
        return f"https://doi.org/{self.doi}" if self.doi else ""


KENDIUKHOV = Reference(
    "Kendiukhov 2026",
    "Kendiukhov I. Systematic evaluation of single-cell foundation model interpretability reveals "
    "attention captures co-expression rather than unique regulatory signal. arXiv 2602.17532 "
    "(2026).",
    "10.48550/arXiv.2602.17532",
)
WESTFALL_YOUNG = Reference(
    "Westfall and Young 1993",
    "Westfall PH, Young SS. Resampling-Based Multiple Testing: Examples and Methods for p-Value "
    "Adjustment. Wiley (1993).",
)
BESAG_CLIFFORD = Reference(
    "Besag and Clifford 1989",
    "Besag J, Clifford P. Generalized Monte Carlo significance tests. Biometrika 76, 633-642 "
    "(1989).",
    "10.1093/biomet/76.4.633",
)
BENJAMINI_HOCHBERG = Reference(
    "Benjamini and Hochberg 1995",
    "Benjamini Y, Hochberg Y. Controlling the false discovery rate: a practical and powerful "
    "approach to multiple testing. Journal of the Royal Statistical Society B 57, 289-300 (1995).",
    "10.1111/j.2517-6161.1995.tb02031.x",
)
PHIPSON_SMYTH = Reference(
    "Phipson and Smyth 2010",
    "Phipson B, Smyth GK. Permutation p-values should never be zero: calculating exact p-values "
    "when permutations are randomly drawn. Statistical Applications in Genetics and Molecular "
    "Biology 9, 39 (2010).",
    "10.2202/1544-6115.1585",
)
SCGPT = Reference(
    "Cui et al. 2024",
    "Cui H, Wang C, Maan H, Pang K, Luo F, Duan N, Wang B. scGPT: toward building a foundation "
    "model for single-cell multi-omics using generative AI. Nature Methods 21, 1470-1480 (2024).",
    "10.1038/s41592-024-02201-0",
)
GENEFORMER = Reference(
    "Theodoris et al. 2023",
    "Theodoris CV, Xiao L, Chopra A, Chaffin MD, Al Sayed ZR, Hill MC, et al. Transfer learning "
    "enables predictions in network biology. Nature 618, 616-624 (2023).",
    "10.1038/s41586-023-06139-9",
)
PBMC68K = Reference(
    "Zheng et al. 2017",
    "Zheng GXY, Terry JM, Belgrader P, Ryvkin P, Bent ZW, Wilson R, et al. Massively parallel "
    "digital transcriptional profiling of single cells. Nature Communications 8, 14049 (2017).",
    "10.1038/ncomms14049",
)
STRONA = Reference(
    "Strona et al. 2014",
    "Strona G, Nappo D, Boccacci F, Fattorini S, San-Miguel-Ayanz J. A fast and unbiased procedure "
    "to randomize ecological binary matrices with fixed row and column totals. Nature "
    "Communications 5, 4114 (2014).",
    "10.1038/ncomms5114",
)
ROSENBAUM_RUBIN = Reference(
    "Rosenbaum and Rubin 1983",
    "Rosenbaum PR, Rubin DB. The central role of the propensity score in observational studies for "
    "causal effects. Biometrika 70, 41-55 (1983).",
    "10.1093/biomet/70.1.41",
)
FRIEDMAN = Reference(
    "Friedman 2001",
    "Friedman JH. Greedy function approximation: a gradient boosting machine. Annals of Statistics "
    "29, 1189-1232 (2001).",
    "10.1214/aos/1013203451",
)
GENIE3 = Reference(
    "Huynh-Thu et al. 2010",
    "Huynh-Thu VA, Irrthum A, Wehenkel L, Geurts P. Inferring regulatory networks from expression "
    "data using tree-based methods. PLoS ONE 5, e12776 (2010).",
    "10.1371/journal.pone.0012776",
)
GRNBOOST2 = Reference(
    "Moerman et al. 2019",
    "Moerman T, Aibar Santos S, Bravo González-Blas C, Simm J, Moreau Y, Aerts J, Aerts S. "
    "GRNBoost2 and Arboreto: efficient and scalable inference of gene regulatory networks. "
    "Bioinformatics 35, 2159-2161 (2019).",
    "10.1093/bioinformatics/bty916",
)
LEIDEN = Reference(
    "Traag et al. 2019",
    "Traag VA, Waltman L, van Eck NJ. From Louvain to Leiden: guaranteeing well-connected "
    "communities. Scientific Reports 9, 5233 (2019).",
    "10.1038/s41598-019-41695-z",
)
SCHUIRMANN = Reference(
    "Schuirmann 1987",
    "Schuirmann DJ. A comparison of the two one-sided tests procedure and the power approach for "
    "assessing the equivalence of average bioavailability. Journal of Pharmacokinetics and "
    "Biopharmaceutics 15, 657-680 (1987).",
    "10.1007/BF01068419",
)
_OF_ANALYSIS = {
    "regulation.degree": (STRONA,),
    "regulation.residual": (FRIEDMAN,),
    "regulation.response": (SCHUIRMANN,),
    "regulation.response_increment": (FRIEDMAN,),
    "regulation.response_matched": (ROSENBAUM_RUBIN,),
    "regulation.methods": (GENIE3, GRNBOOST2),
    "regulation.cssi": (LEIDEN,),
}
_FAMILIES = {"scgpt": SCGPT, "geneformer": GENEFORMER}


def references(source: Source) -> list[Reference]:
    """List the works that a run rests on, in the order of the alphabet."""
    found: list[Reference] = []
    if any(chapter_of(r.analysis) in ("regulation", "controls") for r in source.results):
        found.append(KENDIUKHOV)
    found += [r for result in source.results for r in _OF_ANALYSIS.get(result.analysis, ())
              if result.tables]  # fmt: skip
    if has_nulls(source):
        found += [WESTFALL_YOUNG, BESAG_CLIFFORD]
    if source.ledger is not None and len(source.ledger):
        found.append(BENJAMINI_HOCHBERG)
        if any(f.null is not None for f in source.ledger):
            found.append(PHIPSON_SMYTH)
    if source.study is not None:
        if source.study.cells.path == "pbmc68k":
            found.append(PBMC68K)
        found += [r for model in source.study.models if (r := of_model(model)) is not None]
        found += [r for net in source.networks_used if (r := of_network(net)) is not None]
    return sorted(dict.fromkeys(found), key=lambda r: r.text)


def has_nulls(source: Source) -> bool:
    """Whether scores were held against nulls of a network."""
    return any("nulls" in r.tables for r in source.results)


def of_model(model: ModelConfig) -> Reference | None:
    """The work behind a model's family, told by what the study says of it."""
    told = " ".join([model.family or "", model.label, model.path]).lower()
    return next((r for name, r in _FAMILIES.items() if name in told), None)


def of_network(network: NetworkConfig) -> Reference | None:
    """The work behind a reference network, where the catalogue knows it."""
    told = f"{network.source} {network.label}".lower()
    resource = next((r for name, r in CATALOGUE.items() if name in told), None)
    if resource is None or resource.reader != "network":
        return None
    citation, _, doi = resource.citation.partition(", doi:")
    year = re.search(r"\d{4}", citation)
    who = citation.partition(",")[0]
    key = f"{who} {year[0]}" if year else who
    return Reference(key, f"{citation} ({resource.title.partition(':')[0]}).", doi)
