"""What is cited was used."""

from cellglass.report.references import of_model, of_network, references
from cellglass.report.source import source_of_run
from cellglass.runs.study import parse_study

from .conftest import masked, write_run


def models(*paths):
    return parse_study(
        {"study": "s", "cells": {"path": "x.h5ad"}, "models": [{"path": p} for p in paths],
         "networks": ["trrust", {"source": "/data/own.tsv", "name": "own"}]}
    )  # fmt: skip


def test_models_and_networks_are_recognised():
    study = models("mini-geneformer", "/m/scGPT_human", "/m/other")
    keys = [r.key if (r := of_model(m)) else None for m in study.models]
    assert keys == ["Theodoris et al. 2023", "Cui et al. 2024", None]
    assert of_network(study.networks[0]).doi == "10.1093/nar/gkx1013"
    assert of_network(study.networks[1]) is None


def test_the_list_is_in_order_and_without_doubles(full_run):
    found = references(source_of_run(full_run))
    texts = [r.text for r in found]
    assert texts == sorted(set(texts))
    assert all(r.link.startswith("https://doi.org/10.") for r in found if r.doi)


def test_nulls_are_cited_only_where_there_were_nulls(tmp_path):
    found = references(source_of_run(write_run(tmp_path / "run", [masked()], left_out=[])))
    assert not any("Besag" in r.text or "Westfall" in r.text for r in found)
