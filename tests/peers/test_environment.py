"""The environment of these tests: the releases that are meant, and nothing that poisons it."""

from __future__ import annotations

from importlib import metadata, util

import pytest

pytest.importorskip("sae_lens", reason="SAELens is not installed here: make test-peers")
pytestmark = pytest.mark.peers


@pytest.mark.parametrize(
    ("package", "version"),
    [("sae-lens", "6.54.12"), ("eai-sparsify", "1.3.3"), ("torch", "2.13.0")],
)
def test_releases(package: str, version: str):
    assert metadata.version(package).split("+")[0] == version


def test_nothing_brought_torchvision():
    assert util.find_spec("torchvision") is None
