from pathlib import Path
from typing import Any

import pytest
import yaml

from cellglass.errors import StudyError
from cellglass.runs.study import (
    LISTS,
    OPTIONAL_SECTIONS,
    Study,
    json_schema,
    load_study,
    parse_study,
    resolve_paths,
)
from cellglass.seeds import DEFAULT_SEED

MINIMAL: dict[str, Any] = {"study": "s", "cells": {"path": "pbmc68k"}, "models": ["mini-scgpt"]}


def study_with(**changed: Any) -> dict[str, Any]:
    return {**MINIMAL, **changed}


def written(folder: Path, text: str) -> Path:
    path = folder / "study.yaml"
    path.write_text(text)
    return path


def test_every_default():
    """A default that changes changes results: it must change here as well."""
    assert parse_study(MINIMAL).model_dump() == {
        "study": "s",
        "cells": {
            "path": "pbmc68k",
            "layer": None,
            "strata": None,
            "donor": None,
            "batch": None,
            "max_cells": 2000,
        },
        "models": [{"path": "mini-scgpt", "name": None, "family": None, "options": {}}],
        "tables": [],
        "networks": [],
        "gene_sets": [],
        "screens": [],
        "genes": {
            "regulators": "networks",
            "max_genes": 2000,
            "min_cells": 10,
            "min_pair_cells": 5,
            "min_targets": 3,
            "master_regulators": None,
        },
        "concepts": None,
        "geometry": None,
        "edges": {"heads": True, "untrained": True, "replicate_blocks": 5, "group_cells": 25},
        "responses": {
            "test": "welch",
            "effect": 0.5,
            "standardised_effect": 0.3,
            "label": "difference",
            "fdr": 0.05,
            "min_cells": 30,
            "n_controls": 2000,
            "min_responders": 3,
            "min_perturbations": 3,
            "joint_folds": 3,
            "doubles": "leave out",
        },
        "statistics": {
            "level": 0.05,
            "margin": 0.01,
            "draws": 1000,
            "bootstrap": 1000,
            "folds": 5,
            "stratum_shuffles": 100,
        },
        "resources": {
            "executor": "local",
            "workers": None,
            "device": "cpu",
            "dtype": "float32",
            "shard_cells": 64,
        },
        "analyses": "all",
        "controls": ["pairs", "prominence", "nothing", "circuit"],
        "seed": DEFAULT_SEED,
    }


def test_every_field_says_what_it_means():
    def described(model: type) -> None:
        for name, field in model.model_fields.items():
            inner = field.annotation
            if hasattr(inner, "model_fields"):
                described(inner)
            elif model is not Study or name not in LISTS:
                assert field.description, f"{model.__name__}.{name}"

    described(Study)


@pytest.mark.parametrize(
    ("changed", "found", "hint"),
    [
        ({"modles": []}, "unknown key 'modles'", "did you mean 'models'?"),
        ({"statistics": {"drews": 99}}, "unknown key 'statistics.drews'", "did you mean 'draws'?"),
        ({"cells": {"path": "x", "stata": "a"}}, "unknown key 'cells.stata'", "'strata'"),
        (
            {"models": [{"path": "x", "optoins": {}}]},
            "unknown key 'models.0.optoins'",
            "did you mean 'options'?",
        ),
        (
            {"networks": ["trrust", {"source": "y", "nmae": "z"}]},
            "unknown key 'networks.1.nmae'",
            "did you mean 'name'?",
        ),
        ({"controls": ["pair"]}, "'controls.0' is 'pair'", "did you mean 'pairs'?"),
        ({"resources": {"executor": "dask"}}, "'resources.executor' is 'dask'", "'dask-local'"),
        ({"statistics": {"draws": 5}}, "'statistics.draws' is 5: .*equal to 19", ""),
        ({"statistics": {"level": 0.5}}, "'statistics.level' is 0.5", ""),
        ({"statistics": {"margin": -0.01}}, "'statistics.margin' is -0.01", ""),
        ({"statistics": {"draws": "many"}}, "'statistics.draws' is 'many': .*integer", ""),
        ({"cells": {"path": "x", "max_cells": 10}}, "'cells.max_cells' is 10", ""),
        ({"cells": "x.h5ad"}, "'cells' is 'x.h5ad'", ""),
        ({"cells": {}}, "the key 'cells.path' is missing", ""),
        ({"models": []}, "^name at least one model or one edge table", ""),
        ({"models": ["a/scgpt", "b/scgpt"]}, "'scgpt'\\] named twice", ""),
        ({"networks": ["a.tsv", "b/a.csv.gz"]}, "'a'\\] named twice", ""),
        ({"models": ["m", {"path": "x", "name": "m-untrained"}]}, "m-untrained is what an", ""),
        ({"models": [{"path": "x", "name": "a/b"}]}, "'a/b' cannot be a name", ""),
        ({"models": ["."]}, "'' cannot be a name", ""),
        ({"study": "../elsewhere"}, "'../elsewhere' cannot be a name", ""),
        ({"study": " "}, "cannot be a name", ""),
        ({"study": 2024}, "'study' is 2024: .*string", ""),
        ({"analyses": "regulation"}, "'analyses' is 'regulation': .*'all', or: .*list", ""),
        ({"genes": {"regulators": "some"}}, "'genes.regulators' is 'some'", "'networks'"),
        ({"resources": {"device": "gpu"}}, "'resources.device' is 'gpu': cpu, cuda", ""),
        ({"resources": {"workers": 0}}, "'resources.workers' is 0", ""),
        ({"seed": -1}, "'seed' is -1", ""),
    ],
)
def test_what_is_wrong_is_told(changed: dict[str, Any], found: str, hint: str):
    with pytest.raises(StudyError, match=found) as caught:
        parse_study(study_with(**changed), where="study.yaml")
    assert hint in caught.value.fix
    assert caught.value.where == "study.yaml"
    assert "Value error" not in str(caught.value)
    assert "literal[" not in str(caught.value)


def test_several_problems_are_told_at_once():
    with pytest.raises(StudyError) as caught:
        parse_study(study_with(modles=1, statistics={"draws": 5}))
    assert "modles" in caught.value.found
    assert "statistics.draws" in caught.value.found


def test_missing_keys_are_named():
    with pytest.raises(StudyError, match=r"'study' is missing.*'cells' is missing"):
        parse_study({"models": "mini-scgpt"})


def test_what_is_judged_may_be_an_edge_table_and_is_told_apart():
    study = parse_study({"study": "s", "cells": {"path": "x"}, "tables": "a/genie3.tsv"})
    assert [t.label for t in study.tables] == ["genie3"]
    twice = study_with(tables=[{"path": "t.tsv", "name": "mini-scgpt"}])
    with pytest.raises(StudyError, match="named twice"):
        parse_study(twice)


def test_cells_may_be_the_controls_of_a_screen_of_the_study(tmp_path: Path):
    content = study_with(cells={"path": "screen:thp1"}, screens=["data/thp1.h5ad"])
    path = written(tmp_path, yaml.safe_dump(content))
    study = load_study(path)
    assert study.cells.path == "screen:thp1"
    assert study.screens[0].path == str(tmp_path / "data" / "thp1.h5ad")
    with pytest.raises(StudyError, match=r"names the screen 'k562'; the screens are \['thp1'\]"):
        parse_study(study_with(cells={"path": "screen:k562"}, screens=["thp1.h5ad"]))


@pytest.mark.parametrize("section", OPTIONAL_SECTIONS[1:])  # without models nothing is judged
def test_section_whose_lines_are_commented_out_holds_its_defaults(tmp_path: Path, section: str):
    text = yaml.safe_dump(MINIMAL) + f"{section}:\n  # nothing here any more\n"
    loaded = load_study(written(tmp_path, text))
    assert getattr(loaded, section) == getattr(parse_study(MINIMAL), section)


def test_key_that_stands_twice_is_refused(tmp_path: Path):
    text = yaml.safe_dump(MINIMAL) + "seed: 1\nstatistics:\n  draws: 99\n  draws: 199\n"
    with pytest.raises(StudyError, match="'draws' stands twice"):
        load_study(written(tmp_path, text))


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("study: [", "not valid YAML"),
        ("- a\n- b\n", "holds no keys"),
        ("", "holds no keys"),
        ("study: !!python/object/apply:os.system ['true']", "not valid YAML"),
    ],
)
def test_file_that_is_no_study_is_refused(tmp_path: Path, text: str, found: str):
    with pytest.raises(StudyError, match=found):
        load_study(written(tmp_path, text))


def test_file_in_another_encoding_is_refused(tmp_path: Path):
    path = tmp_path / "study.yaml"
    path.write_bytes("study: Müller".encode("latin-1"))
    with pytest.raises(StudyError, match="not valid YAML"):
        load_study(path)


def test_missing_file_says_what_writes_one(tmp_path: Path):
    with pytest.raises(StudyError, match="cellglass init"):
        load_study(tmp_path / "study.yaml")


def test_paths_refer_to_the_folder_of_the_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    """Also where the working directory holds files of the same names."""
    folder, elsewhere = tmp_path / "study", tmp_path / "elsewhere"
    for place in (folder, elsewhere):
        (place / "checkpoint").mkdir(parents=True)
        (place / "cells.h5ad").touch()
        (place / "net.tsv").touch()
    (elsewhere / "only-here.h5ad").touch()
    monkeypatch.chdir(elsewhere)
    content = {
        "study": "s",
        "cells": {"path": "cells.h5ad"},
        "models": ["checkpoint", "mini-scgpt"],
        "networks": ["net.tsv", "trrust"],
    }
    loaded = load_study(written(folder, yaml.safe_dump(content)))
    assert loaded.cells.path == str(folder / "cells.h5ad")
    assert [m.path for m in loaded.models] == [str(folder / "checkpoint"), "mini-scgpt"]
    assert [m.label for m in loaded.models] == ["checkpoint", "mini-scgpt"]
    assert [n.source for n in loaded.networks] == [str(folder / "net.tsv"), "trrust"]
    assert [n.label for n in loaded.networks] == ["net", "trrust"]
    content["cells"] = {"path": "only-here.h5ad"}
    loaded = load_study(written(folder, yaml.safe_dump(content)))
    assert loaded.cells.path == str(folder / "only-here.h5ad")  # which does not exist


def test_folder_called_like_a_catalogue_network_does_not_hide_it(tmp_path: Path):
    (tmp_path / "trrust").mkdir()
    study = parse_study(study_with(networks=["trrust"]))
    assert resolve_paths(study, tmp_path).networks[0].source == "trrust"


def test_loaded_study_survives_a_round_trip(tmp_path: Path):
    """The run folder keeps study.yaml; what is read from it must be the same study."""
    (tmp_path / "net.tsv").touch()
    first = load_study(written(tmp_path, yaml.safe_dump(study_with(networks=["net.tsv"]))))
    (tmp_path / "out").mkdir()
    again = load_study(written(tmp_path / "out", yaml.safe_dump(first.model_dump())))
    assert again == first


def test_schema_describes_what_the_parser_takes():
    schema = json_schema()
    assert schema["required"] == ["study", "cells"]
    assert schema["additionalProperties"] is False
    statistics = schema["$defs"]["StatisticsConfig"]["properties"]
    assert statistics["draws"]["minimum"] == 19
    assert statistics["draws"]["default"] == 1000
    assert all("description" in p for p in statistics.values())


def test_schema_is_valid_and_accepts_a_full_study():
    jsonschema = pytest.importorskip("jsonschema")
    schema = json_schema()
    jsonschema.Draft202012Validator.check_schema(schema)
    validator = jsonschema.Draft202012Validator(schema)
    assert not list(validator.iter_errors(parse_study(MINIMAL).model_dump()))
    assert list(validator.iter_errors(study_with(modles=1)))


def test_schema_accepts_the_short_forms_that_the_parser_takes():
    jsonschema = pytest.importorskip("jsonschema")
    validator = jsonschema.Draft202012Validator(json_schema())
    short = study_with(networks=["trrust"])
    for study in (
        short,
        study_with(models="mini-scgpt", networks="trrust"),
        study_with(genes=None),
    ):
        parse_study(study)
        assert not list(validator.iter_errors(study))
    for wrong in (7, [7], [{"paths": "x"}]):
        assert list(validator.iter_errors(study_with(models=wrong)))


def test_a_folder_named_by_a_models_option_refers_to_the_folder_of_the_file(tmp_path):
    (tmp_path / "dictionaries").mkdir()
    study = parse_study(
        {"study": "x", "cells": {"path": "pbmc68k"},
         "models": [{"path": "mini-scgpt", "options": {"dictionaries": "dictionaries",
                                                       "ties": "middle", "seed": 3}}]}
    )  # fmt: skip
    options = resolve_paths(study, tmp_path).models[0].options
    assert options == {"dictionaries": str(tmp_path / "dictionaries"), "ties": "middle", "seed": 3}


def test_one_screen_under_two_names_is_no_replication():
    twice = [{"path": "a.h5ad", "name": "one"}, {"path": "a.h5ad", "name": "two"}]
    with pytest.raises(StudyError, match="one and two are the same cells of one file"):
        parse_study(study_with(screens=twice))
    lines = [{**s, "cell_line": line} for s, line in zip(twice, ("A172", "T98G"), strict=True)]
    assert len(parse_study(study_with(screens=lines)).screens) == 2
