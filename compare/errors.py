"""What ends a command: one base, so that the command line catches once."""


class CompareError(Exception):
    """What a user can mend: the message is one sentence that says what is wrong and what is allowed.

    `exit_code` is what the process ends with: 1, or 2 where the command itself was mistyped.
    """

    exit_code = 1
