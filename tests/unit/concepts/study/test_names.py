"""Names of tasks: each its own, and one that folders and pruning understand."""

from __future__ import annotations

from cellglass.concepts.study import names
from cellglass.concepts.study.attribution import SHARDS


def test_no_two_tasks_share_a_name():
    made = [names.embedding_name("m", v) for v in ("", "untrained", "shuffled")]
    made += [names.dictionary_name("m", v) for v in ("", "untrained", "shuffled")]
    made += [f("m") for f in (names.units_name, names.curves_name, names.sanity_name)]
    made += [names.attribution_name("m"), names.atlas_name("m")]
    made += [names.attribution_name("m", i) for i in range(SHARDS)]
    made += [names.enrichment_name("m", library) for library in ("go", "reactome")]
    assert len(set(made)) == len(made)
    assert len({n.replace("/", "__") for n in made}) == len(made)


def test_shards_are_told_by_what_a_finished_run_prunes():
    assert "/shard-" in names.attribution_name("m", 3)
    assert "/shard-" not in names.attribution_name("m")


def test_folders_of_seeds_are_in_their_order():
    assert sorted(names.seed_folder(i) for i in (10, 2)) == ["seed-02", "seed-10"]


def test_a_copy_is_named_after_its_model():
    assert names.within("m") == "m"
    assert names.within("m", "untrained") == "m-untrained"
