"""`python -m tests.support.lethe_that_keeps_no_list`: `lethe`, told to erase lists at once."""

from tools.instrumented_lethe import run

if __name__ == "__main__":
    run(
        settings_of=lambda service: (
            {"LETHE_WATCHLIST_RETENTION_HOURS": "0"} if service == "alert" else {}
        )
    )
