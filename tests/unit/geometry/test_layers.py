"""How layers are told, and that figures may know it without torch."""

from __future__ import annotations

import subprocess
import sys

from cellglass.geometry.layers import EMBEDDING, TOKEN_TABLE, layer_label, layer_place


def test_layers_are_told():
    assert layer_label(TOKEN_TABLE) == "token table"
    assert layer_label(EMBEDDING) == "input"
    assert layer_label(11) == "layer 11"
    assert f"large {layer_place(TOKEN_TABLE)}" == "large in the token table"
    assert layer_place(11) == "after layer 11"


def test_a_figure_of_layers_loads_no_torch():
    code = "import sys, cellglass.pl._layer_matrix; print('torch' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "False"
