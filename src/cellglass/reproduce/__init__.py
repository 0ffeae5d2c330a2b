"""Published tables as data, and ours beside them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from cellglass._lazy import attach

_NAMES = {
    "Comparison": ".comparing",
    "Ours": ".selecting",
    "Paper": ".published",
    "PublishedNumber": ".published",
    "PublishedTable": ".published",
    "Reproduction": ".running",
    "Select": ".published",
    "State": ".comparing",
    "comparisons_table": ".comparing",
    "find_paper": ".registry",
    "find_tables": ".registry",
    "papers": ".registry",
    "read_paper": ".reading",
    "reproduce": ".running",
    "study_of": ".given",
}

if TYPE_CHECKING:
    from .comparing import Comparison, State, comparisons_table
    from .given import study_of
    from .published import Paper, PublishedNumber, PublishedTable, Select
    from .reading import read_paper
    from .registry import find_paper, find_tables, papers
    from .running import Reproduction, reproduce
    from .selecting import Ours

__all__ = [
    "Comparison",
    "Ours",
    "Paper",
    "PublishedNumber",
    "PublishedTable",
    "Reproduction",
    "Select",
    "State",
    "comparisons_table",
    "find_paper",
    "find_tables",
    "papers",
    "read_paper",
    "reproduce",
    "study_of",
]


def __getattr__(name: str) -> Any:
    return attach(__name__, _NAMES, name)


def __dir__() -> list[str]:
    return __all__
