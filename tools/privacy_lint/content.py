"""Whether an expression carries content: the value of something whose name suggests it."""

import ast
from collections.abc import Iterable, Iterator

from tools.privacy_lint.names import suggests_content, words_of

_METADATA_CALLS = frozenset({"bool", "isinstance", "len", "sha256", "sha512", "type"})
_METADATA_WORDS = frozenset(
    {"commitment", "count", "digest", "hash", "hexdigest", "id", "length", "name", "size"}
)
_EXTRACTORS = frozenset(
    {
        "asdict", "astuple", "get_secret_value", "getvalue", "model_dump", "model_dump_json",
        "private_bytes", "private_bytes_raw", "tobytes", "vars",
    }
)  # fmt: skip
_PASS_THROUGH = frozenset({"T", "args", "data", "flat", "obj", "raw", "value"})
_NEVER = (ast.Compare, ast.Constant, ast.Lambda)


def carried(expression: ast.expr | None) -> str | None:
    """Name the content that an expression carries, or give None.

    `image` carries it, and so do `image[0]`, `f"{image}"`, `image.hex()`, `[image]` and
    `encode(image)`; `len(image)`, `image.shape`, `image is None` and `sha256(image)` don't.
    """
    if expression is None or isinstance(expression, _NEVER):
        return None
    if isinstance(expression, ast.Name):
        return expression.id if suggests_content(expression.id) else None
    if isinstance(expression, ast.Attribute):
        return _attribute(expression)
    if isinstance(expression, ast.Call):
        return _call(expression)
    if isinstance(expression, ast.Subscript):
        return carried(expression.value) or _item(expression.slice)
    return first_carried(_parts(expression))


def first_carried(expressions: Iterable[ast.expr]) -> str | None:
    """Name the first content that any of these carries, or give None."""
    return next((found for one in expressions if (found := carried(one))), None)


def final_name(callee: ast.expr) -> str:
    """Give the last part of a dotted name; empty for what has none."""
    if isinstance(callee, ast.Attribute):
        return callee.attr
    return callee.id if isinstance(callee, ast.Name) else ""


def _attribute(expression: ast.Attribute) -> str | None:
    if suggests_content(expression.attr):
        return ast.unparse(expression)
    return carried(expression.value) if expression.attr in _PASS_THROUGH else None


def _call(call: ast.Call) -> str | None:
    name = final_name(call.func)
    words = words_of(name)
    if name in _METADATA_CALLS or (words and words[-1] in _METADATA_WORDS):
        return None
    if name in _EXTRACTORS or suggests_content(name):
        return f"{name}()"
    receiver = carried(call.func.value) if isinstance(call.func, ast.Attribute) else None
    return receiver or first_carried([*call.args, *(word.value for word in call.keywords)])


def _item(index: ast.expr) -> str | None:
    if isinstance(index, ast.Constant) and isinstance(index.value, str):
        return index.value if suggests_content(index.value) else None
    return None


def _parts(expression: ast.expr) -> Iterator[ast.expr]:
    """Give the sub-expressions whose values end up in the value; a condition's doesn't."""
    if isinstance(expression, ast.UnaryOp) and isinstance(expression.op, ast.Not):
        return
    if isinstance(expression, ast.IfExp):
        yield from (expression.body, expression.orelse)
    elif isinstance(expression, (ast.ListComp, ast.SetComp, ast.GeneratorExp)):
        yield expression.elt
    elif isinstance(expression, ast.DictComp):
        yield from (expression.key, expression.value)
    else:
        yield from (node for node in ast.iter_child_nodes(expression) if isinstance(node, ast.expr))
