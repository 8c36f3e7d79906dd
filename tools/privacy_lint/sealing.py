"""PRV007: who makes sealed bodies."""

import ast
from collections.abc import Iterator

from tools.privacy_lint.content import final_name
from tools.privacy_lint.module import Finding, Module

_TYPE = "SealedBody"
_MAKER = "lethe/shredding/sealing.py"
_ASKING = frozenset({"isinstance", "issubclass"})


def check_sealing(module: Module) -> Iterator[Finding]:
    """PRV007: outside the sealing a `SealedBody` stands in annotations, and is asked for."""
    if module.path.as_posix().endswith(_MAKER):
        return
    allowed = {id(node) for place in _allowed(module.tree) for node in ast.walk(place)}
    told = f"only {_MAKER} makes a {_TYPE}: seal instead"
    for node in ast.walk(module.tree):
        if isinstance(node, ast.expr) and final_name(node) == _TYPE and id(node) not in allowed:
            yield module.finding(node, "PRV007", told)
        if isinstance(node, ast.ImportFrom) and any(
            alias.name == _TYPE and alias.asname not in (None, _TYPE) for alias in node.names
        ):
            yield module.finding(node, "PRV007", f"{_TYPE} under another name")


def _allowed(tree: ast.Module) -> Iterator[ast.expr]:
    """Give the expressions in which the type may be named."""
    for node in ast.walk(tree):
        if isinstance(node, ast.AnnAssign | ast.arg) and node.annotation is not None:
            yield node.annotation
        elif isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and node.returns is not None:
            yield node.returns
        elif isinstance(node, ast.Call) and final_name(node.func) in _ASKING:
            yield from node.args[1:]
