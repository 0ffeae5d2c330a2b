"""The report: one HTML file that opens offline, verdicts first."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from cellglass._lazy import attach

_NAMES = {
    "write_audit": ".audit_folder",
    "write_report": ".write",
    "write_result_report": ".write",
}

if TYPE_CHECKING:
    from .audit_folder import write_audit
    from .write import write_report, write_result_report

__all__ = ["write_audit", "write_report", "write_result_report"]


def __getattr__(name: str) -> Any:
    return attach(__name__, _NAMES, name)


def __dir__() -> list[str]:
    return __all__
