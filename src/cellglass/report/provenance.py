"""Where everything came from: versions, code, input hashes, seeds, device.

When a run ran, how long and on how many workers stands in its manifest only, so that equal results
make equal reports.
"""

from __future__ import annotations

from dataclasses import dataclass

from .source import Source


@dataclass(frozen=True)
class ProvenanceView:
    """What the page says of where results came from.

    Parameters
    ----------
    facts
        Label and value.
    inputs
        Name and sha256 of each input.
    study
        The study.yaml.
    """

    facts: tuple[tuple[str, str], ...]
    inputs: tuple[tuple[str, str], ...]
    study: str


def provenance(source: Source) -> ProvenanceView:
    """Read the manifest."""
    manifest, environment = source.manifest, source.environment
    facts = [
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
    return ProvenanceView(
        tuple((label, value) for label, value in facts if value),
        tuple((str(k), str(v)) for k, v in manifest.get("inputs", {}).items()),
        source.study_text,
    )
