"""`python -m compare` and the scripts of that name: the command line."""

import os
import signal


def main() -> None:
    """Run the command line; Ctrl-C while it is still being imported ends it in silence, with exit code 130."""
    interrupting = signal.getsignal(signal.SIGINT)
    if interrupting is signal.default_int_handler:
        signal.signal(signal.SIGINT, lambda *_: os._exit(130))
    from compare import cli  # noqa: PLC0415  # what may be interrupted

    if interrupting is signal.default_int_handler:
        signal.signal(signal.SIGINT, interrupting)
    cli.main()


if __name__ == "__main__":
    main()
