"""The page's types are those of what alert tells."""

from tests.support.markdown import ROOT
from tools.web_types import FILE, rendered


def test_the_committed_types_are_the_generated_ones() -> None:
    assert (ROOT / FILE).read_text() == rendered(), "python -m tools.web_types writes them anew"


def test_what_is_told_is_whole_and_what_is_asked_may_leave_out_a_default() -> None:
    types = rendered()
    assert '  type: "hello";\n' in types
    assert "  token?: string | null;\n" in types
    assert "  deployments: Array<DeploymentStatus>;\n" in types
    assert 'type Verdict = "true_alert" | "false_alert";\n' in types
