from click.testing import CliRunner

from compare.cli import commands


def test_it_writes_the_work_and_its_test_and_says_how_to_measure_it(tmp_path, monkeypatch):
    monkeypatch.setattr("sys.argv", [".venv/bin/compare"])
    result = CliRunner().invoke(
        commands, ["new-work", "my_queue", "--folder", str(tmp_path)], standalone_mode=False
    )
    assert result.return_value == 0
    assert sorted(path.name for path in tmp_path.iterdir()) == ["my_queue.py", "test_my_queue.py"]
    assert f"Wrote {tmp_path}/my_queue.py" in result.stdout
    assert "Measure it with: .venv/bin/compare bench --work my_queue:work" in result.stdout


def test_a_name_that_cannot_be_is_one_sentence_and_writes_nothing(tmp_path):
    result = CliRunner().invoke(commands, ["new-work", "my-queue", "--folder", str(tmp_path)])
    assert result.exit_code == 1
    assert result.output.startswith("Error: 'my-queue' is not a name for a Python module")
    assert not list(tmp_path.iterdir())
