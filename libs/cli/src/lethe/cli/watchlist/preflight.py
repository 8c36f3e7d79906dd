"""What of a watchlist can be known before anything is started is told before anything is."""

from collections.abc import Collection
from dataclasses import replace
from pathlib import Path

from lethe.cli.live.terminal import Terminal
from lethe.cli.watchlist.faults import refuse_faults
from lethe.cli.watchlist.folder import read_watchlist
from lethe.cli.watchlist.people import Fault, People, Picture
from lethe.contracts.errors import InvalidInput
from lethe.contracts.volunteers import CATEGORY
from lethe.vision.errors import UnreadableImage
from lethe.vision.stills import read_still


def checked_watchlist(
    folder: Path, terminal: Terminal, *, skip_bad: bool, volunteers: Collection[str] = ()
) -> People:
    """Read a watchlist folder and decode every image once, as detect will.

    With `skip_bad` the faults stay in the list, to be told with those that the services find.

    Parameters
    ----------
    volunteers
        Names of those who aren't sought: with them a deployment is tried out.

    Raises
    ------
    InvalidInput
        If there are faults and `skip_bad` is off, nothing usable is left, or nobody is called
        as a volunteer.
    """
    people = read_watchlist(folder)
    _name_volunteers(people, frozenset(volunteers))
    _drop_unreadable(people, terminal)
    if not (people.listed and skip_bad):
        refuse_faults(people.faults, people.folder, people.images, skip_bad=skip_bad)
    return people


def _name_volunteers(people: People, names: frozenset[str]) -> None:
    """List some of the people as volunteers."""
    strangers = sorted(names - {person.number for person in people.listed})
    if strangers:
        raise InvalidInput(f"nobody in {people.folder} is called {', '.join(strangers)}")
    people.listed = [
        replace(person, details={**person.details, "category": CATEGORY})
        if person.number in names
        else person
        for person in people.listed
    ]


def _drop_unreadable(people: People, terminal: Terminal) -> None:
    """Turn the images that can't be decoded into faults, and leave out who has no other."""
    done = 0
    listed = []
    with terminal.progress("checking", people.images) as progress:
        for person in people.listed:
            readable = []
            for picture in person.pictures:
                if (why := _unreadable(picture)) is None:
                    readable.append(picture)
                else:
                    people.faults.append(Fault(picture.shown, why))
                done += 1
                progress(done)
            if readable:
                listed.append(replace(person, pictures=tuple(readable)))
    people.listed = listed


def _unreadable(picture: Picture) -> str | None:
    """Return why an image can't be decoded; None if it can."""
    try:
        image = read_still(picture.path.read_bytes())
    except UnreadableImage as error:
        return f"unreadable: {error}"
    except OSError as error:
        return f"can't be read ({error.strerror})"
    image.fill(0)
    return None
