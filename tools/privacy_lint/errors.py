"""PRV002 and PRV006: what exceptions say, and who repeats it."""

import ast
import builtins
from collections.abc import Iterator

from tools.privacy_lint.content import carried, final_name, first_carried
from tools.privacy_lint.logs import is_log_call
from tools.privacy_lint.module import Finding, Module

_BUILTIN = frozenset(
    name
    for name, value in vars(builtins).items()
    if isinstance(value, type) and issubclass(value, BaseException)
)
# The text of these names files and addresses, never what was read from them.
_TRUSTED = frozenset(
    name
    for name, value in vars(builtins).items()
    if isinstance(value, type) and issubclass(value, (OSError, KeyboardInterrupt))
)
_BROAD = frozenset({"", "BaseException", "Exception"})
_TRACEBACKS = frozenset({"format_exc", "format_exception", "print_exc", "print_exception"})


def check_messages(module: Module) -> Iterator[Finding]:
    """PRV002: no content in what an exception or an assertion says."""
    errors = _BUILTIN | _imported_errors(module)
    raised = {id(node.exc) for node in ast.walk(module.tree) if isinstance(node, ast.Raise)}
    for call in module.calls():
        if id(call) in raised or final_name(call.func) in errors | {"add_note"}:
            arguments = [*call.args, *(word.value for word in call.keywords)]
            if name := first_carried(arguments):
                yield module.finding(call, "PRV002", f"{name} in an exception")
    for node in ast.walk(module.tree):
        if isinstance(node, ast.Assert) and (name := carried(node.msg)):
            yield module.finding(node, "PRV002", f"{name} in an assertion's message")


def check_repeating(module: Module) -> Iterator[Finding]:
    """PRV006: no bare except; the text of an exception that isn't ours is repeated nowhere.

    It may hold what was being parsed. The class's name may be logged and raised on.
    """
    for call in module.calls():
        yield from _tracebacks(module, call)
    ours = module.ours() | _TRUSTED
    for node in ast.walk(module.tree):
        if not isinstance(node, ast.ExceptHandler):
            continue
        if node.type is None:
            yield module.finding(node, "PRV006", "a bare except: name the exceptions")
        elif node.name and not _caught(node.type) <= ours:
            yield from _repeated(module, node, node.name)


def _imported_errors(module: Module) -> set[str]:
    return {
        alias.asname or alias.name
        for node in ast.walk(module.tree)
        if isinstance(node, ast.ImportFrom) and (node.module or "").endswith(".errors")
        for alias in node.names
    }


def _tracebacks(module: Module, call: ast.Call) -> Iterator[Finding]:
    name = final_name(call.func)
    if name in _TRACEBACKS:
        yield module.finding(call, "PRV006", f"{name}(): a traceback may hold content")
    if not is_log_call(call):
        return
    if name == "exception":
        yield module.finding(call, "PRV006", "log.exception() writes the exception's text")
    for word in call.keywords:
        off = isinstance(word.value, ast.Constant) and not word.value.value
        if word.arg == "exc_info" and not off:
            yield module.finding(call, "PRV006", "exc_info writes the exception's text")


def _caught(classes: ast.expr) -> set[str]:
    each = classes.elts if isinstance(classes, ast.Tuple) else [classes]
    return {final_name(one) for one in each}


def _repeated(module: Module, handler: ast.ExceptHandler, name: str) -> Iterator[Finding]:
    for node in ast.walk(handler):
        if not isinstance(node, ast.Call):
            continue
        arguments = [*node.args, *(word.value for word in node.keywords)]
        said = any(_says(argument, name) for argument in arguments)
        if said and not _harmless(node):
            yield module.finding(
                node, "PRV006", f"the text of {name}, which isn't ours, is repeated"
            )


def _harmless(call: ast.Call) -> bool:
    return final_name(call.func) in {"isinstance", "str", "repr", "format"}


def _says(expression: ast.expr, name: str) -> bool:
    """Whether the text of a caught exception is part of an argument."""
    return any(_is_its_text(node, name) for node in ast.walk(expression))


def _is_its_text(node: ast.AST, name: str) -> bool:
    if isinstance(node, ast.FormattedValue):
        return _is(node.value, name)
    if isinstance(node, ast.Attribute):
        return node.attr == "args" and _is(node.value, name)
    if isinstance(node, ast.Call) and final_name(node.func) in {"str", "repr", "format"}:
        return any(_is(argument, name) for argument in node.args)
    return False


def _is(expression: ast.expr, name: str) -> bool:
    return isinstance(expression, ast.Name) and expression.id == name
