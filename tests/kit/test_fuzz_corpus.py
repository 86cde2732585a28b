"""What guided fuzzing found worth keeping, replayed: `make fuzz` goes on from there for five minutes."""

import base64
import importlib.util
import json
import sys
import types
from pathlib import Path

import pytest

FUZZ = Path(__file__).parents[2] / "kit" / "fuzz"
CORPUS = [base64.b64decode(text) for text in json.loads((FUZZ / "corpus.json").read_text())]


def loaded(name: str) -> types.ModuleType:
    spec = importlib.util.spec_from_file_location(f"fuzz_{name}", FUZZ / f"{name}.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


targets = loaded("targets")


@pytest.mark.parametrize("target", targets.TARGETS, ids=lambda target: target.__name__)
def test_every_kept_input_ends_as_it_must(target):
    number = targets.TARGETS.index(target)
    inputs = [data for data in CORPUS if data and data[0] % len(targets.TARGETS) == number]
    assert len(inputs) >= 3
    for data in inputs:
        targets.one(data)


@pytest.mark.parametrize("target", targets.TARGETS, ids=lambda target: target.__name__)
def test_an_input_repeated_up_to_64_kib_takes_no_longer_than_its_length_allows(target):
    number = targets.TARGETS.index(target)
    for data in CORPUS:
        if data[1:] and data[0] % len(targets.TARGETS) == number:
            targets.one(data[:1] + (data[1:] * (65536 // len(data[1:]) + 1))[:65535])


def test_the_fuzz_begins_with_the_corpus_and_the_vectors(monkeypatch):
    monkeypatch.setattr(sys, "path", [*sys.path])
    seeds = loaded("guided").seeds()
    assert set(CORPUS) < set(seeds)
    assert {data[0] % len(targets.TARGETS) for data in seeds if data} == set(range(len(targets.TARGETS)))


@pytest.mark.parametrize(
    ("module", "name", "wrong", "data"),
    [
        ("xsrf", "raw_of", lambda _text: b"", b"\1x"),
        ("signing", "decode_signed_value", lambda *_, **__: b"forged", b"\0x"),
        ("origin", "refusal", lambda **_: None, b"\5cross-site\nhttps://evil.example\nhost"),
        ("cookies", "parse", lambda _lines: {}, b"\3x"),
    ],
)
def test_a_wrong_answer_is_noticed(monkeypatch, module, name, wrong, data):
    monkeypatch.setattr(getattr(targets, module), name, wrong)
    with pytest.raises(AssertionError):
        targets.one(data)


def test_an_input_that_takes_too_long_is_noticed(monkeypatch):
    ticks = iter([0.0, 1.0])
    monkeypatch.setattr(targets.time, "process_time", lambda: next(ticks))
    with pytest.raises(AssertionError, match=r"1\.00 s of CPU for 2 bytes"):
        targets.one(b"\1x")
