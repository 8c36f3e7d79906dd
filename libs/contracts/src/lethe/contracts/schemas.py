"""JSON Schemas, examples and the topics table, written from the contracts themselves.

`python -m lethe.contracts.schemas` writes them into the repository, `--check` says what differs.
"""

import argparse
import json
import re
import sys
from pathlib import Path

from lethe.contracts.base import Message
from lethe.contracts.errors import InvalidInput
from lethe.contracts.examples import EXAMPLES
from lethe.contracts.topic import Cleanup, Topic
from lethe.contracts.topics import REGISTRY

SCHEMAS_FOLDER = Path("libs/contracts/schemas")
TOPICS_FILE = Path("docs/reference/topics.md")
_SECOND_MS = 1000
_MINUTE_MS = 60 * _SECOND_MS
_HOUR_MS = 60 * _MINUTE_MS


def contract_name(message: type[Message]) -> str:
    """Return the name of a contract's files: `KeyTicket` is `key-ticket`."""
    return re.sub(r"(?<!^)(?=[A-Z])", "-", message.__name__).lower()


def contracts() -> dict[str, Message]:
    """Return the example of every contract, by the name of its files."""
    return {contract_name(type(example)): example for example in EXAMPLES}


def _as_json(content: object) -> str:
    return json.dumps(content, indent=2, sort_keys=True, ensure_ascii=False) + "\n"


def topics_table() -> str:
    """Return the page that lists every topic, in Markdown."""
    head = ("topic", "written by", "read by", "body", "contract", "key", "partitions", "kept")
    rows = [head, ("---",) * len(head), *(_topic_row(topic) for topic in REGISTRY)]
    table = "\n".join(f"| {' | '.join(row)} |" for row in rows)
    return (
        "# Topics\n\n"
        "<!-- Generated from lethe.contracts.topics by `python -m lethe.contracts.schemas`;"
        " don't edit. -->\n\n"
        "This page is generated from the registry in `lethe.contracts.topics` by\n"
        "`python -m lethe.contracts.schemas`; a test fails when the two differ.\n\n"
        f"{table}\n\n"
        "**Sealed** bodies are ciphertext under single-use keys; what they belong to stands in the"
        " headers\n(`seal-address`). **Signed** bodies are a `signed-envelope` around the contract."
        " Every topic has a\ndead-letter topic `<topic>.dlq`, which holds metadata only"
        " (`dead-letter`). Topics marked *rolls*\nare opened in generations on a broker that has"
        " no retention of its own.\n"
    )


def _topic_row(topic: Topic) -> tuple[str, ...]:
    contract = f"`{contract_name(topic.message)}`" if topic.message else "none"
    return (
        f"`{topic.name}`",
        topic.producer,
        ", ".join(topic.consumers) or "programs outside Lethe",
        topic.body.value,
        contract,
        topic.key,
        str(topic.partitions),
        _kept(topic),
    )


def _kept(topic: Topic) -> str:
    if topic.cleanup is Cleanup.COMPACT:
        return "latest per key"
    rolls = ", rolls" if topic.rolls else ""
    return f"{_duration(topic.retention_ms)}{rolls}"


def _duration(milliseconds: int) -> str:
    for unit_ms, unit in ((_HOUR_MS, "h"), (_MINUTE_MS, "min"), (_SECOND_MS, "s")):
        if milliseconds % unit_ms == 0:
            return f"{milliseconds // unit_ms} {unit}"
    return f"{milliseconds} ms"


def generated_files() -> dict[Path, str]:
    """Return what every generated file holds, by its path within the repository."""
    files = {TOPICS_FILE: topics_table()}
    for name, example in contracts().items():
        files[SCHEMAS_FOLDER / f"{name}.schema.json"] = _as_json(type(example).model_json_schema())
        files[SCHEMAS_FOLDER / f"{name}.example.json"] = _as_json(example.model_dump(mode="json"))
    return files


def differences(root: Path) -> list[str]:
    """Return a line for each file that is missing, differs or shouldn't be there."""
    files = generated_files()
    found = []
    for path, text in files.items():
        file = root / path
        if not file.is_file():
            found.append(f"{path}: missing")
        elif file.read_text() != text:
            found.append(f"{path}: differs")
    present = {file.relative_to(root) for file in (root / SCHEMAS_FOLDER).glob("*.json")}
    found += [f"{path}: belongs to no contract" for path in present - set(files)]
    return sorted(found)


def write(root: Path) -> None:
    """Write every generated file, and remove those of contracts that are gone."""
    files = generated_files()
    for path, text in files.items():
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        (root / path).write_text(text)
    for file in (root / SCHEMAS_FOLDER).glob("*.json"):
        if file.relative_to(root) not in files:
            file.unlink()


def _repository() -> Path:
    root = Path(__file__).resolve().parents[5]
    if not (root / SCHEMAS_FOLDER.parent / "pyproject.toml").is_file():
        raise InvalidInput("not in a checkout of the repository; give its folder with --root")
    return root


def main(arguments: list[str] | None = None) -> int:
    """Write the files, or with `--check` say what differs; return the exit code."""
    parser = argparse.ArgumentParser(prog="lethe.contracts.schemas", description=__doc__)
    parser.add_argument("--check", action="store_true", help="change nothing, say what differs")
    parser.add_argument("--root", type=Path, help="the repository's folder")
    options = parser.parse_args(arguments)
    try:
        root = options.root or _repository()
        if not options.check:
            write(root)
            return 0
        found = differences(root)
    except (InvalidInput, OSError) as error:
        sys.stderr.write(f"{error}\n")
        return 2
    if found:
        lines = "\n".join(found)
        sys.stdout.write(f"{lines}\nrun `python -m lethe.contracts.schemas`\n")
    return 1 if found else 0


if __name__ == "__main__":
    raise SystemExit(main())
