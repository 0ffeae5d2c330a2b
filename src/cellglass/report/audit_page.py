"""The page of an audit: what survives first, then what is wrong, then every number."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from importlib.resources import files
from typing import TYPE_CHECKING, Any

from markupsafe import Markup

from cellglass import __version__

from .numbers import MINUS
from .page import TEMPLATES
from .svg import Drawing, draw
from .tables import TableView, csv_uri, view

if TYPE_CHECKING:
    import pandas as pd

    from cellglass.stats.audit.misuse import Misuse
    from cellglass.stats.audit.result import AuditResult

MOST_EMBEDDED = 5_000  # rows of a download inside the page; longer tables stand beside it
MOST_NAMED = 36  # rows that the figure names
MOST_DRAWN = 400  # rows that it draws
BEYOND = 10  # times the effect; a larger share of it is a sign that there is no effect
BADGES = {"misuse": "fail", "limit": "inconclusive", "check": "not-run"}
MEANING = {
    "misuse": "a conclusion does not follow from the draws",
    "limit": "the design can show little, whatever the data say",
    "check": "a sign of something else; a person should look, it proves nothing",
}


@dataclass(frozen=True)
class AuditInput:
    """A file that was audited.

    Attributes
    ----------
    role
        ``"observed"`` or ``"null draws"``.
    name
        Name of the file, without its folder.
    sha256
        Of its bytes.
    n_rows
        Rows of its table.
    """

    role: str
    name: str
    sha256: str
    n_rows: int


def render_audit(
    result: AuditResult, title: str = "Null draws", inputs: Sequence[AuditInput] = ()
) -> str:
    """Make the page of an audit.

    Parameters
    ----------
    result
        What was found.
    title
        What was audited.
    inputs
        The files.

    Returns
    -------
    str
        HTML, complete in itself; equal for equal tables.
    """
    from jinja2 import Environment, PackageLoader, StrictUndefined

    environment = Environment(
        loader=PackageLoader("cellglass.report", TEMPLATES),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    return environment.get_template("audit.html.j2").render(_context(result, title, inputs))


def _context(result: AuditResult, title: str, inputs: Sequence[AuditInput]) -> dict[str, Any]:
    return {
        "title": title,
        "verdict": result.sentences[0],
        "sentences": result.sentences[1:],
        "steps": result.steps,
        "figure": _figure(result),
        "findings": [(BADGES[m.severity], m, _code(m)) for m in result.findings],
        "meaning": [(BADGES[s], s, text) for s, text in MEANING.items()],
        "groups": [_groupings(result), _groups(result)],
        "families": _families(result),
        "printed": _printed(result),
        "rows": _rows(result),
        "excluded": _excluded(result),
        "notes": result.notes,
        "computed": _computed(result),
        "files": _files(result),
        "inputs": inputs,
        "css": _asset("report.css"),
        "js": _asset("report.js"),
        "version": __version__,
    }


def _asset(name: str) -> Markup:
    """Style and script of the page; ours, so they go in as they are."""
    return Markup(files("cellglass.report").joinpath(TEMPLATES, name).read_text(encoding="utf-8"))


def _code(finding: Misuse) -> str:
    return finding.code.replace("_", " ")


def _figure(result: AuditResult) -> Drawing | None:
    """Strict margin and pooled gap of each row; None where no row has one."""
    import numpy as np

    from cellglass.runs.result import FigureSpec

    rows = result.rows
    finite = np.isfinite(rows[["strict_margin", "null_gap"]].to_numpy(dtype=float)).all(axis=1)
    shown = rows[finite]
    if shown.empty:
        return None
    names = _names(shown[[c for c in result.columns.by if rows[c].nunique(dropna=False) > 1]])
    table = shown[["observed", "null_gap", "strict_margin"]].assign(row=names)
    height = 1.3 + 0.19 * len(shown) if len(shown) <= MOST_NAMED else 4.2
    caption = (
        "Each line is a row. The strict margin is what the observed value has above the 95 % "
        "quantile of its hardest null family; the pooled null gap, what it has above that of all "
        "draws together."
    )
    if len(shown) > MOST_DRAWN:
        order = table["strict_margin"].argsort(kind="stable").to_numpy()
        table = table.iloc[order[np.linspace(0, len(shown) - 1, MOST_DRAWN).round().astype(int)]]
        caption += (
            f" Of {len(shown):,} rows {MOST_DRAWN} are drawn, evenly spaced by strict margin."
        )
    left_out = len(rows) - len(shown)
    if left_out:
        caption += f" {left_out} of {len(rows)} rows have no such number and are not drawn."
    spec = FigureSpec("margins", "margin_points", "rows", caption, {}, (6.4, max(2.4, height)))
    return draw(spec, table, "margins")


def _names(keys: pd.DataFrame) -> list[str]:
    """Rows by the keys that tell them apart, short enough for a label."""
    if keys.shape[1] == 0:
        return [f"row {i + 1}" for i in range(len(keys))]
    joined = [" · ".join(str(v) for v in record) for record in keys.itertuples(index=False)]
    return [name if len(name) <= 44 else f"{name[:42]}…" for name in joined]


def _rows(result: AuditResult) -> TableView:
    shown = result.rows
    same = [c for c in result.columns.by if shown[c].nunique(dropna=False) == 1]
    columns = [
        *(c for c in result.columns.by if c not in same),
        "observed", "strict_margin", "null_gap", "hardest_family", "p_max", "bh", "p_min",
        "p_pooled", "attainable_p", "n_draws", "state",
    ]  # fmt: skip
    if len(result.suffixes) == 1:
        columns = [c for c in columns if c not in ("hardest_family", "p_min", "p_pooled")]
    if (shown["state"] == "tested").all():
        columns.remove("state")
    of_all = ", ".join(f"{c} {shown[c].iloc[0]}" for c in same)
    ordered = shown.sort_values("strict_margin", ascending=False, kind="stable")
    table = view(
        ordered[columns].rename(columns={"bh": "p_bh"}), id="rows-table", name="rows",
        title="All rows", filename="rows.csv", order_note="By strict margin, the largest first.",
        caption=(f"All rows: {of_all}. " if same else "") + "The download has the columns of each "
        "null family as well: p, 95 % quantile, margin, number of draws.",
    )  # fmt: skip
    return _with_download(table, result.rows, "rows")


def _with_download(table: TableView, whole: pd.DataFrame, name: str) -> TableView:
    """Let a table be downloaded whole, from the page or, where it is long, from beside it."""
    if len(whole) <= MOST_EMBEDDED:
        return dataclasses.replace(table, href=csv_uri(whole))
    note = f"Too long for the page: the whole table is {name}.parquet beside it."
    return dataclasses.replace(
        table, href=csv_uri(whole.iloc[:MOST_EMBEDDED]), n_rows=MOST_EMBEDDED,
        notes=(*table.notes, note),
    )  # fmt: skip


def _groups(result: AuditResult) -> TableView:
    columns = [
        "grouping", "group", "n_rows", "mean_observed", "mean_null_gap", "mean_strict_margin",
        "rows_gap_above_0", "rows_strict_above_0", "rows_p_max_significant", "p_largest",
        "p_cauchy", "p_harmonic", "p_shared_permutations", "fisher_of_p_min_not_valid",
    ]  # fmt: skip
    shown = result.groups[columns]
    empty = [c for c in ("p_shared_permutations",) if shown[c].isna().all()]
    table = view(
        shown.drop(columns=empty), id="groups-table", name="groups", title="All groups",
        filename="groups.csv",
        caption="Largest p: the effect is in every row. Cauchy, harmonic mean: it is in some row, "
        "whatever the dependence (Cauchy: nearly). Fisher's rule of the smallest p is what is "
        "often printed; it does not hold, and stands here for comparison only.",
    )  # fmt: skip
    return _with_download(table, result.groups, "groups")


def _groupings(result: AuditResult) -> TableView:
    """How many groups have means above 0."""
    import pandas as pd

    return view(
        pd.DataFrame(result.summary["groupings"]), id="groupings-table", name="groupings",
        title="Groups with a mean above 0", filename="groupings.csv",
        caption="In how many groups the mean over rows is above 0: of the observed value, of its "
        "null gap, of its strict margin.",
    )  # fmt: skip


def _families(result: AuditResult) -> TableView:
    whole = result.family_summary
    shown = whole.drop(columns=["mean_observed", "draws_median"])
    shown["share_kept"] = whole["share_kept"].map(_share)
    table = view(
        shown, id="families-table",
        name="null_families", title="All null families", filename="family_summary.csv",
        caption="Share kept: sum over rows of the family's mean, divided by that of the observed "
        "values. It is what remains of the effect when the family has shuffled what it shuffles.",
    )  # fmt: skip
    return _with_download(table, whole, "family_summary")


def _share(value: float) -> str:
    """Format a share of the effect; empty where it says nothing."""
    if not abs(value) < BEYOND:
        return ""
    return f"{100 * value:.1f} %".replace("-", MINUS)


def _printed(result: AuditResult) -> TableView | None:
    if result.printed.empty:
        return None
    return view(
        result.printed[["column", "n_agree", "n", "formula", "largest_difference"]],
        id="printed-table", name="printed", title="Printed numbers, computed again",
        filename="printed.csv",
        caption="Columns of the observed table that are named like p values, gaps, margins or "
        "summaries of nulls, and the formula that gives them to the digits printed.",
    )  # fmt: skip


def _excluded(result: AuditResult) -> TableView | None:
    if result.excluded.empty:
        return None
    return view(
        result.excluded, id="excluded-table", name="excluded", title="Not used, by reason",
        filename="excluded.csv",
    )  # fmt: skip


def _computed(result: AuditResult) -> list[tuple[str, str]]:
    """How each number was computed, in plain words."""
    turned = {
        "greater": "Larger values are more extreme.",
        "less": "Smaller values are more extreme: all values are negated before quantiles and "
        "margins are taken, so that a margin above 0 is again in favour of the effect.",
        "two-sided": "Absolute values are compared: quantiles, margins and p are of |value|.",
    }
    needed = result.summary["draws_needed"]
    return [
        ("Direction", turned[result.direction]),
        ("p against a family", "(1 + draws at least as extreme as the observed value) / "
         "(1 + draws). Values are compared as they are printed; equal ones count."),
        ("p_max, p_min, pooled p", "Largest and smallest p over the null families of a row; p of "
         "all its draws together. Only the largest says that no family explains the row."),
        ("Attainable p", "1 / (1 + draws), of the family with the fewest draws. The level "
         f"{result.level:g} takes {needed['for_the_level']:,} draws; with Bonferroni over all "
         f"tested rows, {needed['for_all_rows']:,}."),
        ("Null gap", "Observed value less the 95 % quantile of the draws of all families "
         "together, with linear interpolation."),
        ("Strict margin", "Observed value less the largest of the 95 % quantiles of the families. "
         "With many draws it is never above the null gap; with few, interpolation may put it "
         "there."),
        ("After correction", "p_max over all tested rows: Benjamini and Hochberg (p, bh), Holm, "
         "and Benjamini and Yekutieli, which holds under any dependence."),
        ("Effective number of rows", "From the correlation of draws on the same permutation, where "
         "draws are numbered and rows share permutations."),
    ]  # fmt: skip


def _files(result: AuditResult) -> list[tuple[str, str, int]]:
    """Tables beside the page."""
    what: Mapping[str, str] = {
        "rows": "one row an observed row",
        "families": "one row for each observed row and null family",
        "family_summary": "one row a null family",
        "groups": "one row a group of rows",
        "misuse": "one row a finding",
        "printed": "one row a printed column that was computed again",
        "excluded": "what was not used, by reason",
    }
    return [(f"{name}.parquet", what[name], len(t)) for name, t in result.tables.items()]
