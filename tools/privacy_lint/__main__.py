"""`python -m tools.privacy_lint PATH...`: exit code 1 if anything is found, 2 if misused."""

import sys
from pathlib import Path

from tools.privacy_lint.lint import check_paths


def main(arguments: list[str]) -> int:
    """Check the given files and folders and say what was found."""
    try:
        verdict = check_paths(Path(argument) for argument in arguments)
    except (OSError, SyntaxError) as error:
        print(f"privacy lint: {error}", file=sys.stderr)
        return 2
    for line in (*verdict.waived, *verdict.findings):
        print(line)
    print(f"privacy lint: {len(verdict.findings)} found, {len(verdict.waived)} waived")
    return 1 if verdict.findings else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
