from compare import findings


def test_the_newest_run_is_the_one_last_begun(tmp_path):
    assert findings.newest(tmp_path) is None
    for name in ("20250101-120000-b", "20250102-000000-a", "20249999-000000-c"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "run.json").touch()
    (tmp_path / "20260101-000000-empty").mkdir()
    assert findings.newest(tmp_path).name == "20250102-000000-a"


def test_a_run_of_ones_own_is_newer_than_those_that_came_and_without_one_the_first_listed_is_shown(tmp_path):
    for name in ("20250101-000000-shown", "20250102-000000-came"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "run.json").touch()
    rows = [f"| [{name}]({name}/summary.md) | what |" for name in ("20240101-000000-gone",)]
    rows += [
        f"| [{name}]({name}/summary.md) | what |"
        for name in ("20250101-000000-shown", "20250102-000000-came")
    ]
    (tmp_path / "README.md").write_text("\n".join(["| run | what |", "|---|---|", *rows]))
    assert findings.newest(tmp_path).name == "20250101-000000-shown"
    (tmp_path / "20240601-000000-own").mkdir()
    (tmp_path / "20240601-000000-own" / "run.json").touch()
    assert findings.newest(tmp_path).name == "20240601-000000-own"
