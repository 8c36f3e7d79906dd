"""Questions that a command asks before it does what can't be taken back."""

import click

from lethe.cli.errors import NothingDone


def require_yes(question: str, *, asked: bool = True) -> None:
    """Go on only if somebody says yes.

    Parameters
    ----------
    asked
        Off goes on without a question.

    Raises
    ------
    NothingDone
        If they say no.
    click.Abort
        If they press Ctrl-C, or nobody is there to answer.
    """
    if asked and not click.confirm(question):
        raise NothingDone("nothing was done: the question was answered with no")
