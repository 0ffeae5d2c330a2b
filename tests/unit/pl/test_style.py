import itertools

import matplotlib as mpl
import numpy as np
import pytest

from cellglass.pl import _style

LIGHT, DARK = "#fdfdfc", "#14171b"  # pages of the report


def linear(colour):
    c = np.array([int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)])
    return np.where(c <= 0.04045, c / 12.92, ((c + 0.055) / 1.055) ** 2.4)


def contrast(a, b):
    """WCAG 2 contrast ratio."""
    la, lb = sorted((float(linear(c) @ [0.2126, 0.7152, 0.0722]) for c in (a, b)), reverse=True)
    return (la + 0.05) / (lb + 0.05)


def test_contrast_oracle():
    assert contrast("#000000", "#ffffff") == pytest.approx(21)


@pytest.mark.parametrize("colour", [*_style.PALETTE, _style.GREY])
@pytest.mark.parametrize("page", [LIGHT, DARK])
def test_every_colour_stands_out_from_both_pages(colour, page):
    assert contrast(colour, page) >= 3


# Machado, Oliveira, Fernandes 2009, severity 1: what protan and deutan eyes see (linear RGB).
MACHADO = {
    "protan": [[0.152286, 1.052583, -0.204868], [0.114503, 0.786281, 0.099216],
               [-0.003882, -0.048116, 1.051998]],
    "deutan": [[0.367322, 0.860646, -0.227968], [0.280085, 0.672501, 0.047413],
               [-0.011820, 0.042940, 0.968881]],
}  # fmt: skip


def lab(rgb):
    xyz = np.array([[0.4124, 0.3576, 0.1805], [0.2126, 0.7152, 0.0722], [0.0193, 0.1192, 0.9505]])
    t = xyz @ np.clip(rgb, 0, 1) / np.array([0.9505, 1.0, 1.089])
    f = np.where(t > 0.008856, np.cbrt(t), 7.787 * t + 16 / 116)
    return np.array([116 * f[1] - 16, 500 * (f[0] - f[1]), 200 * (f[1] - f[2])])


@pytest.mark.parametrize("eyes", sorted(MACHADO))
def test_the_first_four_colours_differ_for_colour_blind_eyes(eyes):
    seen = [lab(np.array(MACHADO[eyes]) @ linear(c)) for c in _style.PALETTE[:4]]
    distance = [np.linalg.norm(a - b) for a, b in itertools.combinations(seen, 2)]
    assert min(distance) > 15


def test_ink_and_paper_are_the_readers():
    with mpl.rc_context({"text.color": "#abcdef", "axes.facecolor": "#123456"}):
        assert (_style.ink(), _style.paper()) == ("#abcdef", "#123456")


def test_a_figure_of_phone_width_is_narrow(ax, narrow_ax):
    assert not _style.is_narrow(ax)
    assert _style.is_narrow(narrow_ax)
