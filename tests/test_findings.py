from compare import findings


def test_the_newest_run_is_the_one_last_begun(tmp_path):
    assert findings.newest(tmp_path) is None
    for name in ("20250101-120000-b", "20250102-000000-a", "20249999-000000-c"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "run.json").touch()
    (tmp_path / "20260101-000000-empty").mkdir()
    assert findings.newest(tmp_path).name == "20250102-000000-a"
