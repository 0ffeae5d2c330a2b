"""The command line: `cellglass`."""

from .main import main

__all__ = ["main"]
