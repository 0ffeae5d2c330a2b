"""Planted controls: what must pass, what must not, and a circuit with a known head."""

from .circuit import Circuit, plant_circuit
from .run import EXPECTED, WHAT, ControlResult, run
from .simulate import Design, Planted, simulate

__all__ = [
    "EXPECTED",
    "WHAT",
    "Circuit",
    "ControlResult",
    "Design",
    "Planted",
    "plant_circuit",
    "run",
    "simulate",
]
