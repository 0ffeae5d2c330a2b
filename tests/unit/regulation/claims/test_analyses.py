from cellglass.regulation.claims.analyses import ANALYSES
from cellglass.runs.registry import analyses


def test_claims_are_told_first():
    (only,) = ANALYSES
    regulation = [n for n in analyses() if n.startswith("regulation.")]
    assert regulation[0] == only.name == "regulation.claims"
