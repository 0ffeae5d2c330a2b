"""Section ``concepts`` of study.yaml as validated models. Every field says what it means."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import Field, model_validator

from .sections import Strict

DictionaryKind = Literal["topk", "batchtopk", "matryoshka", "jumprelu", "l1"]


class DictionaryConfig(Strict):
    """How the embedding is factorised. The published paper's values are not public."""

    kind: DictionaryKind = Field("topk", description="Kind of sparse dictionary.")
    size: int | None = Field(
        None, ge=2, description="Concepts; chosen by the width of the embedding when empty."
    )
    k: int | None = Field(
        None, ge=1, description="Concepts active in a cell; chosen by the width when empty."
    )
    seeds: int = Field(
        5, ge=1, description="Dictionaries trained from different starts, to tell what recurs."
    )
    epochs: int = Field(50, ge=1, description="Passes over the training cells, at most.")
    batch: int = Field(1024, ge=1, description="Cells of a training step.")
    options: dict[str, Any] = Field(
        default_factory=dict,
        description="Further options of cellglass.concepts.train, for example learning_rate.",
    )


class AttributionConfig(Strict):
    """Which genes drive a unit, by exchanging genes between cells with and without it."""

    prototypes: int = Field(200, ge=2, description="Cells with the unit from which genes go.")
    counterfactuals: int = Field(
        5, ge=1, description="Nearest cells without the unit, averaged for each prototype."
    )
    read_out: Literal["margin", "gated", "pre"] = Field(
        "margin",
        description="What scores are about: the smooth margin over gate and rivals, the gated "
        "activation, or what comes before the gate; margin and gated are always both kept.",
    )
    curve_units: int = Field(
        12, ge=1, description="Units of each kind for which exchange curves are drawn."
    )
    curve_prototypes: int = Field(6, ge=1, description="Cells of each of these units.")
    sanity: bool = Field(
        True,
        description="Also attribute where scores must collapse: between cells with the unit, in "
        "an untrained copy, for random directions.",
    )
    screen: Literal["auto", "gradient", "all"] = Field(
        "auto",
        description="Which genes are exchanged: all, or those that a gradient names and a random "
        "share; auto takes all where that is cheap (scVI).",
    )
    options: dict[str, Any] = Field(
        default_factory=dict,
        description="Further options of cellglass.concepts.AttributionSettings, for example "
        "matching: none.",
    )


class UnitsConfig(Strict):
    """How many units of each kind are attributed, annotated, compared and shown."""

    concepts: int = Field(100, ge=1, description="Concepts.")
    neurons: int = Field(50, ge=0, description="Tails of embedding dimensions.")
    rotated: int = Field(50, ge=0, description="Tails of dimensions after a random rotation.")
    components: int = Field(50, ge=0, description="Tails of principal and independent components.")
    random: int = Field(50, ge=0, description="Random directions.")
    decoys: int = Field(
        20, ge=0, description="Concepts whose gene scores were shuffled over genes, for raters."
    )


class EnrichmentConfig(Strict):
    """What the genes of a unit mean."""

    fdr: float = Field(0.05, gt=0, lt=0.5, description="Over all units and terms of a library.")
    smallest: int = Field(10, ge=1, description="Genes of a set within the background, at least.")
    largest: int = Field(500, ge=1, description="Genes of a set within the background, at most.")
    list_rule: Literal["participation ratio", "cutoff"] = Field(
        "participation ratio",
        description="Genes of a unit that over-representation takes: as many of the highest scores "
        "as effectively carry it, or those above the threshold with q below 0.05.",
    )
    threshold: float = Field(
        0.05, ge=0, description="Score that a gene must exceed, for list_rule: cutoff."
    )
    permutations: int = Field(10_000, ge=100, description="Of the preranked test.")
    null_lists: int = Field(
        20, ge=1, description="Random gene lists a unit, matched for expression and detection."
    )

    @model_validator(mode="after")
    def _sizes(self) -> EnrichmentConfig:
        if self.smallest > self.largest:
            raise ValueError("smallest is above largest")
        return self


class ConceptsConfig(Strict):
    """What concepts are looked for and how."""

    layer: int | None = Field(
        None, ge=0, description="Layer of the cell embedding; the published one when empty."
    )
    pooling: Literal["cls", "mean"] | None = Field(
        None, description="How a cell embedding is pooled; the published way when empty."
    )
    normalise: bool = Field(False, description="Divide each cell embedding by its norm.")
    columns: list[str] = Field(
        default_factory=list,
        description="Further columns of obs that concepts may be tied to, such as condition.",
    )
    test_share: float = Field(
        0.3, gt=0, lt=0.9, description="Share of donors (of cells below six donors) held out."
    )
    controls: bool = Field(
        True, description="Also dictionaries of an untrained copy and of shuffled expression."
    )
    dictionary: DictionaryConfig = Field(default_factory=DictionaryConfig)
    units: UnitsConfig = Field(default_factory=UnitsConfig)
    attribution: AttributionConfig = Field(default_factory=AttributionConfig)
    enrichment: EnrichmentConfig = Field(default_factory=EnrichmentConfig)
