"""One unit of the published evaluation: what it asked, what it found, what is done here."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Unit:
    """An analysis of Kendiukhov 2026 (arXiv 2602.17532), by its number in the specification.

    Parameters
    ----------
    id
        For example ``"A36"``.
    title
        A few words.
    question
        What it asks, as a question.
    needs
        Inputs, in words.
    reported
        What the paper reported, with numbers.
    ours
        What is done differently here, and why.
    analysis
        The registered analysis that runs it; empty where it is not in this version.
    function
        ``"package.module:function"`` behind it.
    test
        Test of that function, relative to the project.
    later
        Why it is not in this version; empty where it is.

    Examples
    --------
    >>> Unit("A99", "T", "Q?", "cells", "0.5", "a null", later="causal").available
    False
    """

    id: str
    title: str
    question: str
    needs: str
    reported: str
    ours: str
    analysis: str = ""
    function: str = ""
    test: str = ""
    later: str = ""

    @property
    def available(self) -> bool:
        """Whether this version runs it."""
        return not self.later

    @property
    def number(self) -> int:
        """Its number, for sorting."""
        return int(self.id.removeprefix("A"))
