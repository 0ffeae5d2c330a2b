"""What a run will cost, before it is run."""

from .estimate import Estimate, estimate_study

__all__ = ["Estimate", "estimate_study"]
