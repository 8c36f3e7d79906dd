"""PRV001 and PRV005: what reaches log lines, metrics and the terminal."""

import ast
from collections.abc import Iterator

from tools.privacy_lint.content import carried, final_name, first_carried
from tools.privacy_lint.module import Finding, Module

from lethe.runtime.logging import ALLOWED_KEYS

_METHODS = frozenset(
    {
        "bind", "critical", "debug", "error", "exception", "fatal", "info", "log", "msg", "new",
        "warn", "warning",
    }
)  # fmt: skip
_BINDERS = frozenset({"bind", "bind_contextvars", "bound_contextvars", "new"})
_LOGGERS = frozenset({"log", "logger", "logging", "structlog", "warnings"})
_MAKERS = frozenset({"bind", "getLogger", "get_logger", "new"})
_TERMINAL = frozenset({"echo", "print", "secho", "write"})
_CONSOLES = frozenset({"click", "console", "out", "stderr", "stdout"})
# Told to the logger rather than written by it; PRV006 looks at them.
_DIRECTIVES = frozenset({"exc_info", "stack_info", "stacklevel", "category"})


def check_logs(module: Module) -> Iterator[Finding]:
    """PRV001: constant events, allow-listed keys, no content in log calls and metric labels."""
    for call in module.calls():
        if is_log_call(call):
            yield from _log_call(module, call)
        elif final_name(call.func) == "labels" and (name := _in_arguments(call)):
            yield module.finding(call, "PRV001", f"{name} in the labels of a metric")


def check_terminal(module: Module) -> Iterator[Finding]:
    """PRV005: no print, and no content on the terminal."""
    for call in module.calls():
        if isinstance(call.func, ast.Name) and call.func.id in {"print", "pprint"}:
            yield module.finding(call, "PRV005", f"{call.func.id}(): use the logger")
        elif _is_terminal(call) and (name := _in_arguments(call)):
            yield module.finding(call, "PRV005", f"{name} on the terminal")


def is_log_call(call: ast.Call) -> bool:
    """Tell whether a call writes a log line or binds values to later ones."""
    if final_name(call.func) in {"bind_contextvars", "bound_contextvars"}:
        return True
    return (
        isinstance(call.func, ast.Attribute)
        and call.func.attr in _METHODS
        and _is_logger(call.func.value)
    )


def _is_logger(receiver: ast.expr) -> bool:
    if isinstance(receiver, ast.Call):
        return final_name(receiver.func) in _MAKERS
    return final_name(receiver).strip("_").lower() in _LOGGERS


def _log_call(module: Module, call: ast.Call) -> Iterator[Finding]:
    method = final_name(call.func)
    if method not in _BINDERS:
        event = call.args[1:2] if method == "log" else call.args[:1]
        if event and not isinstance(event[0], ast.Constant):
            yield module.finding(call, "PRV001", "the event of a log line must be a constant")
    if name := first_carried(call.args):
        yield module.finding(call, "PRV001", f"{name} in a log call")
    for word in call.keywords:
        if word.arg is None:
            yield module.finding(call, "PRV001", "unpacked fields in a log call can't be checked")
        elif word.arg not in ALLOWED_KEYS | _DIRECTIVES:
            yield module.finding(
                call, "PRV001", f"{word.arg} isn't among lethe.runtime.logging.ALLOWED_KEYS"
            )
        elif name := carried(word.value):
            yield module.finding(call, "PRV001", f"{name} in a log call, as {word.arg}")


def _is_terminal(call: ast.Call) -> bool:
    if not isinstance(call.func, ast.Attribute) or call.func.attr not in _TERMINAL:
        return False
    receiver = call.func.value
    name = final_name(receiver.func if isinstance(receiver, ast.Call) else receiver)
    return name.strip("_").lower() in _CONSOLES


def _in_arguments(call: ast.Call) -> str | None:
    return first_carried([*call.args, *(word.value for word in call.keywords)])
