"""`python -m tools.bench.erasure.metered_lethe`: the `lethe` command, with meters in services."""

from tools.instrumented_lethe import run

if __name__ == "__main__":
    run(lambda _: "tools.bench.erasure.metered_service")
