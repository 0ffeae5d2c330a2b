"""Tests that other packages run on their own models, nulls and analyses."""

from .check_cell_model import check_cell_model
from .check_model import check_model

__all__ = ["check_cell_model", "check_model"]
