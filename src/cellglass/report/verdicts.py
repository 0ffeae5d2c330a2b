"""Verdicts as the page shows them: grouped by model or edge table, planted controls last."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from cellglass._words import capitalised, listed
from cellglass.runs.registry import Analysis
from cellglass.runs.result import AnalysisResult
from cellglass.runs.study import Study
from cellglass.stats import State, Verdict

from .glossary import FirstUses, Term
from .source import CONTROLS, Source, behaved, chapter_of

MEANING = {
    State.PASS: "the claim holds: the gain is above the margin, and every null is beaten.",
    State.FAIL: "shown to be absent: the gain is below the margin that would matter.",
    State.INCONCLUSIVE: "the data decide neither way; it is said how much more would.",
    State.NOT_RUN: "something was missing; the command that brings it is given.",
    State.NOT_APPLICABLE: "the question makes no sense for this model or these data.",
}
_HOLDS = (
    "Each verdict holds for its own claim, model and reference; only the four criteria together "
    "speak about the whole."
)
_RUN = "run: "
SUBJECTS = ("model", "edges")
UNTESTED = (State.NOT_RUN, State.NOT_APPLICABLE)
NAMED = 3
# A decided verdict names nothing that would change it: only other data can.
_OTHER_DATA = {
    State.PASS: "other data in which the interval reaches down to the margin, or in which a null "
    "is not beaten",
    State.FAIL: "other data in which the interval reaches above the margin",
}


@dataclass(frozen=True)
class VerdictView:
    """One verdict as the page shows it.

    Parameters
    ----------
    verdict
        The verdict.
    title
        The claim, or the control.
    about
        Analysis and label without the model.
    anchor
        Id of the analysis in the page; empty where it did not run.
    commands
        What would run it.
    would_change
        What would change the verdict, commands left out.
    planted
        For a planted control, what was planted and whether the battery said so.
    behaved
        For a planted control, whether it came out as planted.
    """

    verdict: Verdict
    title: str
    about: str
    anchor: str = ""
    commands: tuple[str, ...] = ()
    would_change: tuple[str, ...] = ()
    planted: str = ""
    behaved: bool | None = None

    @property
    def css(self) -> str:
        """Class of the state."""
        return state_css(self.verdict.state)


@dataclass(frozen=True)
class Untested:
    """Everything that was not tested for one reason.

    Parameters
    ----------
    state
        NOT RUN or NOT APPLICABLE.
    why
        The reason.
    subjects
        Models and edge tables that it holds for.
    analyses
        Analyses, or claims, each once with what it would have been about.
    commands
        What would run them; those of reasons told before left out.
    """

    state: State
    why: str
    subjects: tuple[str, ...]
    analyses: tuple[str, ...]
    commands: tuple[str, ...] = ()

    @property
    def css(self) -> str:
        """Class of the state."""
        return state_css(self.state)


@dataclass(frozen=True)
class Group:
    """Verdicts on one model, or on the planted controls, or what was not tested.

    Parameters
    ----------
    title, kind
        Heading; ``"model"``, ``"controls"`` or ``"untested"``.
    verdicts
        What was decided.
    descriptive
        Analyses without a verdict: title, and of each instance what it is about and its id.
    untested
        What was not tested, by reason.
    words
        Words that appear here first.
    """

    title: str
    kind: str
    verdicts: tuple[VerdictView, ...] = ()
    descriptive: tuple[tuple[str, tuple[tuple[str, str], ...]], ...] = ()
    untested: tuple[Untested, ...] = ()
    words: tuple[Term, ...] = ()


def state_css(state: State | str) -> str:
    """Class of a state: ``"not-run"`` for NOT RUN."""
    return str(state).lower().replace(" ", "-")


def groups(source: Source, anchors: Mapping[int, str], words: FirstUses) -> list[Group]:
    """Group all verdicts: a group a model or edge table, one of planted controls.

    Parameters
    ----------
    source
        The run.
    anchors
        Id of each result in the page, by its position among the results.
    words
        Words that were not explained yet; those that appear here are taken from it.
    """
    places = [*source.subject_names, ""]
    own: dict[str, list[VerdictView]] = {name: [] for name in places}
    described: dict[str, dict[str, list[tuple[str, str]]]] = {name: {} for name in places}
    controls: list[VerdictView] = []
    for position, result in enumerate(source.results):
        views = _of_result(source, result, anchors[position])
        if chapter_of(result.analysis) == CONTROLS:
            controls += views
            continue
        place = _subject(result.label)
        own[place] += views
        if not views:
            title = source.analysis(result.analysis).title
            links = described[place].setdefault(title, [])
            links.append((_context(result.label), anchors[position]))
    for name, label, verdict in source.skipped:
        view = _view(verdict, capitalised(verdict.claim), _about(source.analysis(name), label))
        own.setdefault(_subject(label), []).append(view)
    found: list[Group] = []
    missing: list[tuple[str, VerdictView]] = []
    for name, views in own.items():
        decided = tuple(v for v in views if v.verdict.state not in UNTESTED)
        missing += [(name, v) for v in views if v.verdict.state in UNTESTED]
        if decided or described.get(name):
            title = name or "The whole study"
            told = tuple((t, tuple(about)) for t, about in described.get(name, {}).items())
            found.append(Group(title, "model", decided, told))
    if controls:
        found.append(Group("Planted controls", CONTROLS, tuple(controls)))
    if missing:
        found.append(Group("Not tested", "untested", untested=_untested(missing)))
    return [replace(group, words=words.of(*_told(group))) for group in found]


def _untested(views: Sequence[tuple[str, VerdictView]]) -> tuple[Untested, ...]:
    """What was not tested by reason, NOT RUN first; each command at the first that needs it."""
    by_reason: dict[tuple[State, str], list[tuple[str, VerdictView]]] = {}
    # criteria rest on analyses: what those lack is told before what follows from it
    for name, view in sorted(views, key=lambda v: bool(v[1].anchor)):
        why = capitalised("; ".join(view.verdict.reasons).rstrip("."))
        by_reason.setdefault((view.verdict.state, why), []).append((name, view))
    told: set[str] = set()
    found = []
    for (state, why), same in sorted(by_reason.items(), key=lambda i: UNTESTED.index(i[0][0])):
        commands = dict.fromkeys(c for _, v in same for c in v.commands)
        found.append(
            Untested(
                state,
                why,
                tuple(dict.fromkeys(n for n, _ in same if n)),
                tuple(dict.fromkeys(_what(v) for _, v in same)),
                tuple(c for c in commands if c not in told),
            )
        )
        told.update(commands)
    return tuple(found)


def _what(view: VerdictView) -> str:
    """An analysis that did not run; the claim where the analysis ran and left it open."""
    return f"Claim: {view.title}" if view.anchor else view.about


def of_result(source: Source, result: AnalysisResult) -> tuple[VerdictView, ...]:
    """Verdicts of one result."""
    return tuple(_of_result(source, result, ""))


def tally(source: Source) -> list[tuple[State, int]]:
    """How many verdicts on models there are of each state that occurs in the page."""
    found = {v.state for r in source.results for v in r.verdicts}
    found |= {v.state for _, _, v in source.skipped}
    return [(state, source.count(state)) for state in State if state in found]


def scope(source: Source) -> tuple[str, bool]:
    """Say what was run of what there is, and whether that was all.

    Returns
    -------
    str, bool
        Sentences; whether every registered analysis and every planted control ran.
    """
    study = source.study
    if study is None:
        return "One set of scores was judged; no model was looked at and no control ran.", False
    # An instance that does not apply to the model or the data leaves nothing undone.
    undone = [
        source.analysis(name).title for name, _, v in source.skipped if v.state is State.NOT_RUN
    ]
    ran = {r.analysis for r in source.results} | {name for name, _, _ in source.skipped}
    absent = [a.title for name, a in source.known.items() if name not in ran]
    all_controls = Study.model_fields["controls"].get_default(call_default_factory=True)
    controls = [r.label.get("control", "") for r in source.control_results]
    left_out = [c for c in all_controls if c not in controls]
    if not undone and not absent and not left_out:
        return (
            f"All {len(source.known)} analyses ran, with all {len(all_controls)} planted controls. "
            f"{_HOLDS}"
        ), True
    parts = []
    if absent:
        parts.append(f"not part of the study: {_named(absent)}")
    if undone:
        parts.append(f"not run: {_named(list(dict.fromkeys(undone)))}")
    if left_out:
        parts.append(f"planted controls left out: {listed(left_out)}")
    return (f"This is a part of what cellglass can ask ({'; '.join(parts)}). {_HOLDS}"), False


def _named(titles: list[str]) -> str:
    """A few analyses by name, many by their number: the reasons stand under the verdicts."""
    return listed(titles) if len(titles) <= NAMED else f"{len(titles)} kinds of analysis"


def warnings(source: Source) -> list[tuple[str, str]]:
    """What a reader must know before reading any verdict: heading and text."""
    found = []
    if source.misbehaved:
        names = [" ".join(r.label.values()) for r in source.misbehaved]
        # The first notes of a control say what was planted, what had to come out, and what did.
        notes = " ".join(note for r in source.misbehaved for note in r.notes[:2])
        found.append(
            (
                f"A planted control did not behave: {listed(names)}",
                f"No verdict on this page can be trusted until this is understood. {notes}",
            )
        )
    elif source.study is not None and not source.control_results:
        found.append(
            (
                "No planted control ran",
                "Nothing on this page shows that the tests pass what is planted and nothing else. "
                "Add controls to study.yaml, or run cellglass demo.",
            )
        )
    status = source.manifest.get("status", "finished")
    if status != "finished":
        found.append(
            (
                f"The last run in this folder is marked '{status}'",
                "The results are those of an earlier, finished run. "
                f"{source.manifest.get('error', '')}".strip(),
            )
        )
    return found


def _of_result(source: Source, result: AnalysisResult, anchor: str) -> list[VerdictView]:
    analysis = source.analysis(result.analysis)
    control = chapter_of(result.analysis) == CONTROLS
    views = []
    for verdict in result.verdicts:
        name = " ".join(result.label.values())
        title = f"Control '{name}'" if control else capitalised(verdict.claim)
        view = _view(verdict, title, _about(analysis, result.label), anchor)
        if control:
            # The first note of a control says what was planted and what must come out.
            planted = result.notes[0] if result.notes else ""
            view = replace(view, planted=planted, behaved=behaved(result))
        views.append(view)
    return views


def _view(verdict: Verdict, title: str, about: str, anchor: str = "") -> VerdictView:
    commands = tuple(w.removeprefix(_RUN) for w in verdict.would_change if w.startswith(_RUN))
    change = tuple(w for w in verdict.would_change if not w.startswith(_RUN))
    if not verdict.would_change and verdict.state in _OTHER_DATA:
        change = (_OTHER_DATA[verdict.state],)
    return VerdictView(verdict, title, about, anchor, commands, change)


def _told(group: Group) -> list[str]:
    """What a reader reads of a group."""
    return (
        [group.title]
        + [text for v in group.verdicts for text in (v.title, v.planted, v.verdict.sentence)]
        + [u.why for u in group.untested]
    )


def _subject(label: Mapping[str, str]) -> str:
    """Model or edge table that a result is about; empty where it is about neither."""
    return label.get("model") or label.get("edges") or ""


def _about(analysis: Analysis, label: Mapping[str, str]) -> str:
    return " · ".join([analysis.title, *([_context(label)] if _context(label) else [])])


def _context(label: Mapping[str, str]) -> str:
    """What a result is about, beside the model or edge table."""
    return " · ".join(v for k, v in label.items() if k not in SUBJECTS)
