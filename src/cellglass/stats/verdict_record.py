"""What a verdict is, and the two that need no data."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from cellglass.errors import InputError


class State(StrEnum):
    """What a verdict says."""

    PASS = "PASS"
    FAIL = "FAIL"
    INCONCLUSIVE = "INCONCLUSIVE"
    NOT_RUN = "NOT RUN"
    NOT_APPLICABLE = "NOT APPLICABLE"


@dataclass(frozen=True)
class Verdict:
    """A claim at one endpoint, and what the data say about it.

    Attributes
    ----------
    claim
        What is claimed, for example ``"attention knows regulation"``.
    endpoint
        What was tested, for example ``"recovering TRRUST pairs"``.
    state
        See `State`.
    sentence
        The sentence a paper may print.
    reasons
        Each condition with its numbers.
    would_change
        What would change the verdict: more units, a null to run, a command.
    finding_ids
        Findings of the ledger it rests on.
    tags
        Provenance.
    """

    claim: str
    endpoint: str
    state: State
    sentence: str
    reasons: tuple[str, ...] = ()
    would_change: tuple[str, ...] = ()
    finding_ids: tuple[str, ...] = ()
    tags: Mapping[str, str] = field(default_factory=dict)

    def to_dict(self) -> dict[str, Any]:
        """Return the verdict as JSON types."""
        return {
            "claim": self.claim,
            "endpoint": self.endpoint,
            "state": str(self.state),
            "sentence": self.sentence,
            "reasons": list(self.reasons),
            "would_change": list(self.would_change),
            "finding_ids": list(self.finding_ids),
            "tags": dict(self.tags),
        }

    @classmethod
    def from_dict(cls, record: Mapping[str, Any]) -> Verdict:
        """Make a verdict from `to_dict`."""
        return cls(
            claim=record["claim"],
            endpoint=record["endpoint"],
            state=State(record["state"]),
            sentence=record["sentence"],
            reasons=tuple(record["reasons"]),
            would_change=tuple(record["would_change"]),
            finding_ids=tuple(record["finding_ids"]),
            tags=dict(record["tags"]),
        )


def not_run(
    claim: str, endpoint: str, *, why: str, command: str, tags: Mapping[str, str] | None = None
) -> Verdict:
    """Say that a claim was not tested, and how to test it.

    Parameters
    ----------
    claim, endpoint
        See `Verdict`.
    why
        What was missing, as in ``"the TRRUST network is not at hand"``.
    command
        The command that would run it.
    tags
        Provenance.

    Returns
    -------
    Verdict
        NOT RUN.

    Raises
    ------
    InputError
        If there is no command.

    Examples
    --------
    >>> not_run("c", "e", why="no network", command="cellglass data fetch trrust").would_change
    ('run: cellglass data fetch trrust',)
    """
    if not command:
        raise InputError("no command", where=f"verdict on {claim}", expected="what would run it")
    sentence = f"Not run ({endpoint}): {why}."
    return Verdict(
        claim, endpoint, State.NOT_RUN, sentence, (why,), (f"run: {command}",), (), dict(tags or {})
    )


def not_applicable(
    claim: str, endpoint: str, *, why: str, tags: Mapping[str, str] | None = None
) -> Verdict:
    """Say that a claim cannot be tested with this model or these data.

    Parameters
    ----------
    claim, endpoint
        See `Verdict`.
    why
        The reason, as in ``"the model has no attention"``.
    tags
        Provenance.

    Returns
    -------
    Verdict
        NOT APPLICABLE.

    Examples
    --------
    >>> not_applicable("c", "e", why="the model has no attention").sentence
    'Not applicable (e): the model has no attention.'
    """
    sentence = f"Not applicable ({endpoint}): {why}."
    return Verdict(
        claim, endpoint, State.NOT_APPLICABLE, sentence, (why,), (), (), dict(tags or {})
    )
