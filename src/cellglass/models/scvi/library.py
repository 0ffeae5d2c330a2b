"""scvi-tools, imported where it is needed and without its noise."""

from __future__ import annotations

import warnings
from typing import Any

from cellglass.errors import CheckpointError


def scvi_tools() -> Any:
    """Import ``scvi``.

    Returns
    -------
    module
        With its models and modules.

    Raises
    ------
    CheckpointError
        If scvi-tools is not installed.
    """
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of its own dependencies, while they are imported
            import scvi
            import scvi.model
            import scvi.module
    except ImportError as error:
        raise CheckpointError(
            f"scvi-tools cannot be imported ({error})",
            where="models of the family scvi",
            fix="pip install 'cellglass[scvi]'",
        ) from error
    return scvi
