import pytest
from matplotlib.figure import Figure

from cellglass import pl
from cellglass.regulation.responses.analyses import ANALYSES
from cellglass.regulation.responses.judges import JUDGES
from cellglass.runs.result import AnalysisResult
from cellglass.stats import State, boosted_classifier

UNITS = {a.name: set(a.units) for a in ANALYSES}


@pytest.fixture(scope="module", autouse=True)
def few_trees():
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(boosted_classifier, "TREES", 5)
        yield


@pytest.fixture(scope="module")
def results(world):
    """Every analysis of a table, of a model, and of one that scores almost nothing."""
    worlds = {
        "table": world(1.0, network=True),
        "model": world(1.0, kind="model", untrained=True, network=True),
        "part": world(1.0, sources=("G0", "G1", "G2", "G3", "G4", "UNMEASURED")),
        "none": world(sources=("G30", "G31")),
    }
    return {k: {n: f(w.judged) for n, f in JUDGES.items()} for k, w in worlds.items()}


@pytest.mark.parametrize("kind", ["table", "model", "part", "none"])
@pytest.mark.parametrize("what", JUDGES)
def test_results_are_whole(results, tmp_path, kind, what):
    result = results[kind][what]
    assert result.analysis == f"regulation.{what}"
    assert set(result.captions) == set(result.tables)
    result.write(tmp_path)  # no nan in JSON, no column that Parquet refuses
    back = AnalysisResult.read(tmp_path)
    for figure in back.figures:
        table = back.tables[figure.table]
        for width in (6.4, 3.5):
            axes = Figure((width, 4.0), layout="constrained").subplots()
            getattr(pl, figure.function)(table, ax=axes, **figure.options)
            assert axes.has_data() or axes.texts
    assert len({f.id for f in result.findings}) == len(result.findings)
    for finding in result.findings:
        assert finding.unit == "perturbation"
        assert finding.n >= 2
        assert finding.seed == 1
        assert finding.tags["unit"] in UNITS[result.analysis]
        assert finding.tags["screen"] == "simulated"
        if finding.kind == "confirmatory":
            assert finding.interval is not None or finding.null is not None
    for verdict in result.verdicts:
        assert verdict.tags["screen"] == "simulated"
        assert set(verdict.finding_ids) <= {f.id for f in result.findings}


@pytest.mark.parametrize("what", JUDGES)
def test_what_cannot_be_judged_is_not_applicable_and_never_an_error(results, what):
    (verdict,) = results["none"][what].verdicts
    assert verdict.state is State.NOT_APPLICABLE
    assert not [f for f in results["none"][what].findings if f.kind == "confirmatory"]


def test_verdicts_stand_where_a_claim_does(results):
    for kind in ("table", "model"):
        with_verdict = {f"regulation.{n}" for n, r in results[kind].items() if r.verdicts}
        claimed = {a.name for a in ANALYSES if a.claim}
        layers = {"regulation.response_layers"} if kind == "table" else set()  # not applicable
        assert with_verdict == claimed | layers


@pytest.mark.parametrize("what", ["response", "response_baselines", "response_matched"])
def test_equal_seeds_give_equal_bytes(world, tmp_path, what):
    for name in ("one", "two"):
        (tmp_path / name).mkdir()
        JUDGES[what](world(1.0, kind="model").judged).write(tmp_path / name)
    for file in sorted(p.name for p in (tmp_path / "one").iterdir()):
        assert (tmp_path / "one" / file).read_bytes() == (tmp_path / "two" / file).read_bytes()
