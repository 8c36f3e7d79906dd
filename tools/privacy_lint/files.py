"""PRV004: only a few places write files at all."""

import ast
from collections.abc import Iterator

from tools.privacy_lint.content import final_name
from tools.privacy_lint.module import Finding, Module

PLACES = {
    "lethe/alert/clock_file.py": "what the retention clock showed",
    "lethe/alert/database.py": "creates the file of the database, which holds ciphertext",
    "lethe/alert/keystores/files.py": "the erasable store of data keys",
    "lethe/alert/receipt_copies.py": "copies of receipts: counts, hashes and times",
    "lethe/cli/camera/secret.py": "the passwords of cameras, closed to other users",
    "lethe/cli/footage/": "renders footage of public images, or of those named by the user",
    "lethe/cli/live/report.py": "the report: counts, names and times",
    "lethe/cli/receipts/exporting.py": "an export of receipts: counts, hashes and times",
    "lethe/cli/setting_up.py": "the public key that receipts are signed with",
    "lethe/cli/stack/data.py": "the lock of the data folder",
    "lethe/cli/stack/process.py": "the log files of the services, which are linted themselves",
    "lethe/contracts/schemas.py": "generates schemas and synthetic examples",
    "lethe/purge/log_folder.py": "mends logs of receipts: counts, hashes and times",
    "lethe/purge/progress_file.py": "how far signed orders have got: names and hashes",
    "lethe/purge/term_log.py": "logs of receipts: counts, hashes and times",
    "lethe/receipts/cosigned.py": "checkpoints: sizes and hashes",
    "lethe/receipts/witness_folder.py": "a witness's key, and checkpoints: sizes and hashes",
    "lethe/shredding/keyfiles.py": "the signing keys of a machine, closed to other users",
    "lethe/shredding/roster.py": "the roster and the root's public key",
    "lethe/shredding/token_keys.py": "the public half of the key for tokens",
    "lethe/vision/build.py": "builds the model pack",
}
"""Where files may be written, and what is written there."""

_WRITERS = frozenset(
    {
        "NamedTemporaryFile", "SpooledTemporaryFile", "TemporaryFile", "imwrite", "memmap",
        "mkstemp", "savetxt", "savez", "savez_compressed", "tofile", "write_bytes", "write_text",
    }
)  # fmt: skip
# Common words: they count only as functions of these modules, or as methods of a picture.
_OF = {
    "dump": {"json", "marshal", "pickle"},
    "save": {"np", "numpy", "picture", "image", "Image", "torch"},
    "write": {"os"},
    "pwrite": {"os"},
}
_OPENERS = frozenset({"fdopen", "open"})
# A function takes the mode second, the method of a path first.
_MODULES = frozenset({"av", "codecs", "gzip", "io", "os"})
_WRITING = frozenset("wax+")
_WRITING_FLAGS = frozenset({"O_CREAT", "O_RDWR", "O_WRONLY"})


def check_files(module: Module) -> Iterator[Finding]:
    """PRV004: nothing is written to a file outside the places that exist for it."""
    path = module.path.as_posix()
    if any(f"/{place}" in f"/{path}" for place in PLACES):
        return
    for call in module.calls():
        if _writes(call):
            yield module.finding(
                call,
                "PRV004",
                f"{final_name(call.func)}() writes a file outside the allowed places",
            )


def _writes(call: ast.Call) -> bool:
    name = final_name(call.func)
    if name in _WRITERS:
        return True
    if name in _OF and isinstance(call.func, ast.Attribute):
        return final_name(call.func.value) in _OF[name]
    if call.args and final_name(call.args[0]) == "devnull":
        return False
    return name in _OPENERS and (_mode_writes(call) or _flags_write(call))


def _mode_writes(call: ast.Call) -> bool:
    method = isinstance(call.func, ast.Attribute) and final_name(call.func.value) not in _MODULES
    at = 0 if method else 1
    named = [word.value for word in call.keywords if word.arg == "mode"]
    return any(
        isinstance(value, ast.Constant)
        and isinstance(value.value, str)
        and bool(_WRITING & set(value.value))
        for value in [*call.args[at : at + 1], *named]
    )


def _flags_write(call: ast.Call) -> bool:
    return any(
        final_name(node) in _WRITING_FLAGS
        for argument in call.args[1:]
        for node in ast.walk(argument)
        if isinstance(node, ast.expr)
    )
