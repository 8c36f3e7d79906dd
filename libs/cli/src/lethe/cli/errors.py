"""What can end a command, and how it is told: one line on stderr."""

from lethe.contracts.errors import InvalidInput, LetheError

EXIT_OK = 0
EXIT_FAILED = 1
EXIT_INVALID = 2
EXIT_INTERRUPTED = 130


class StackFailed(LetheError):
    """The embedded stack can't go on, through no fault of the input: exit code 1."""


class NothingDone(LetheError):
    """The user was asked and said no: exit code 1."""


class Interrupted(LetheError):
    """The user ended the command before it had begun its work: exit code 130."""


def one_line(text: str) -> str:
    """Return a text as one printable line.

    File names come from outside: a line break or an escape sequence in one must neither forge a
    second line nor reach the terminal.
    """
    joined = " ".join(text.split())
    return "".join(character if character.isprintable() else "?" for character in joined)


def exit_code(error: BaseException) -> int:
    """Return the exit code that an error ends a command with."""
    if isinstance(error, InvalidInput):
        return EXIT_INVALID
    if isinstance(error, Interrupted | KeyboardInterrupt):
        return EXIT_INTERRUPTED
    return EXIT_FAILED
