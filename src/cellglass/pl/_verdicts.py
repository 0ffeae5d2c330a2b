"""Verdicts at a glance."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from ._style import BLUE, GREY, OCHRE, ORANGE, SMALL, axes_of, dress, ink, nothing_to_draw, rows

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from cellglass.stats import Verdict

# Marker and colour of each state; the word stands beside them.
_STATES = {
    "PASS": ("o", BLUE, True),
    "FAIL": ("X", ORANGE, True),
    "INCONCLUSIVE": ("D", OCHRE, False),
    "NOT RUN": ("s", GREY, False),
    "NOT APPLICABLE": ("_", GREY, False),
}


def verdicts(verdicts: Sequence[Verdict], *, ax: Axes | None = None) -> Axes:
    """Draw one line a verdict: the claim, what was tested, and the state.

    Parameters
    ----------
    verdicts
        For example ``RunSummary.verdicts`` or ``AnalysisResult.verdicts``.
    ax
        Axes to draw into; those of a new figure when None.

    Returns
    -------
    matplotlib.axes.Axes
        The axes.

    Examples
    --------
    >>> from cellglass.stats import not_run
    >>> found = [not_run("edges know", "recovering x edges", why="no network", command="fetch")]
    >>> [t.get_text() for t in verdicts(found).texts]
    ['NOT RUN']
    """
    ax = axes_of(ax, (6.4, 0.6 + 0.42 * max(len(verdicts), 1)))
    if not verdicts:
        return nothing_to_draw(ax)
    for y, verdict in enumerate(verdicts):
        marker, colour, filled = _STATES[str(verdict.state)]
        ax.plot(0.06, y, marker=marker, markersize=8, markeredgewidth=1.6, linestyle="none",
                markeredgecolor=colour,
                markerfacecolor=colour if filled else "none")  # fmt: skip
        ax.text(0.13, y, str(verdict.state), va="center", fontsize=SMALL, fontweight="bold",
                color=ink())  # fmt: skip
    rows(ax, [f"{_about(v)}{v.endpoint}" for v in verdicts])
    ax.set_xlim(0, 1)
    ax.set_xticks([])
    dress(ax, left=False)
    ax.spines["bottom"].set_visible(False)
    return ax


def _about(verdict: Verdict) -> str:
    """Name the model or the control, where the verdict has one."""
    name = verdict.tags.get("model") or verdict.tags.get("control")
    return f"{name}: " if name else ""
