"""From a --work name to a work: the three kinds, the user's own in every shape, and one sentence when it is none."""

import asyncio
import sys
import textwrap
import time

import pytest

from compare.contract import Paradigm
from compare.work.loading import blocks_loop, check_faces, faces_missing, load
from compare.work.promise import Kind, WorkError

GOOD = """
    import asyncio, time

    async def native(delay_s):
        await asyncio.sleep(delay_s)
        return b"done"

    def blocking(delay_s):
        time.sleep(delay_s)
        return b"done"

    class Both:
        calls = []
        def blocking(self, delay_s): return b"both"
        async def native(self, delay_s): return b"both"
        async def start(self, capacity): self.calls.append(capacity); self.limit = 7
        async def stop(self): self.calls.append("stopped")

    class NeedsArguments:
        def __init__(self, url): ...

    class Holder:
        both = Both()

    class OnlyBlocking:
        def blocking(self, delay_s): return b"one"

    class OnlyNative:
        blocking = None
        async def native(self, delay_s): return b"one"

    class Differ:
        def blocking(self, delay_s): return b"blocking did this"
        async def native(self, delay_s): return b"native did that"

    class Garbage:
        def blocking(self, delay_s): return "text"

    class Raises:
        async def native(self, delay_s): raise OSError("out of luck")

    class NoAwaitable:
        def native(self, delay_s): return b"at once"

    class StartRaises(Both):
        async def start(self, capacity): raise ConnectionError("nobody there")

    class AsyncBlocking:
        async def blocking(self, delay_s): return b""

    class GeneratorNative:
        async def native(self, delay_s): yield b""

    class PlainStart(Both):
        def start(self, capacity): ...

    class NumberFace:
        blocking = 5

    nothing = object()
"""


@pytest.fixture
def works(tmp_path, monkeypatch):
    """A module `works` in the current folder, as a user has it."""
    (tmp_path / "works.py").write_text(textwrap.dedent(GOOD))
    (tmp_path / "broken.py").write_text("import works\n1 / 0\n")
    (tmp_path / "exits.py").write_text("raise SystemExit(3)\n")
    (tmp_path / "needs.py").write_text("import no_such_driver\n")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "path", [*sys.path])
    yield
    for name in ("works", "broken", "exits", "needs"):
        sys.modules.pop(name, None)


@pytest.mark.parametrize("kind", Kind)
def test_every_kind_loads_and_has_both_faces(kind):
    work = load(kind)
    assert work.name == kind
    assert faces_missing(work) == {}


@pytest.mark.parametrize("attribute", ["Both", "Holder.both"])
async def test_a_class_or_an_instance_is_started_used_and_stopped(works, attribute):
    work = load(f"works:{attribute}")
    await work.start(5)
    await check_faces(work)
    await work.stop()
    assert sys.modules["works"].Both.calls == [5, "stopped"]
    assert work.limit == 7
    assert work.name == f"works:{attribute}"


async def test_a_module_of_plain_functions_is_a_work_too(works, tmp_path):
    (tmp_path / "folder").mkdir()
    (tmp_path / "folder" / "inner.py").write_text("from works import blocking, native\n")
    (tmp_path / "folder" / "__init__.py").write_text("from folder import inner\n")
    work = load("folder:inner")
    await work.start(0)
    await check_faces(work, 0.001)
    await work.stop()
    assert work.limit == 0


def test_the_faces_are_the_users_own_functions_with_nothing_around_them(works):
    work = load("works:Holder.both")
    assert work.native == sys.modules["works"].Holder.both.native


def test_a_missing_face_leaves_its_paradigms_unmeasured_with_the_reason(works):
    assert faces_missing(load("works:OnlyBlocking")) == {
        Paradigm.COROUTINE: "not measured: works:OnlyBlocking has no native face",
        Paradigm.NATIVE: "not measured: works:OnlyBlocking has no native face",
    }
    missing = faces_missing(load("works:OnlyNative"))
    assert set(missing) == set(Paradigm) - {Paradigm.COROUTINE, Paradigm.NATIVE}
    assert set(missing.values()) == {"not measured: works:OnlyNative has no blocking face"}


async def test_one_face_alone_is_checked_alone(works):
    await check_faces(load("works:OnlyBlocking"))
    await check_faces(load("works:OnlyNative"))


@pytest.mark.parametrize(
    ("name", "said"),
    [
        (
            "slep",
            "There is no work 'slep': give one of sleep, http, postgres, or your own as package.module:att",
        ),
        ("no_such_module:work", "there is no module no_such_module in "),
        ("works.inner:work", "there is no module works.inner in "),
        ("broken:work", "importing broken raised ZeroDivisionError: division by zero; mend it."),
        ("exits:work", "importing exits raised SystemExit: 3; mend it."),
        ("needs:work", "importing needs needs no_such_driver, install it."),
        ("works:wrk", "The module works has no attribute 'wrk': check --work works:wrk."),
        (":work", "--work :work names no module: write package.module:attribute."),
        ("works:", "The module works has no attribute '': check --work works:."),
        ("works:nothing", "works:nothing has neither blocking(delay_s) nor async native(delay_s)"),
        ("works:NeedsArguments", "name an instance, or a class that needs no arguments."),
        ("works:AsyncBlocking", "blocking(delay_s) is an async function, make it a plain one"),
        ("works:GeneratorNative", "native(delay_s) is a generator, make it an async function."),
        ("works:PlainStart", "start is not an async function, make it one."),
        ("works:NumberFace", "blocking is int, make it a function of delay_s."),
    ],
)
def test_what_is_no_work_is_refused_in_one_sentence(works, name, said):
    with pytest.raises(WorkError) as refused:
        load(name)
    assert said in str(refused.value)
    assert "\n" not in str(refused.value)


@pytest.mark.parametrize(
    ("name", "said"),
    [
        (
            "Differ",
            "blocking returned b'blocking did this' and native b'native did that'; make them return the sa",
        ),
        ("Garbage", "its blocking face returned str, make it return bytes."),
        ("Raises", "its native face raised OSError: out of luck; make it succeed."),
        ("NoAwaitable", "native returned no awaitable, make it an async function."),
    ],
)
async def test_faces_that_do_not_do_the_same_work_are_refused(works, name, said):
    with pytest.raises(WorkError) as refused:
        await check_faces(load(f"works:{name}"))
    assert said in str(refused.value)


async def test_a_start_that_raises_is_told_in_a_sentence(works):
    with pytest.raises(
        WorkError, match=r"its start\(\) raised ConnectionError: nobody there; make it succeed"
    ):
        await load("works:StartRaises").start(1)


def test_a_console_script_finds_works_in_the_current_folder(works, tmp_path, monkeypatch):
    monkeypatch.setattr(sys, "path", [entry for entry in sys.path if entry not in {"", str(tmp_path)}])
    assert load("works:Both").name == "works:Both"


@pytest.mark.parametrize(("face", "blocks"), [("Blocks", True), ("native", False), ("Quick", False)])
async def test_a_native_face_that_blocks_the_loop_is_found(face, blocks):
    class Blocks:
        async def native(self, delay_s):
            time.sleep(delay_s)  # noqa: ASYNC251  # the mistake that is to be found

    class Quick:
        async def native(self, _delay_s):
            return b"x"

    class Waits:
        async def native(self, delay_s):
            await asyncio.sleep(delay_s)

    assert await blocks_loop({"Blocks": Blocks, "native": Waits, "Quick": Quick}[face]()) is blocks


async def test_how_long_a_work_takes_is_that_of_its_slower_face_without_its_first_connection():
    calls = []

    class Slow:
        limit, name = 0, "slow"

        def blocking(self, _delay_s):
            calls.append("blocking")
            time.sleep(1.0 if len(calls) == 1 else 0.02)
            return b"x"

        async def native(self, _delay_s):
            return b"x"

    took_s = await check_faces(Slow())
    assert calls == ["blocking"] * 2
    assert 0.02 <= took_s < 1.0
