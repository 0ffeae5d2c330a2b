"""Pages made from the code hold what the code holds."""

from __future__ import annotations

import importlib

import pytest


def test_every_key_of_study_yaml_has_a_row(generated_pages):
    from cellglass.runs import study
    from cellglass.runs.concepts_section import (
        AttributionConfig,
        ConceptsConfig,
        DictionaryConfig,
        EnrichmentConfig,
        UnitsConfig,
    )
    from cellglass.runs.geometry_section import (
        AlignmentConfig,
        CloudConfig,
        GeometryConfig,
        HomologyConfig,
    )

    text = generated_pages.study_fields()
    for model in (
        study.Study, study.CellsConfig, study.ModelConfig, study.NetworkConfig, study.GenesConfig,
        study.EdgesConfig, study.StatisticsConfig, study.ResourcesConfig,
        ConceptsConfig, DictionaryConfig, UnitsConfig, AttributionConfig, EnrichmentConfig,
        GeometryConfig, CloudConfig, HomologyConfig, AlignmentConfig,
    ):  # fmt: skip
        for name, field in model.model_fields.items():
            row = next(r for r in text.splitlines() if r.startswith(f"| `{name}` |"))
            cells = row.split(" | ")
            assert len(cells) == 4
            assert cells[3].strip(" |"), f"{name} has no meaning"
            if field.description and "|" not in field.description:
                assert field.description.split("<")[0] in text
    assert "| `margin` | number >= 0, < 0.5 | `0.01` |" in text
    assert '| `executor` | `inline` or `local` or `dask-local` | `"local"` |' in text


def test_every_command_and_option_has_a_row(generated_pages):
    text = generated_pages.commands()
    names = [name for name, _ in generated_pages.all_commands()]
    assert {"cellglass demo", "cellglass models check", "cellglass regulation score"} <= set(names)
    for name, command in generated_pages.all_commands():
        part = text.split(f"## {name}\n")[1].split("\n## ")[0]
        for parameter in command.params:
            if parameter.name != "help":
                shown = parameter.opts[0] if parameter.opts[0].startswith("-") else parameter.name
                assert f"`{shown}`" in part or f"`{shown.upper()}`" in part


def test_analyses_and_nulls(generated_pages):
    from cellglass.regulation.networks.nulls import NULLS
    from cellglass.runs import analyses

    assert all(f"`{name}`" in generated_pages.analyses() for name in analyses())
    assert all(f"| {null} |" in generated_pages.nulls() for null in NULLS)


def test_every_public_name_is_described_once(generated_pages):
    pages = {p: generated_pages.api_page(p, "") for p in generated_pages.PACKAGES}
    for package, text in pages.items():
        module = importlib.import_module(package)
        for name in module.__all__:
            thing = getattr(module, name)
            if hasattr(thing, "__path__"):
                continue
            home = generated_pages.home_of(thing, package)
            assert f"| `{name}` |" in text
            described = [p for p, t in pages.items() if f":: {p}.{name}\n" in t]
            assert home in described
            assert len(described) == len(set(described))
    assert ":: cellglass.stats.LabelNull" not in pages["cellglass.stats"]
    assert ":: cellglass.stats.nulls.LabelNull" in pages["cellglass.stats.nulls"]


def test_the_packages_are_those_of_the_front_door(generated_pages):
    import cellglass

    modules = {
        f"cellglass.{n}" for n in cellglass.__all__ if hasattr(getattr(cellglass, n), "__path__")
    }
    assert modules <= set(generated_pages.PACKAGES)


def test_the_card_keeps_no_link_into_the_checkout(generated_pages, tmp_path, monkeypatch):
    card = tmp_path / "README.md"
    card.write_text("---\nlicence: x\n---\n# Card\n[made by](../train.py) [x](https://x.org)\n")
    monkeypatch.setattr(generated_pages, "CARD", card)
    assert generated_pages.model_card() == "# Card\nmade by [x](https://x.org)\n"
    monkeypatch.setattr(generated_pages, "CARD", tmp_path / "none.md")
    assert "not part of this checkout" in generated_pages.model_card()


def test_bars_are_kept_from_being_substitutions(generated_pages):
    lines = ["of |Spearman| edges", "``|Spearman|`` stays", "2 | 3", ">>> a |b| c", "|out| put"]
    lines += ["", "        |x - y| / |A or B|^2, ``|l|``", "so::", "", "    |kept|", "", "`|role|`"]
    lines += ["||R||"]
    generated_pages.escape_bars(None, "", "", None, None, lines)
    assert lines == [
        r"of \|Spearman\| edges", "``|Spearman|`` stays", "2 | 3", ">>> a |b| c", "|out| put",
        "", r"        \|x - y\| / \|A or B\|^2, ``|l|``", "so::", "", "    |kept|", "", "`|role|`",
        r"\|\|R\|\|",
    ]  # fmt: skip


def test_fields_with_several_names_are_no_types(generated_pages):
    lines = [":ivar mean, sd: of a, b: c", "   :param one: x, y", "mean, sd: text"]
    generated_pages.join_names(None, "", "", None, None, lines)
    assert lines == [":ivar mean,\u200bsd: of a, b: c", "   :param one: x, y", "mean, sd: text"]


def test_options_of_dataclasses_are_whole_and_have_their_defaults(generated_pages):
    from dataclasses import fields

    from cellglass.concepts import AttributionSettings, TrainingSettings

    for cls in (AttributionSettings, TrainingSettings):
        text = generated_pages.concept_pages.options(f"cellglass.concepts.{cls.__name__}")
        for field in fields(cls):
            row = next(r for r in text.splitlines() if f"`{field.name}`" in r.split(" | ")[0])
            names, defaults, meaning = row.strip("| ").split(" | ", 2)
            shown = "required" if field.name == "size" else f"`{field.default!r}`"
            assert shown in defaults
            assert len(names) > 2
            assert len(meaning) > 5


def test_an_option_without_a_meaning_is_refused(generated_pages, monkeypatch):
    from cellglass import concepts

    with_less = type("Less", (), {"__doc__": "X.\n\nParameters\n----------\na\n    An a.\n",
                                  "__dataclass_fields__": {"a": None, "b": None}})  # fmt: skip
    monkeypatch.setattr(concepts, "Less", with_less, raising=False)
    monkeypatch.setattr(generated_pages.concept_pages, "_shown_default", lambda _: "1")
    with pytest.raises(ValueError, match=r"\['b'\]"):
        generated_pages.concept_pages.options("cellglass.concepts.Less")


def test_open_questions_name_options_that_exist_with_their_defaults(generated_pages):
    """A renamed option fails here, a changed default changes the page."""
    text = generated_pages.concept_pages.open_questions()
    assert "| `prototypes`, `n_prototypes` | `strata`, `200` |" in text
    assert "| `concepts.test_share` | `0.3` |" in text
    assert len(text.splitlines()) == 2 + len(generated_pages.concept_pages.OPEN_QUESTIONS)
    with pytest.raises(AttributeError):
        generated_pages.concept_pages._default("AttributionSettings", "n_prototype")


def test_tables_of_the_atlas_have_all_columns(generated_pages):
    from cellglass.concepts.atlas.schema import TABLES
    from cellglass.concepts.statistics.unit_columns import UNIT_COLUMNS

    text = generated_pages.concept_pages.atlas_tables()
    for name, schema in TABLES.items():
        part = text.split(f"## {name}.parquet\n")[1].split("\n## ")[0]
        assert all(f"| `{column}` |" in part for column in schema.columns)
    columns = generated_pages.concept_pages.unit_columns()
    assert all(f"| `{column}` |" in columns for column in UNIT_COLUMNS)


def test_guards_and_nulls_of_geometry_are_all_there(generated_pages):
    import cellglass as cg

    pages = generated_pages.geometry_pages
    rows = [line.split(" | ") for line in pages.guards().splitlines()[2:]]
    assert [row[0].strip("| ") for row in rows] == list(cg.geometry.DEFECTS)
    assert all(len(row) == 4 and len(row[3]) > 5 for row in rows)
    listed = {null.__name__ for null in pages.null_classes()}
    public = {
        name for name in cg.geometry.__all__
        if hasattr(getattr(cg.geometry, name), "preserves")
        and "preserves" in vars(getattr(cg.geometry, name))
    }  # fmt: skip
    assert {"GaussianCloud", "FeatureShuffle", "Rewiring"} <= listed & public
    assert public <= listed
    assert all(f"`{name}`" in pages.nulls() for name in listed)
