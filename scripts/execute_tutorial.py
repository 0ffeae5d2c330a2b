"""Execute the tutorials and store their outputs: `make tutorial`.

It runs in an empty folder with an empty cache of references, so that its outputs are those of a
fresh machine, whoever runs it.
"""

from __future__ import annotations

import argparse
import os
import re
import tempfile
from collections.abc import Callable
from pathlib import Path

import nbformat
from nbclient import NotebookClient

TUTORIALS = Path(__file__).resolve().parents[1] / "docs" / "tutorials"
SECONDS = 1800


def execute(
    notebook: nbformat.NotebookNode, *, change: Callable[[str], str] | None = None
) -> nbformat.NotebookNode:
    """Execute a copy of a notebook; `change` may edit its source first."""
    copy = nbformat.from_dict(notebook)
    if change is not None:
        for cell in copy.cells:
            cell.source = change(cell.source)
    held = {k: os.environ.get(k) for k in ("CELLGLASS_CACHE", "OMP_NUM_THREADS")}
    with tempfile.TemporaryDirectory(prefix="cellglass-tutorial-") as folder:
        os.environ["CELLGLASS_CACHE"] = str(Path(folder) / "cache")
        os.environ.setdefault("OMP_NUM_THREADS", "1")
        try:
            client = NotebookClient(
                copy, timeout=SECONDS, kernel_name="python3", coalesce_streams=True,
                resources={"metadata": {"path": folder}},
            )  # fmt: skip
            client.execute()
        finally:
            for name, value in held.items():
                os.environ.pop(name, None)
                if value is not None:
                    os.environ[name] = value
    return copy


def tidy(notebook: nbformat.NotebookNode) -> nbformat.NotebookNode:
    """Leave out what differs from run to run and from machine to machine."""
    notebook.metadata = {
        "kernelspec": {"display_name": "Python 3", "language": "python", "name": "python3"},
        "language_info": {"name": "python"},
    }
    for cell in notebook.cells:
        cell.metadata.pop("execution", None)
        if cell.cell_type != "code":
            continue
        cell.outputs = [o for o in cell.outputs if o.get("name") != "stderr"]
        for output in cell.outputs:
            text = output.get("data", {}).get("text/plain", "")
            if text.startswith("<Figure"):
                del output["data"]["text/plain"]
            if "text" in output:
                output["text"] = re.sub(r"/tmp/cellglass-tutorial-\w+/", "", output["text"])
    return notebook


def main() -> None:
    """Execute and write."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("notebooks", type=Path, nargs="*", help="all tutorials where none is given")
    for path in parser.parse_args().notebooks or sorted(TUTORIALS.glob("*.ipynb")):
        done = tidy(execute(nbformat.read(path, as_version=4)))
        nbformat.write(done, path)
        print(f"{path}: {path.stat().st_size / 1e3:.0f} kB")


if __name__ == "__main__":
    main()
