"""What is committed is what the contracts generate, and every example fits its contract."""

import json
from pathlib import Path

import pytest

from lethe.contracts.base import Message
from lethe.contracts.schemas import (
    SCHEMAS_FOLDER,
    TOPICS_FILE,
    contract_name,
    contracts,
    differences,
    generated_files,
    main,
    topics_table,
    write,
)
from lethe.contracts.topics import REGISTRY

_ROOT = Path(__file__).resolve().parents[3]
_NAMES = sorted(contracts())


def test_committed_files_are_the_generated_ones() -> None:
    assert differences(_ROOT) == []


def test_every_message_of_the_registry_has_a_schema() -> None:
    needed = {contract_name(topic.message) for topic in REGISTRY if topic.message}
    needed |= {"seal-address", "signed-envelope", "deployment-order", "order-state", "instant"}
    needed |= {"reference-payload", "template-payload", "dead-letter"}
    assert needed <= set(_NAMES)


@pytest.mark.parametrize("name", _NAMES)
def test_an_example_decodes_and_is_told_again_the_same(name: str) -> None:
    message = type(contracts()[name])
    text = (_ROOT / SCHEMAS_FOLDER / f"{name}.example.json").read_text()
    example = message.model_validate_json(text)
    assert example.model_dump(mode="json") == json.loads(text)
    assert message.decode(example.encode()) == example


@pytest.mark.parametrize("name", _NAMES)
def test_a_schema_names_every_field_that_its_example_holds(name: str) -> None:
    folder = _ROOT / SCHEMAS_FOLDER
    schema = json.loads((folder / f"{name}.schema.json").read_text())
    example = json.loads((folder / f"{name}.example.json").read_text())
    assert set(example) == set(schema["properties"])
    assert set(schema.get("required", [])) <= set(example)


def test_generating_is_deterministic_and_sorted() -> None:
    assert generated_files() == generated_files()
    for text in generated_files().values():
        if text.startswith("{"):
            content = json.loads(text)
            assert text == json.dumps(content, indent=2, sort_keys=True, ensure_ascii=False) + "\n"


def test_check_says_what_differs_and_writes_nothing(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    root = ["--root", str(tmp_path)]
    assert main(root) == 0
    assert main(["--check", *root]) == 0
    assert capsys.readouterr().out == ""
    (tmp_path / TOPICS_FILE).write_text("edited")
    (tmp_path / SCHEMAS_FOLDER / "instant.schema.json").unlink()
    (tmp_path / SCHEMAS_FOLDER / "gone.schema.json").write_text("{}")
    assert main(["--check", *root]) == 1
    said = capsys.readouterr().out
    assert "topics.md: differs" in said
    assert "instant.schema.json: missing" in said
    assert "gone.schema.json: belongs to no contract" in said
    assert (tmp_path / TOPICS_FILE).read_text() == "edited"
    write(tmp_path)
    assert differences(tmp_path) == []


def test_the_topics_table_lists_every_topic_once() -> None:
    table = topics_table()
    assert all(table.count(f"| `{topic.name}` |") == 1 for topic in REGISTRY)
    assert "python -m lethe.contracts.schemas" in table


def test_every_contract_has_exactly_one_example() -> None:
    classes = [type(example) for example in contracts().values()]
    assert len(set(classes)) == len(classes)
    assert all(issubclass(c, Message) for c in classes)
