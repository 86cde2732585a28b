from drawn import row, text_of
from made import CALLBACK

from compare.analysis.decide import decisions
from compare.analysis.metrics import THROUGHPUT
from compare.report.figures import forest
from compare.report.figures.sheets import Words

WORDS = Words("Is it faster?", "It is.", "run x")
FAST, SLOW = row([200.0, 201.0, 202.0]), row([100.0, 101.0, 102.0], CALLBACK)
FOUND = decisions([(FAST, SLOW), (FAST, FAST)], THROUGHPUT)


def test_each_ratio_has_its_row_and_only_a_named_one_is_coloured_as_a_difference(tmp_path):
    forest.draw("f", WORDS, [("fast", FOUND[0]), ("same", FOUND[1])], "a / b", tmp_path)
    words = text_of(tmp_path / "f.svg")
    for text in ("fast", "same", "a / b", "2.0", "1.00  same within 10%"):
        assert f"<!-- {text} -->" in words


def test_without_a_ratio_nothing_is_drawn(tmp_path):
    unknown = decisions([(row([]), SLOW)], THROUGHPUT)
    assert forest.draw("f", WORDS, [("fast", unknown[0])], "a / b", tmp_path) == []
    assert forest.draw("f", WORDS, [], "a / b", tmp_path) == []
    assert list(tmp_path.iterdir()) == []


def test_the_note_says_what_the_bars_are():
    assert "interval" in forest.note([("fast", FOUND[0])])
    once = decisions([(row([200.0]), row([100.0], CALLBACK))], THROUGHPUT)
    assert "One round" in forest.note([("fast", once[0])])
    assert "under 5%" in forest.note([("fast", FOUND[0])])
