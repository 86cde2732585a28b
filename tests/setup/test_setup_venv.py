"""The set-up installs what its locks pin, with any pip and after any release; offline, from tiny wheels."""

import ensurepip
import os
import re
import subprocess
import sys
import sysconfig
import zipfile
from pathlib import Path

import pytest
import wheels

import setup_venv
from setup_venv import SetupError

ROOT = Path(__file__).parents[2]
BACKEND = """
import zipfile

def build_editable(folder, config_settings=None, metadata_directory=None):
    name = "mini-1.0-py3-none-any.whl"
    files = {"METADATA": "Metadata-Version: 2.1\\nName: mini\\nVersion: 1.0\\n",
             "WHEEL": "Wheel-Version: 1.0\\nRoot-Is-Purelib: true\\nTag: py3-none-any\\n", "RECORD": ""}
    with zipfile.ZipFile(folder + "/" + name, "w") as wheel:
        for file, text in files.items():
            wheel.writestr("mini-1.0.dist-info/" + file, text)
    return name
"""


@pytest.fixture(scope="session")
def bundled(tmp_path_factory) -> Path:
    """The pip that this Python brings, unpacked: from its wheel it would be compiled anew at each start."""
    # Debian keeps the wheels of `ensurepip` in a folder of its own
    folders = [
        Path(ensurepip.__file__).parent / "_bundled",
        Path(sysconfig.get_config_var("WHEEL_PKG_DIR") or "."),
    ]
    return unpacked(next(wheel for folder in folders for wheel in folder.glob("pip-*.whl")), tmp_path_factory)


@pytest.fixture(
    scope="module",
    params=[
        "23.0" if sys.version_info < (3, 12) else "23.2.1",
        pytest.param("newest", marks=pytest.mark.full),
    ],
)
def pip(request, tmp_path_factory) -> Path:
    """The oldest pip from 23.0 on that this Python can run, or the newest there is."""
    folder = tmp_path_factory.mktemp("download")
    wanted = "pip" if request.param == "newest" else f"pip=={request.param}"
    download = [
        sys.executable,
        "-m",
        "pip",
        "download",
        "-q",
        "--no-deps",
        "--retries",
        "0",
        "-d",
        folder,
        wanted,
    ]
    if subprocess.run(download, capture_output=True, check=False).returncode != 0:
        pytest.skip("no package index can be reached to fetch this pip from")
    return unpacked(next(folder.glob("*.whl")), tmp_path_factory)


def unpacked(wheel: Path, tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp("pip")
    zipfile.ZipFile(wheel).extractall(folder)
    return folder / "pip"


@pytest.fixture
def index(tmp_path, monkeypatch) -> Path:
    """The only place that pip finds packages in."""
    for name in [name for name in os.environ if name.startswith("PIP_")]:
        monkeypatch.delenv(name)
    folder = tmp_path / "index"
    folder.mkdir()
    settings = {"NO_INDEX": "1", "FIND_LINKS": str(folder), "CONFIG_FILE": os.devnull, "RETRIES": "0"}
    for name, value in settings.items():
        monkeypatch.setenv(f"PIP_{name}", value)
    return folder


@pytest.fixture
def checkout(tmp_path, index, bundled, monkeypatch) -> Path:
    """A project with two tiny locks, set up with the pip that this Python brings, without copying that pip."""
    root = tmp_path / "checkout"
    (root / "requirements").mkdir(parents=True)
    (root / "kit").mkdir()
    for folder, name in ((root, "mini"), (root / "kit", "tiny")):
        (folder / "pyproject.toml").write_text(
            f"[project]\nname = '{name}'\nversion = '1.0'\n"
            "[build-system]\nrequires = []\nbuild-backend = 'backend'\nbackend-path = ['.']\n"
        )
        (folder / "backend.py").write_text(BACKEND.replace("mini", name))
    for level in setup_venv.LEVELS:
        wheel = wheels.write(index, f"{level}_leaf", "1.0")
        (root / "requirements" / f"{level}.lock").write_text(wheels.pin(wheel))
    monkeypatch.setattr(setup_venv, "ROOT", root)
    monkeypatch.setattr(setup_venv, "create", empty_environment)
    monkeypatch.setattr(setup_venv, "pip_of", lambda root: [setup_venv.python_of(root), "-I", str(bundled)])
    return root


def empty_environment(target: Path) -> None:
    setup_venv.remove(target)
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", target], check=True)


def set_up(monkeypatch, level: str) -> int:
    monkeypatch.setattr(sys, "argv", ["setup_venv.py", level])
    return setup_venv.main()


def imports(root: Path, module: str) -> bool:
    asked = [setup_venv.python_of(root), "-c", f"import {module}"]
    return subprocess.run(asked, capture_output=True, check=False).returncode == 0


def test_a_lock_is_installed_as_it_is_though_a_package_asked_for_with_an_extra_has_a_newer_release(
    pip, index, tmp_path
):
    pinned = [
        wheels.write(index, "umbrella", "1.0", requires="leaf[more]>=1"),
        wheels.write(index, "leaf", "1.0", extra="more"),
    ]
    wheels.write(index, "leaf", "2.0", extra="more")
    lock = tmp_path / "x.lock"
    lock.write_text("".join(map(wheels.pin, pinned)))
    empty_environment(tmp_path / ".venv")
    command = [setup_venv.python_of(tmp_path), "-I", str(pip)]

    setup_venv.install(command, [lock])
    setup_venv.run([*command, "check"], "not complete")

    versions = "import leaf, umbrella; print(leaf.version, umbrella.version)"
    assert subprocess.check_output([command[0], "-c", versions], text=True) == "1.0 1.0\n"


def test_the_locks_are_dealt_into_two_halves_that_hold_each_package_once():
    texts = [lock.read_text() for lock in setup_venv.locks(setup_venv.ROOT, "dev")]
    halves = setup_venv.shares(texts)
    assert sorted("".join(halves).splitlines()) == sorted("".join(texts).splitlines())
    packages = [len(re.findall(r"^[a-z]", half, re.MULTILINE)) for half in halves]
    assert abs(packages[0] - packages[1]) <= 1
    assert setup_venv.shares(["a==1 \\\n    --hash=sha256:0\n"]) == ["a==1 \\\n    --hash=sha256:0\n"]


def test_a_lock_that_lacks_a_package_fails_the_check(checkout, index, monkeypatch, capsys):
    wheel = wheels.write(index, "umbrella", "1.0", requires="leaf")
    (checkout / "requirements" / "bench.lock").write_text(wheels.pin(wheel))
    assert set_up(monkeypatch, "bench") == 1
    assert "the locks do not fit together: umbrella 1.0 requires leaf" in capsys.readouterr().err
    assert not (checkout / ".venv").exists()


def test_the_second_lock_adds_to_the_first_and_a_whole_environment_is_left_as_it_is(
    checkout, monkeypatch, capsys
):
    assert set_up(monkeypatch, "bench") == 0
    assert imports(checkout, "bench_leaf")
    assert not imports(checkout, "dev_leaf")
    (checkout / ".venv" / "kept").touch()
    assert set_up(monkeypatch, "dev") == 0
    assert imports(checkout, "dev_leaf")
    capsys.readouterr()
    assert (set_up(monkeypatch, "dev"), set_up(monkeypatch, "bench")) == (0, 0)
    assert capsys.readouterr().out == ""
    assert (checkout / ".venv" / "kept").exists()


def cut_off(root: Path) -> None:
    (root / ".venv" / "ready").unlink()


def without_interpreter(root: Path) -> None:
    (root / ".venv" / "bin" / "python").unlink()


def from_other_locks(root: Path) -> None:
    lock = root / "requirements" / "bench.lock"
    lock.write_text(lock.read_text() + "# a comment\n")


def with_another_command(root: Path) -> None:
    said = root / "pyproject.toml"
    said.write_text(said.read_text().replace("version =", "scripts = {mini = 'mini:main'}\nversion ="))


def a_file(root: Path) -> None:
    setup_venv.remove(root / ".venv")
    (root / ".venv").touch()


@pytest.mark.parametrize(
    "spoil", [cut_off, without_interpreter, from_other_locks, with_another_command, a_file]
)
def test_a_broken_or_outdated_environment_is_made_anew(checkout, monkeypatch, spoil):
    ran = []
    monkeypatch.setattr(setup_venv, "run", lambda command, _: ran.append(command))
    empty_environment(checkout / ".venv")
    (checkout / ".venv" / "ready").write_text(setup_venv.marks(checkout, "bench"))
    assert setup_venv.is_ready(checkout, "bench")
    (checkout / ".venv" / "old").touch()
    spoil(checkout)
    assert set_up(monkeypatch, "bench") == 0
    assert not (checkout / ".venv" / "old").exists()
    assert set(setup_venv.FROM_LOCK) <= set(ran[0])


def test_without_a_network_the_sentence_says_so(pip, index, tmp_path, monkeypatch):
    lock = tmp_path / "x.lock"
    lock.write_text(wheels.pin(wheels.write(index, "leaf", "1.0")))
    for name, value in {
        "NO_INDEX": "0",
        "FIND_LINKS": "",
        "RETRIES": "1",
        "INDEX_URL": "http://127.0.0.1:1",
    }.items():
        monkeypatch.setenv(f"PIP_{name}", value)
    with pytest.raises(
        SetupError, match="be installed: the package index cannot be reached; check the network"
    ):
        setup_venv.install([sys.executable, "-I", str(pip)], [lock])


def test_what_cannot_be_added_leaves_what_was_whole(checkout, index, monkeypatch, capsys):
    assert set_up(monkeypatch, "bench") == 0
    next(index.glob("dev_leaf*")).unlink()
    assert set_up(monkeypatch, "dev") == 1
    assert "the pinned packages cannot be installed: No matching distribution" in capsys.readouterr().err
    assert setup_venv.is_ready(checkout, "bench")


def test_a_package_other_than_the_pinned_one_is_refused(checkout, index, monkeypatch, capsys):
    wheels.write(index, "bench_leaf", "1.0", extra="planted")
    assert set_up(monkeypatch, "bench") == 1
    assert "Error: the pinned packages cannot be installed:" in capsys.readouterr().err
    assert not (checkout / ".venv").exists()


@pytest.mark.full
def test_the_real_script_makes_an_environment_with_its_own_pip(checkout):
    script = checkout / "setup_venv.py"
    script.write_text((ROOT / "setup_venv.py").read_text())
    done = subprocess.run([sys.executable, script, "dev"], capture_output=True, text=True, check=True)
    assert re.fullmatch(
        r"Making \.venv with Python [\d.]+ \.\.\.\n\.venv is ready for dev \(\d+ s\)\.\n", done.stdout
    )
    assert imports(checkout, "dev_leaf")
    assert (checkout / ".venv" / "bin" / "pip").exists()
