"""The words, each explained where it first appears."""

from cellglass.report.glossary import TERMS, FirstUses, all_terms


def test_a_word_is_handed_out_once():
    words = FirstUses()
    assert [t.name for t in words.of("The AUROC of these edges.")] == ["AUROC", "edge"]
    assert words.of("AUROC again") == ()


def test_words_are_found_whole():
    assert [t.name for t in FirstUses().of("acknowledged")] == []
    assert "z" in {t.name for t in FirstUses().of("against a null, z, p")}


def test_every_word_says_something_in_one_sentence():
    for term in TERMS:
        assert term.meaning.endswith(".")
        assert not term.meaning.lower().startswith(term.name.lower() + " is")
    keys = [t.key for t in TERMS]
    assert len(set(keys)) == len(keys)
    names = [t.name.lower() for t in all_terms()]
    assert names == sorted(names)
