"""The dead man's switch: a kernel timer that kills a process which can't wipe its own keys."""

import ctypes
import os
import signal
import time
from collections.abc import Callable, Iterable
from typing import Protocol

_LIBC = ctypes.CDLL(None, use_errno=True)
_TIMER_ABSTIME = 1
_SIGEV_SIGNAL = 0


class DeadMansSwitch(Protocol):
    """Kills this process at a moment of the boot clock unless it is armed anew before."""

    def arm(self, at_boot_us: int | None) -> None:
        """Set the moment, or None to disarm."""
        ...


class Armed:
    """Keeps a switch armed for the earliest of some deadlines.

    It is asked to at every frame and probe, and mostly nothing has come or gone since.
    """

    def __init__(self, switch: DeadMansSwitch) -> None:
        self._switch = switch
        self._alive: object = None
        self._at_us: int | None = None

    def keep(self, alive: object, deadlines_us: Callable[[], Iterable[int]]) -> None:
        """Arm the switch anew if what is alive is something else than before.

        Parameters
        ----------
        alive
            Equal as long as the deadlines are.
        deadlines_us
            Returns when each of it must be dead, boot clock in microseconds.
        """
        if alive == self._alive:
            return
        earliest_us = min(deadlines_us(), default=None)
        if earliest_us != self._at_us:
            self._switch.arm(earliest_us)
        self._alive, self._at_us = alive, earliest_us


class _SigEvent(ctypes.Structure):
    # struct sigevent of Linux: 64 bytes; only the first three members matter for SIGEV_SIGNAL.
    _fields_ = (
        ("value", ctypes.c_void_p),
        ("signo", ctypes.c_int),
        ("notify", ctypes.c_int),
        ("_pad", ctypes.c_char * 48),
    )


class _TimeSpec(ctypes.Structure):
    _fields_ = (("seconds", ctypes.c_long), ("nanoseconds", ctypes.c_long))


class _TimerSpec(ctypes.Structure):
    _fields_ = (("interval", _TimeSpec), ("value", _TimeSpec))


class KernelTimer:
    """`timer_create` on CLOCK_BOOTTIME with SIGKILL: works for a hung and for a stopped process.

    The kernel ignores the signal for PID 1 of a container, so a service must run under an init.

    Raises
    ------
    OSError
        If the kernel refuses the timer.
    """

    def __init__(self) -> None:
        event = _SigEvent(signo=signal.SIGKILL, notify=_SIGEV_SIGNAL)
        self._timer = ctypes.c_void_p()
        made = _LIBC.timer_create(
            ctypes.c_int(time.CLOCK_BOOTTIME), ctypes.byref(event), ctypes.byref(self._timer)
        )
        if made != 0:
            number = ctypes.get_errno()
            raise OSError(number, f"timer_create: {os.strerror(number)}")

    def arm(self, at_boot_us: int | None) -> None:
        """Set the absolute moment, or None to disarm.

        Raises
        ------
        OSError
            If the kernel refuses.
        """
        spec = _TimerSpec()
        if at_boot_us is not None:
            # A moment in the past fires at once; all zeros would disarm.
            moment = max(at_boot_us, 1)
            spec.value = _TimeSpec(moment // 1_000_000, moment % 1_000_000 * 1000)
        if _LIBC.timer_settime(self._timer, _TIMER_ABSTIME, ctypes.byref(spec), None) != 0:
            number = ctypes.get_errno()
            raise OSError(number, f"timer_settime: {os.strerror(number)}")
