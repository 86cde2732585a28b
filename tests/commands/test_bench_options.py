"""What `compare bench` allows, refuses and heeds of its options."""

import signal

import pytest
from click.testing import CliRunner

from compare import bench as benchmark
from compare.cli import commands
from compare.preparing import CannotStartError


@pytest.mark.parametrize(
    ("words", "allowed"),
    [
        (["nope"], "concurrency"),
        (["--preset", "slow"], "quick"),
        (["--server", "django"], "tornado"),
        (["--paradigm", "actor"], "callback"),
        (["--loop", "trio"], "uvloop"),
        (["--concurrency", "10,x"], "10,100,1000"),
        (["--concurrency", "0"], "10,100,1000"),
        (["--rounds", "0"], "1<=x"),
        (["--delay", "-1"], "0<=x"),
    ],
)
def test_wrong_usage_is_exit_code_2_with_what_is_allowed(words, allowed, tmp_path):
    result = CliRunner().invoke(commands, ["bench", *words, "--out", str(tmp_path)])
    assert result.exit_code == 2
    assert allowed in result.output
    assert not list(tmp_path.iterdir())


def test_the_list_names_each_experiment_with_its_question(tmp_path):
    result = CliRunner().invoke(commands, ["bench", "--list"], standalone_mode=False)
    assert "How many waits overlap" in result.output
    assert result.return_value == 0


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (
            ["latency", "--concurrency", "10"],
            "The experiment latency does not use --concurrency; those that do: ",
        ),
        (
            ["--certs", "certs"],
            "--certs is for an encrypted cluster: --cluster tls://10.0.0.1:8786 --certs certs.",
        ),
        (["--cluster", "local:2", "--certs", "certs"], "--certs is for an encrypted cluster"),
        (
            ["--server-on", "a", "--load-from", "b"],
            (
                "--server-on and --load-from name two workers of a --cluster, such as --cluster tls://10.0.0.1:8786 "
                "--server-on m1 --load-from m2."
            ),
        ),
        (["--cluster", "local:2", "--server-on", "0"], "--server-on and --load-from name two workers"),
        (
            ["--cluster", "local:2", "--server-on", "0", "--load-from", "0"],
            "--server-on and --load-from both name 0: name two workers",
        ),
        (["--machines", "5"], "--machines plans only: compare bench --list --machines 50."),
        (["--quick", "--full"], "The presets quick and full exclude each other: give one, such as --quick."),
        (["--preset", "full", "--quick"], "The presets quick and full exclude each other"),
        (
            ["--name", "../x"],
            "'../x' is not a name of letters, digits, dots, dashes and underscores, such as",
        ),
    ],
)
def test_no_option_is_ignored(words, said, tmp_path):
    result = CliRunner().invoke(commands, ["bench", *words, "--out", str(tmp_path)])
    assert result.exit_code == 2
    assert said in result.output
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (
            ["--pairs", "callback"],
            "--pairs is for --continue: compare bench --continue RUN --pairs callback.",
        ),
        (["pool", "--continue", "RUN"], "leave the experiment out. It takes --rounds and --pairs."),
        (["--continue", "RUN", "--server", "tornado"], "leave --server out"),
        (["--continue", "RUN", "--delay", "0"], "leave --delay out"),
        (["--continue", "RUN", "--rounds", "6"], "measures up to a look: --rounds 5 or 8, not 6."),
        (["--continue", "RUN", "--pairs", "blocking"], "'blocking' is not one of 'callback', 'executor'"),
    ],
)
def test_what_a_run_that_goes_on_would_not_heed_is_refused(words, said):
    result = CliRunner().invoke(commands, ["bench", *words])
    assert result.exit_code == 2
    assert said in " ".join(result.output.replace("│", "").split())


def test_a_run_goes_on_with_the_pairs_and_rounds_asked_for(monkeypatch, tmp_path):
    asked = []

    def stop(ask, watcher):
        asked.append(ask)
        raise CannotStartError("Enough.")

    monkeypatch.setattr(benchmark, "run", stop)
    words = ["--continue", str(tmp_path), "--rounds", "8", "--pairs", "executor"]
    assert CliRunner().invoke(commands, ["bench", *words]).exit_code == 1
    assert (asked[0].resume, asked[0].options.rounds, asked[0].pairs) == (tmp_path, 8, ("executor",))
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
