"""The command line: with `commands`, the only place that prints and exits."""

import importlib
import importlib.util
import io
import sys
from typing import TYPE_CHECKING, Any, NoReturn

import click

from compare.commands.usage import ExitCode
from compare.errors import CompareError
from compare.late import Late
from compare.screen.visible import visible
from compare.work.masking import mask_dsn

if TYPE_CHECKING:
    from importlib import metadata
else:
    metadata = Late("importlib.metadata")

COMMANDS = {
    "serve": "Serve the app with Tornado or with aiohttp.",
    "demo": "Write a page that plays a recorded run.",
    "bench": "Measure, draw charts and say what was found.",
    "report": "Redraw a run from its files.",
    "diff": "Say what changed between two runs.",
    "load": "Put a load on a URL, as one would with wrk.",
    "cluster": "Measure on several machines: certificates, scheduler, workers.",
    "pythons": "Make environments for other Pythons to measure on.",
    "new-work": "Write a work of your own to start from.",
    "selftest": "Say whether generator and machine can be relied on.",
}

DISTRIBUTION = "tornado-aiohttp-compare"
WITHOUT_EXTRA = ("serve", "new-work")
EXTRA = (
    "uvloop",
    "httptools",
    "rich",
    "matplotlib",
    "numpy",
    "scipy",
    "psutil",
    "jinja2",
)  # modules of the extra `bench`


class Commands(click.Group):
    """Imports a command when it is used: scipy and matplotlib take a second, and `serve` needs neither."""

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002  # click's signature
        """Return the names, in the order a newcomer uses them."""
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002  # click's
        """Return the command called `cmd_name`."""
        if cmd_name not in COMMANDS:
            return None
        _check_extra(cmd_name)
        module = importlib.import_module(f"compare.commands.{cmd_name.replace('-', '_')}")
        command: click.Command = module.command
        command.name = cmd_name
        return command

    def invoke(self, ctx: click.Context) -> Any:
        """Run the command asked for; what a user can mend becomes one sentence and an exit code."""
        try:
            return super().invoke(ctx)
        except CompareError as error:
            kind = click.UsageError if error.exit_code == ExitCode.MISTYPED else click.ClickException
            raise kind(mask_dsn(str(error))) from error

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:  # noqa: ARG002  # click's
        """Write the list of commands without importing any."""
        with formatter.section("Commands"):
            formatter.write_dl(list(COMMANDS.items()))


def _check_extra(name: str) -> None:
    missing = [module for module in EXTRA if importlib.util.find_spec(module) is None]
    if missing and name not in WITHOUT_EXTRA:
        raise click.ClickException(
            f"compare {name} needs the extra bench, of which {', '.join(missing)} cannot be found: "
            f"install it, such as with `pip install '{DISTRIBUTION}[bench]'`."
        )


def _print_version(ctx: click.Context, _: click.Parameter, asked: bool) -> None:  # noqa: FBT001  # click's signature
    if asked:
        click.echo(f"compare {metadata.version(DISTRIBUTION)}")
        ctx.exit()


@click.command(
    cls=Commands, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100}
)
@click.option(
    "--version",
    is_flag=True,
    is_eager=True,
    expose_value=False,
    callback=_print_version,
    help="Show the version.",
)
def commands() -> None:
    """One web app in Tornado and in aiohttp: serve it, measure it, see what each way of waiting costs."""


def main() -> NoReturn:
    """Run the command line and exit."""
    try:
        code = commands.main(prog_name="compare", standalone_mode=False)
    except click.ClickException as error:
        said = io.StringIO()
        error.show(said)
        click.echo(visible(said.getvalue()), err=True, nl=False)
        code = error.exit_code
    except (click.Abort, KeyboardInterrupt):
        click.echo("Stopped.", err=True)
        code = ExitCode.INTERRUPTED
    sys.exit(code or 0)
