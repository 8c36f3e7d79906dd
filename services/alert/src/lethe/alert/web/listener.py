"""A client of the stream that is let in."""

import math
from dataclasses import dataclass, field

from lethe.alert.audit.deeds import Actor
from lethe.alert.deliveries import Console
from lethe.alert.hub import Subscription
from lethe.alert.identity.principal import Principal


@dataclass(slots=True)
class Listener:
    """Who listens, from where on, and what they were told last.

    Attributes
    ----------
    is_current
        Whether it was told that nothing waits since the last event.
    told_s
        When that was, by a clock that isn't stepped.
    said_s
        When it was told so, or that nothing happens.
    """

    principal: Principal
    actor: Actor
    subscription: Subscription
    console: Console
    is_current: bool = field(default=False, init=False)
    told_s: float = field(default=-math.inf, init=False)
    said_s: float = field(default=-math.inf, init=False)
