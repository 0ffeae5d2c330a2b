"""Were degree and expression judged on the same pairs?"""

from __future__ import annotations

import math
from collections.abc import Collection, Mapping

from cellglass._words import listed

from .guard import GuardResult

REQUIRED = ("degree", "expression")


def baselines_run(
    baselines: Mapping[str, float],
    features: Mapping[str, float] | None = None,
    *,
    required: Collection[str] = REQUIRED,
) -> GuardResult:
    """Refuse a result about pairs that stands beside no trivial baseline.

    Parameters
    ----------
    baselines
        AUROC of each baseline by name, as `cellglass.geometry.pair_baselines` names them.
    features
        AUROC of each feature on the same pairs.
    required
        Words of which each must stand in the name of some baseline.

    Returns
    -------
    GuardResult
        G9: failed where a baseline is missing or has no finite AUROC; with a warning that names
        the features below the best baseline.

    Notes
    -----
    Specification 0.2 and 2.2: leave-one-out degree reaches an AUROC of 0.79 to 0.88 on tables on
    which geometry gives 0.49 to 0.63, and was never run.

    Examples
    --------
    >>> baselines_run({"degree product": 0.84, "expression": 0.61}, {"geodesic": 0.56}).warning
    'geodesic is below degree product (AUROC 0.840)'
    >>> baselines_run({"euclidean": 0.55}).detail
    'degree and expression were not run'
    """
    missing = [w for w in required if not any(w in name for name in baselines)]
    broken = [n for n, v in baselines.items() if not math.isfinite(v)]
    if missing or broken:
        parts = [f"{listed(missing)} {'was' if len(missing) == 1 else 'were'} not run"]
        parts = (parts if missing else []) + ([f"{listed(broken)} gave no AUROC"] if broken else [])
        return GuardResult.of("G9", failed=True, detail="; ".join(parts))
    best = max(baselines, key=lambda name: baselines[name])
    below = [n for n, v in (features or {}).items() if v <= baselines[best]]
    told = listed([f"{n} {v:.3f}" for n, v in baselines.items()])
    warning = ""
    if below:
        be = "is" if len(below) == 1 else "are"
        warning = f"{listed(below)} {be} below {best} (AUROC {baselines[best]:.3f})"
    return GuardResult.of("G9", failed=False, detail=f"AUROC of baselines: {told}", warning=warning)
