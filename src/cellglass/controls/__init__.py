"""Planted controls: what must pass, what must not, and a circuit with a known head."""

from .battery import Battery, run_battery
from .circuit import Circuit, plant_circuit
from .latent import Design
from .run import EXPECTED, WHAT, ControlResult, run
from .screen import PlantedScreen, simulate_screen
from .simulate import Planted, simulate

__all__ = [
    "EXPECTED",
    "WHAT",
    "Battery",
    "Circuit",
    "ControlResult",
    "Design",
    "Planted",
    "PlantedScreen",
    "plant_circuit",
    "run",
    "run_battery",
    "simulate",
    "simulate_screen",
]
