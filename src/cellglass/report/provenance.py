"""Where everything came from: versions, code, input hashes, seeds, device, time, memory."""

from __future__ import annotations

from dataclasses import dataclass

import pandas as pd

from .numbers import duration, memory
from .source import Source
from .tables import TableView, file_name, view


@dataclass(frozen=True)
class ProvenanceView:
    """What the page says of where results came from.

    Parameters
    ----------
    facts
        Label and value.
    inputs
        Name and sha256 of each input.
    tasks
        Seconds and memory of each task; None where the manifest has none.
    study
        The study.yaml.
    """

    facts: tuple[tuple[str, str], ...]
    inputs: tuple[tuple[str, str], ...]
    tasks: TableView | None
    study: str


def provenance(source: Source) -> ProvenanceView:
    """Read the manifest."""
    manifest, environment = source.manifest, source.environment
    facts = [
        ("Started", str(environment.get("time", ""))),
        ("Python", str(environment.get("python", ""))),
        *((name, str(v)) for name, v in environment.get("packages", {}).items()),
        ("Code", str(environment.get("code") or "")),
        ("Revision", str(environment.get("revision") or "")),
        ("Seed", str(manifest.get("seed", ""))),
        ("Digest of the study", str(manifest.get("study_digest", ""))),
        ("Device", str(manifest.get("device", ""))),
        ("Platform", str(environment.get("platform", ""))),
        ("Cores", str(environment.get("cores", ""))),
    ]
    executor = manifest.get("executor")
    if executor:
        facts.append(("Executor", f"{executor['name']}, workers: {executor['workers']}"))
    if "seconds" in manifest:
        facts.append(("Time", duration(float(manifest["seconds"]))))
    if "peak_memory_bytes" in manifest:
        facts.append(("Peak memory of a process", memory(float(manifest["peak_memory_bytes"]))))
    return ProvenanceView(
        tuple((label, value) for label, value in facts if value),
        tuple((str(k), str(v)) for k, v in manifest.get("inputs", {}).items()),
        _tasks(source),
        source.study_text,
    )


def _tasks(source: Source) -> TableView | None:
    tasks = source.manifest.get("tasks", ())
    if not tasks:
        return None
    table = pd.DataFrame(
        [
            {"task": t["name"], "seconds": t["seconds"], "peak_memory_gb": t["peak_memory"] / 1e9,
             "key": str(t["key"])}
            for t in tasks
        ]
    )  # fmt: skip
    return view(
        table, id="provenance-tasks", name="tasks", title="Tasks",
        filename=file_name(["tasks"]),
        caption="Tasks that this run computed, with time, peak memory of the process and content "
        "key; results of earlier runs that were used again are not listed.",
        order=lambda t: t.sort_values("seconds", ascending=False, kind="stable"),
        order_note="Longest first.",
    )  # fmt: skip
