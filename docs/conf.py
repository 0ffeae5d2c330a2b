"""Sphinx configuration. The build needs no network: nothing is fetched, nothing is executed."""

from __future__ import annotations

import sys
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE / "_ext"))

import cellglass  # noqa: E402 - the path comes first

project = "cellglass"
author = "The cellglass developers"
copyright = "2026, the cellglass developers"
version = release = cellglass.__version__

extensions = [
    "myst_nb",
    "sphinx.ext.autodoc",
    "sphinx.ext.napoleon",
    "sphinx.ext.viewcode",
    "generated_pages",
]
exclude_patterns = ["_build", "_ext", "api/generated/*_fragment.md", "**/.ipynb_checkpoints"]

myst_enable_extensions = ["colon_fence", "deflist"]
myst_heading_anchors = 3
nb_execution_mode = "off"

autodoc_member_order = "bysource"
autodoc_typehints = "none"  # docstrings say types where they matter
autoclass_content = "class"
napoleon_google_docstring = False
napoleon_use_ivar = True
napoleon_use_rtype = False
napoleon_attr_annotations = False

html_theme = "sphinx_book_theme"
html_title = f"cellglass {version}"
html_theme_options = {"show_toc_level": 2, "use_download_button": False}
