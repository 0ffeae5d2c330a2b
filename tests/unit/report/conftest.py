"""A made-up run with every state, awkward names, and a reader of the page it makes."""

from __future__ import annotations

import base64
import io
import json
from dataclasses import dataclass, field
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote

import numpy as np
import pandas as pd
import pytest
import yaml

from cellglass.runs.pipeline import RunSummary, load_run
from cellglass.runs.result import AnalysisResult, Check, FigureSpec
from cellglass.runs.study import parse_study
from cellglass.stats import (
    Finding,
    Interval,
    Ledger,
    NullSummary,
    State,
    Verdict,
    not_applicable,
    not_run,
)

MODEL = 'scGPT <b>"α" & $co$'
NULLS = ("label", "label within regulator", "degree", "expression matched", "score column")
DRAWS = 199


def scores_table(n_layers: int = 4, seed: int = 0) -> pd.DataFrame:
    """24 candidates, what stands beside them and baselines, as recovery makes them."""
    rng = np.random.default_rng(seed)
    candidates = [f"layer {la}" for la in range(n_layers)]
    candidates += [f"layer {la} head {h}" for la in range(n_layers) for h in range(5)]
    named = [(c, "candidate") for c in candidates]
    named += [("|Spearman|", "reference")]
    named += [(f"untrained: {c}", "reference") for c in candidates]
    named += [(b, "baseline") for b in ("target mean", "variance product", "own column mean")]
    auroc = rng.uniform(0.4, 0.8, len(named))
    return pd.DataFrame(
        {
            "score": [n for n, _ in named],
            "kind": [k for _, k in named],
            "auroc": auroc,
            "auroc_low": auroc - 0.05,
            "auroc_high": auroc + 0.06,
            "auprc": auroc / 30,
            "base_rate": 0.0057,
            "n_pairs": 5201,
        }
    )


def nulls_table(scores: pd.DataFrame) -> pd.DataFrame:
    """Every score but the baselines against every null."""
    rows = []
    for i, null in enumerate(NULLS):
        for j, score in enumerate(scores[scores["kind"] != "baseline"]["score"]):
            p = 1 / (DRAWS + 1) if j % 3 == 0 else 0.2
            rows.append(
                {"null": null, "preserves": "the number of positives", "score": score,
                 "observed": 0.6, "null_mean": 0.5, "null_sd": 0.02, "z": 5.0 - i - 0.1 * j,
                 "p": p, "p_adjusted": p, "draws": DRAWS}
            )  # fmt: skip
    return pd.DataFrame(rows)


def increments_table() -> pd.DataFrame:
    return pd.DataFrame(
        {"score": ["layer 3", "|Spearman|"], "kind": ["candidate", "reference"],
         "increment": [-0.0034, 0.0083], "low": [-0.1164, -0.2023], "high": [0.0642, 0.0467]}
    )  # fmt: skip


def recovery(network: str, state: State, *, label: dict[str, str] | None = None) -> AnalysisResult:
    label = label or {"model": MODEL, "network": network}
    sentence = f"Attention of {label.get('model', 'x')} adds something in recovering {network}."
    verdict = Verdict(
        "attention knows the reference network beyond single-gene statistics",
        f"recovering {network}",
        state,
        sentence,
        ("increment over single-gene statistics: 0.031 AUROC [0.012, 0.049]",),
        ("about 418 regulators would rule it out",) if state is State.INCONCLUSIVE else (),
        (),
        {"network": network, "score": "layer 3"},
    )
    findings = [
        Finding(
            "regulation.recovery", f"Does layer 3 recover {network} better than the {null} null?",
            "pooled AUROC", 0.71, Interval(0.6, 0.8, 0.95, "bootstrap", "regulator", 8),
            NullSummary(null, DRAWS, 0.5, 0.02, p), p, "regulator", 8,
            ("target mean", 0.55), (0.03, 0.01, 0.05), 42,
            {"model": label.get("model", ""), "network": network, "null": null},
            "regulation.recovery",
        )
        for null, p in zip(NULLS, (0.005, 0.005, 0.015, 0.04, 0.3), strict=True)
    ]  # fmt: skip
    scores = scores_table()
    result = AnalysisResult("regulation.recovery", label, findings, [verdict])
    result.tables = {
        "scores": scores,
        "increments": increments_table(),
        "nulls": nulls_table(scores),
        "regulators": pd.DataFrame({"regulator": ["A<1>", "NA"], "n_targets": [4, 3],
                                    "auroc": [1 / 3, np.nan]}),
    }  # fmt: skip
    result.captions = {"scores": f"Every score against {network} (8 regulators, 30 edges)."}
    result.figures = [
        FigureSpec("scores", "score_forest", "scores", f"AUROC & {network}", size=(6.4, 5.0)),
        FigureSpec("increments", "increment_forest", "increments", "Gain.", {"margin": 0.01}),
        FigureSpec("nulls", "null_z", "nulls", "Against nulls.", {"score": "layer 3"}),
    ]
    result.checks = [Check("N1", "label shuffle", "passed", "p = 0.005"),
                     Check("N2", "degree-preserving null", "passed", f"for {network}")]  # fmt: skip
    result.notes = ["Row = query, column = key."]
    result.method = f"Attention edges were compared with {network}."
    return result


def masked() -> AnalysisResult:
    verdict = Verdict(
        "the model has learned how genes depend on each other in such cells",
        "predicting hidden tokens", State.PASS,
        f"{MODEL} adds 0.015 explained loss in predicting hidden tokens (n = 700 cells).",
    )  # fmt: skip
    result = AnalysisResult("model.masked_prediction", {"model": MODEL}, [], [verdict])
    nan = float("nan")
    result.tables = {
        "losses": pd.DataFrame(
            {"predictor": ["model", "the mean of the gene"], "loss": [143.4489, 152.36],
             "gain_of_model": [nan, 0.058484], "low": [nan, 0.0526], "high": [nan, 0.0651]}
        ),
        "empty": pd.DataFrame({"gene": [], "value": []}),
    }  # fmt: skip
    result.figures = [
        FigureSpec("losses", "prediction_losses", "losses", "Losses.", {"unit": "nats"}),
        FigureSpec("empty", "prediction_losses", "empty", "Nothing."),
    ]
    result.method = "15 % of the tokens were hidden."
    return result


def cssi() -> AnalysisResult:
    """Descriptive: findings, no verdict."""
    rows = [{"score": "layer 0", "aggregator": how, "auroc": 0.6 + 0.01 * i, "gain": 0.01 * i,
             "shuffled_mean": 0.59, "shuffled_low": 0.57, "shuffled_high": 0.615, "p": 0.01 * i,
             "draws": 100}
            for i, how in enumerate(("pooled", "max", "mean", "median"))]  # fmt: skip
    label = {"model": MODEL, "network": "trrust"}
    findings = [
        Finding("regulation.cssi", f"Does {r['aggregator']} help?", "pooled AUROC", r["auroc"],
                p=(0.01, 0.04, 0.5)[i], unit="regulator", n=8, family="regulation.cssi",
                kind="descriptive")
        for i, r in enumerate(rows[1:])
    ]  # fmt: skip
    result = AnalysisResult("regulation.cssi", label, findings)
    result.tables = {"cssi": pd.DataFrame(rows)}
    result.figures = [FigureSpec("cssi", "cssi_lines", "cssi", "Strata.")]
    return result


def control(name: str, state: State, *, expected: str, as_planted: bool) -> AnalysisResult:
    verdict = Verdict(
        "one head attends the planted pairs", "recovering planted edges", state,
        f"Control {name} in recovering planted edges: {state}.", ("a reason",),
    )  # fmt: skip
    result = AnalysisResult("controls.planted", {"control": name}, [], [verdict])
    behaved = "as planted" if as_planted else "NOT as planted"
    result.notes = [
        f"Planted: {name}. The battery must say {expected}; it said {state}: {behaved}."
    ]
    result.checks = [Check("R6", "planted truth", "passed" if as_planted else "failed",
                           f"{name}: {state}, expected {expected}")]  # fmt: skip
    return result


def cells_json() -> dict:
    return {
        "strata": ["B", "T"], "blocks": ["fold 1", "fold 2"], "unit": "fold of cells",
        "report": {
            "n_cells_in_data": 1000, "n_genes": 765, "n_cells": 700, "n_empty_cells": 0,
            "n_empty_genes": 3, "counts_from": "X", "n_counts_from": "obs['n_counts']",
            "n_counts": [2141.0, 3333.5, 9497.0], "genes_per_cell": 243.0,
            "scale": {"kind": "log1p_cp10k", "evidence": ["all values fit"], "recoverable": True},
            "identifiers": "symbol", "notes": ["counts from raw"],
            "columns": {"strata": {"name": "type", "sizes": {"B": 200, "T <naive>": 500},
                                   "n_unlabelled": 4}},
        },
    }  # fmt: skip


def genes_json() -> dict:
    return {
        "mapping": {"n_genes": 765, "mapped": 711, "by_route": {"exact": 700, "alias": 11},
                    "lost": [f"LOST{i}" for i in range(54)], "collapsed": {"A": ["a", "b"]},
                    "notes": ["read from the index"]},
        "note": "rows are the regulators of the networks", "share_of_counts": 0.9934,
        "cells_without_tokens": 2, "tokens": [183, 240.5, 400], "truncated_cells": 5,
        "evaluable_genes": 704, "regulators": 8,
    }  # fmt: skip


def study(**changes: object):
    content = {
        "study": "demo <1> & ünï", "cells": {"path": "pbmc68k", "strata": "type"},
        "models": [{"path": "/models/x", "name": MODEL}], "networks": ["trrust", "collectri"],
        "statistics": {"draws": DRAWS, "bootstrap": 200}, **changes,
    }  # fmt: skip
    return parse_study(content)


def manifest() -> dict:
    return {
        "study": "demo", "status": "finished", "seed": 42, "study_digest": "abc",
        "seconds": 80.4, "device": "cpu", "peak_memory_bytes": 729731072,
        "executor": {"name": "local", "workers": 2},
        "environment": {"python": "3.11.7", "packages": {"cellglass": "0.1.0", "torch": "2.13.0"},
                        "code": "7dee20b7b4b89b6e", "revision": None,
                        "time": "2026-11-21T05:51:12+0000"},
        "tasks": [{"name": "cells", "key": "k1", "seconds": 1.5, "peak_memory": 4e8, "worker": 1}],
        "inputs": {"trrust": "9b909319"},
    }  # fmt: skip


def everything(*, circuit_behaves: bool = True) -> list[AnalysisResult]:
    circuit = State.PASS if circuit_behaves else State.INCONCLUSIVE
    return [
        masked(),
        recovery("trrust", State.FAIL),
        recovery("own", State.INCONCLUSIVE),
        cssi(),
        control("pairs", State.PASS, expected="PASS", as_planted=True),
        control("prominence", State.FAIL, expected="not PASS", as_planted=True),
        control("nothing", State.INCONCLUSIVE, expected="not PASS", as_planted=True),
        control("circuit", circuit, expected="PASS", as_planted=circuit_behaves),
    ]


def skipped() -> list[tuple[str, dict[str, str], Verdict]]:
    label = {"model": MODEL, "network": "collectri"}
    return [
        ("regulation.recovery", label,
         not_run("attention knows curated regulation", "Recovery of reference networks",
                 why="the network collectri is not at hand",
                 command="cellglass data fetch collectri", tags=label)),
        ("model.cell_embedding", {"model": MODEL},
         not_applicable("training taught the embedding", "Cell embedding",
                        why="no column with cell types was given", tags={"model": MODEL})),
    ]  # fmt: skip


def write_run(
    folder: Path,
    results: list[AnalysisResult] | None = None,
    *,
    left_out: list | None = None,
    inputs: bool = True,
    **changes: object,
) -> RunSummary:
    """Write a run folder as `cellglass run` does, and read it."""
    results = everything() if results is None else results
    left_out = skipped() if left_out is None else left_out
    target = folder / "results"
    target.mkdir(parents=True)
    names = []
    for result in results:
        name = "-".join([result.analysis, *result.label.values()]).replace("/", "_")
        (target / name).mkdir()
        result.write(target / name)
        names.append(name)
    index = {
        "results": names,
        "skipped": [{"analysis": a, "label": la, "verdict": v.to_dict()} for a, la, v in left_out],
    }
    (target / "index.json").write_text(json.dumps(index))
    ledger = Ledger(target / "ledger.jsonl")
    for result in results:
        for finding in result.findings:
            ledger.append(finding)
    if inputs:
        (target / "inputs").mkdir()
        (target / "inputs" / "cells.json").write_text(json.dumps(cells_json()))
        (target / "inputs" / f"genes-{MODEL}.json").write_text(json.dumps(genes_json()))
    text = yaml.safe_dump(study(**changes).model_dump(), sort_keys=False, allow_unicode=True)
    (folder / "study.yaml").write_text(text, encoding="utf-8")
    (folder / "manifest.json").write_text(json.dumps(manifest()))
    return load_run(folder)


VOID = {"meta", "link", "input", "br", "img", "hr"}


@dataclass
class Element:
    """An element of a page."""

    tag: str
    attributes: dict[str, str]
    parent: Element | None = None
    children: list[Element | str] = field(default_factory=list)

    @property
    def text(self) -> str:
        parts = [c if isinstance(c, str) else c.text for c in self.children]
        return " ".join("".join(parts).split())

    @property
    def classes(self) -> list[str]:
        return self.attributes.get("class", "").split()

    def walk(self):
        for child in self.children:
            if isinstance(child, Element):
                yield child
                yield from child.walk()

    def find(self, tag: str = "", css: str = "", **attributes: str) -> list[Element]:
        return [
            e for e in self.walk()
            if (not tag or e.tag == tag) and (not css or css in e.classes)
            and all(e.attributes.get(k) == v for k, v in attributes.items())
        ]  # fmt: skip

    def by_id(self, id: str) -> Element:
        (found,) = [e for e in self.walk() if e.attributes.get("id") == id]
        return found


class _Reader(HTMLParser):
    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.root = Element("document", {})
        self._at = self.root

    def handle_starttag(self, tag, attrs):
        element = Element(tag, {k: v or "" for k, v in attrs}, self._at)
        self._at.children.append(element)
        if tag not in VOID:
            self._at = element

    def handle_startendtag(self, tag, attrs):
        self._at.children.append(Element(tag, {k: v or "" for k, v in attrs}, self._at))

    def handle_endtag(self, tag):
        # Every element must be closed where it was opened.
        assert self._at.tag == tag, f"</{tag}> closes <{self._at.tag}>"
        self._at = self._at.parent

    def handle_data(self, data):
        self._at.children.append(data)


def read_page(page: str) -> Element:
    """Parse a page strictly: an element that is not closed where it was opened is an error."""
    reader = _Reader()
    reader.feed(page)
    reader.close()
    assert reader._at is reader.root
    return reader.root


def read_csv(href: str) -> pd.DataFrame:
    """Decode a download as a reader's program would."""
    head, _, body = href.partition(",")
    assert head == "data:text/csv;charset=utf-8;base64"
    text = base64.b64decode(unquote(body)).decode("utf-8")
    return pd.read_csv(
        io.StringIO(text), float_precision="round_trip", keep_default_na=False, na_values=[""]
    )


@pytest.fixture(scope="session")
def full_run(tmp_path_factory) -> RunSummary:
    """A run with all five states, in which every control behaved."""
    return write_run(tmp_path_factory.mktemp("full") / "run")


@pytest.fixture(scope="session")
def full_page(full_run, tmp_path_factory) -> str:
    """The report of `full_run`."""
    from cellglass.report import write_report

    out = tmp_path_factory.mktemp("page") / "report.html"
    return write_report(full_run, out).read_text(encoding="utf-8")


@pytest.fixture(scope="session")
def page(full_page) -> Element:
    """The parsed report of `full_run`."""
    return read_page(full_page)
