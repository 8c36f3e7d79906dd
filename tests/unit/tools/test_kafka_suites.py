"""Every end-to-end suite runs on Apache Kafka as well, or ADR 0012 says why it doesn't."""

import re
from pathlib import Path

ROOT = Path(__file__).resolve().parents[3]
DECISION = ROOT / "docs" / "decisions" / "0012-apache-kafka-in-the-tests.md"


def test_a_suite_takes_the_chosen_broker_or_is_named_with_its_reason() -> None:
    suites = {file.stem: file.read_text() for file in (ROOT / "tests" / "e2e").glob("test_*.py")}
    taking = {name for name, content in suites.items() if "on_broker" in content}
    excused = set(re.findall(r"^\| `(test_\w+)` \| \S", DECISION.read_text(), re.MULTILINE))
    assert "test_the_demonstration" in taking
    assert taking | excused == set(suites)
    assert not taking & excused
