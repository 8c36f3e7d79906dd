"""PRV003: what the reprs of dataclasses and messages show."""

import ast
from collections.abc import Iterator

from tools.privacy_lint.content import final_name
from tools.privacy_lint.module import Finding, Module
from tools.privacy_lint.names import suggests_content

# `Template` is match's name for an array.
_BINARY = frozenset(
    {"Buffer", "NDArray", "Template", "WipedBuffer", "bytearray", "bytes", "memoryview", "ndarray"}
)
_MODELS = frozenset({"BaseModel", "BaseSettings", "Message", "ServiceSettings"})


def check_fields(module: Module) -> Iterator[Finding]:
    """PRV003: a field of bytes or arrays whose name suggests content has `repr=False`."""
    for node in ast.walk(module.tree):
        if isinstance(node, ast.ClassDef) and _writes_a_repr(node):
            for field in node.body:
                if isinstance(field, ast.AnnAssign) and _shows_content(field):
                    yield module.finding(
                        field,
                        "PRV003",
                        f"{node.name}.{ast.unparse(field.target)} is shown by the repr:"
                        " give it repr=False",
                    )


def _writes_a_repr(node: ast.ClassDef) -> bool:
    """Whether the class's repr is generated from its fields."""
    if any(isinstance(part, ast.FunctionDef) and part.name == "__repr__" for part in node.body):
        return False
    if any(final_name(base) in _MODELS for base in node.bases):
        return True
    for decorator in node.decorator_list:
        call = decorator if isinstance(decorator, ast.Call) else None
        if final_name(call.func if call else decorator) == "dataclass":
            return not (call and _is_switched_off(call))
    return False


def _shows_content(field: ast.AnnAssign) -> bool:
    if not isinstance(field.target, ast.Name) or not suggests_content(field.target.id):
        return False
    names = {final_name(node) for node in ast.walk(field.annotation) if isinstance(node, ast.expr)}
    if not names & _BINARY or "ClassVar" in names:
        return False
    return not (isinstance(field.value, ast.Call) and _is_switched_off(field.value))


def _is_switched_off(call: ast.Call) -> bool:
    return any(
        word.arg == "repr" and isinstance(word.value, ast.Constant) and word.value.value is False
        for word in call.keywords
    )
