"""Names under which columns of edges usually go."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from cellglass.data.tables import find_column
from cellglass.errors import InputError, nearest

if TYPE_CHECKING:
    import pandas as pd

SOURCE_COLUMNS = (
    "source_genesymbol",
    "tf",
    "regulator",
    "source",
    "from",
    "gene_a",
    "gene1",
    "node1",
    "query",
)
TARGET_COLUMNS = (
    "target_genesymbol",
    "target",
    "gene",
    "to",
    "gene_b",
    "gene2",
    "node2",
    "key",
)
WEIGHT_COLUMNS = ("weight", "mor", "sign", "score", "combined_score", "importance")
SCORE_COLUMNS = ("score", "weight", "importance", "attention", "value")


def choose_column(
    frame: pd.DataFrame, given: str | None, candidates: Sequence[str], role: str
) -> str:
    """Find the column for a role.

    Parameters
    ----------
    frame
        The table.
    given
        Name the user gave; must exist.
    candidates
        Usual names, lower case, tried in order if `given` is None.
    role
        For messages: "source", "target", ...

    Returns
    -------
    str

    Raises
    ------
    InputError
        If there is no such column; the columns there are, are named.
    """
    if given is not None:
        if given not in frame.columns:
            raise InputError(
                f"there is no column '{given}'",
                where=role,
                fix=nearest(given, map(str, frame.columns)),
            )
        return given
    found = find_column(frame, candidates)
    if found is None:
        raise InputError(
            f"no column looks like a {role} among: {', '.join(map(str, frame.columns[:10]))}",
            where=role,
            expected=f"one named {', '.join(candidates)}",
            fix=f"rename it in the file's header, or name it in Python: {role}='...'",
        )
    return found
