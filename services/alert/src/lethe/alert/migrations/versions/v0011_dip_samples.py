"""Dip samples of watchlists, and how people found whom they drew."""

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"

# SQLite counts rows by itself only in a column of exactly the type INTEGER.
_SEQUENCE = sa.BigInteger().with_variant(sa.Integer, "sqlite")


def upgrade() -> None:
    """Make the tables, unless they were made before there were versions."""
    op.create_table(
        "watchlist_samples",
        sa.Column("number", _SEQUENCE, primary_key=True, autoincrement=True),
        _of_watchlist(),
        sa.Column("content_hash", sa.String, nullable=False),
        sa.Column("subject_id", sa.String, nullable=False),
        sa.Column("drawn_by", sa.String, nullable=False),
        sa.Column("drawn_wall_us", sa.BigInteger, nullable=False),
        sa.UniqueConstraint("watchlist_id", "content_hash", "subject_id"),
        sqlite_autoincrement=True,
        if_not_exists=True,
    )
    op.create_table(
        "watchlist_checks",
        sa.Column("number", _SEQUENCE, primary_key=True, autoincrement=True),
        _of_watchlist(),
        sa.Column("subject_id", sa.String, nullable=False),
        sa.Column("state", sa.String, nullable=False),
        sa.Column("has_passed", sa.Boolean, nullable=False),
        sa.Column("checked_by", sa.String, nullable=False),
        sa.Column("checked_wall_us", sa.BigInteger, nullable=False),
        sqlite_autoincrement=True,
        if_not_exists=True,
    )
    op.create_index(
        "checks_of_watchlist", "watchlist_checks", ["watchlist_id", "number"], if_not_exists=True
    )


def _of_watchlist() -> sa.Column[str]:
    of = sa.ForeignKey("watchlists.watchlist_id")
    return sa.Column("watchlist_id", sa.String, of, nullable=False)
