"""The commands of `lethe` and their options, as the pages about them are checked."""

import click

from lethe.cli.__main__ import lethe


def commands() -> dict[str, click.Command]:
    """Every command of `lethe` by its words, the group itself under no words."""
    found: dict[str, click.Command] = {"": lethe}
    for name, command in lethe.commands.items():
        found[name] = command
        if isinstance(command, click.Group):
            found |= {f"{name} {inner}": each for inner, each in command.commands.items()}
    return found


def options(command: click.Command) -> set[str]:
    """Every option of a command, with those that turn one off."""
    named = {option for each in command.params for option in (*each.opts, *each.secondary_opts)}
    return named | {"--help", "-h"}
