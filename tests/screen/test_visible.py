"""What reaches a terminal."""

from compare.screen.visible import visible


def test_control_characters_are_shown():
    assert visible("a\x1b[31m\x07\r\x9b\u202e\ud800") == r"a\x1b[31m\x07\r\x9b\u202e\ud800"


def test_text_lines_and_tabs_stay():
    assert visible("é 漢\n\tb") == "é 漢\n\tb"
