from __future__ import annotations

import pickle
import sys
import types
import zipfile
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
import torch

from cellglass.errors import CheckpointError, UnsafeFileError
from cellglass.models.scvi.saved import allowed, init_options, looks_saved, read_saved


@pytest.fixture
def content(scvi_folder: Path) -> Any:
    return torch.load(scvi_folder / "model.pt", weights_only=False)


class Harm:
    def __init__(self, call: Any, argument: str) -> None:
        self.call, self.argument = call, argument

    def __reduce__(self) -> Any:
        return self.call, (self.argument,)


def test_what_scvi_tools_saved_comes_back(scvi_folder: Path, content: Any) -> None:
    saved = read_saved(scvi_folder / "model.pt")
    assert (saved.kind, saved.setup["batch_key"]) == ("SCVI", None)
    assert saved.version
    assert list(saved.genes) == [str(n) for n in content["var_names"]]
    assert saved.options["n_latent"] == 10
    theirs = {k: v for k, v in content["model_state_dict"].items() if isinstance(v, torch.Tensor)}
    assert set(saved.weights) == set(theirs)
    assert all(torch.equal(v, theirs[k]) for k, v in saved.weights.items())


def test_tables_of_the_history_are_not_built(
    scvi_folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def never(*_: Any, **__: Any) -> None:
        raise AssertionError("a table was built")

    monkeypatch.setattr(pd.DataFrame, "__setstate__", never)
    assert read_saved(scvi_folder / "model.pt").genes


def test_a_file_of_older_pandas_and_scvi_tools_is_read(
    content: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    old = types.ModuleType("pandas.core.indexes.numeric")

    class Int64Index:
        def __init__(self, values: Any) -> None:
            self.values = values

    Int64Index.__module__, Int64Index.__qualname__ = old.__name__, "Int64Index"
    old.Int64Index = Int64Index  # type: ignore[attr-defined]
    attributes = content["attr_dict"]
    attributes["history_"] = {"elbo_train": Int64Index([1, 2])}
    attributes["init_params_"] = {
        "n_latent": 10, "use_cuda": True, "model_kwargs": {"encode_covariates": False}
    }  # fmt: skip
    del attributes["registry_"]["scvi_version"]
    with monkeypatch.context() as patch:
        patch.setitem(sys.modules, old.__name__, old)
        torch.save(content, tmp_path / "model.pt")
    saved = read_saved(tmp_path / "model.pt")
    assert saved.version == ""
    assert saved.options == {"n_latent": 10, "use_cuda": True, "encode_covariates": False}


@pytest.mark.parametrize("call", [eval, exec, __import__, sys.exit])
def test_a_file_that_would_run_code_is_refused(content: Any, tmp_path: Path, call: Any) -> None:
    trap = tmp_path / "sprung"
    content["attr_dict"]["extra_"] = Harm(call, f"open({str(trap)!r}, 'w').close()")
    torch.save(content, tmp_path / "model.pt")
    with pytest.raises(UnsafeFileError, match="nothing was executed"):
        read_saved(tmp_path / "model.pt")
    assert not trap.exists()


@pytest.mark.parametrize("where", ["os.system", "subprocess.Popen", "builtins.getattr",
                                   "pandas.io.pickle.read_pickle", "numpy.load"])  # fmt: skip
def test_names_beyond_the_list_are_refused_wherever_they_come_from(
    tmp_path: Path, where: str
) -> None:
    module, _, name = where.rpartition(".")
    program = f"\x80\x02c{module}\n{name}\nX\x01\x00\x00\x00x\x85R.".encode("latin1")
    with zipfile.ZipFile(tmp_path / "model.pt", "w") as archive:
        archive.writestr("model/data.pkl", program)
        archive.writestr("model/version", "3")
        archive.writestr("model/byteorder", "little")
    with pytest.raises(UnsafeFileError):
        read_saved(tmp_path / "model.pt")


def test_the_list_holds_nothing_that_runs_what_it_is_given() -> None:
    names = {entry if isinstance(entry, type) else entry[0] for entry in allowed()}
    assert not names & {eval, exec, compile, getattr, open, __import__}


@pytest.mark.parametrize("share", [0.3, 0.9])
def test_a_file_cut_short_is_told_and_still_recognised(
    scvi_folder: Path, tmp_path: Path, share: float
) -> None:
    whole = (scvi_folder / "model.pt").read_bytes()
    path = tmp_path / "model.pt"
    path.write_bytes(whole[: int(share * len(whole))])
    assert looks_saved(path)
    with pytest.raises(CheckpointError, match="cannot be read as weights"):
        read_saved(path)


@pytest.mark.parametrize("lacking", ["attr_dict", "var_names", "model_state_dict"])
def test_what_is_missing_is_named(content: Any, tmp_path: Path, lacking: str) -> None:
    del content[lacking]
    torch.save(content, tmp_path / "model.pt")
    with pytest.raises(CheckpointError, match=f"the key '{lacking}' is missing"):
        read_saved(tmp_path / "model.pt")


def test_several_modalities_are_refused(content: Any, tmp_path: Path) -> None:
    content["var_names"] = {"rna": content["var_names"], "protein": content["var_names"]}
    torch.save(content, tmp_path / "model.pt")
    with pytest.raises(CheckpointError, match="several modalities"):
        read_saved(tmp_path / "model.pt")


def test_other_files_do_not_look_like_one(tmp_path: Path) -> None:
    torch.save({"encoder.weight": torch.ones(2)}, tmp_path / "model.pt")
    (tmp_path / "page.pt").write_text("<html>")
    (tmp_path / "pickle.pt").write_bytes(pickle.dumps({"model_state": 1}))
    assert not any(looks_saved(p) for p in tmp_path.iterdir())


def test_options_of_all_layouts_become_one_dictionary() -> None:
    new = {"non_kwargs": {"n_latent": 3}, "kwargs": {"kwargs": {"encode_covariates": True}}}
    assert init_options(new) == {"n_latent": 3, "encode_covariates": True}
    assert init_options({"n_latent": 3, "more": {"n_layers": 2}}) == {"n_latent": 3, "n_layers": 2}
