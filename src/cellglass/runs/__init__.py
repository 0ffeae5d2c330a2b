"""From a study to results: configuration, tasks, executors, run folder, resume, registry."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from cellglass._lazy import attach

_NAMES = {
    "Analysis": ".registry",
    "AnalysisResult": ".result",
    "RunSummary": ".pipeline",
    "Study": ".study",
    "Task": ".tasks",
    "TaskContext": ".tasks",
    "analyses": ".registry",
    "load_run": ".pipeline",
    "load_study": ".study",
    "parse_study": ".study",
    "run_study": ".pipeline",
}

if TYPE_CHECKING:
    from .pipeline import RunSummary, load_run, run_study
    from .registry import Analysis, analyses
    from .result import AnalysisResult
    from .study import Study, load_study, parse_study
    from .tasks import Task, TaskContext

__all__ = [
    "Analysis",
    "AnalysisResult",
    "RunSummary",
    "Study",
    "Task",
    "TaskContext",
    "analyses",
    "load_run",
    "load_study",
    "parse_study",
    "run_study",
]


def __getattr__(name: str) -> Any:
    return attach(__name__, _NAMES, name)


def __dir__() -> list[str]:
    return __all__
