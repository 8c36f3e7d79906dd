"""What people do about an alert before it is adjudicated, and in what capacity they do that."""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"


def _by(name: str) -> list[sa.Column[object]]:
    return [
        sa.Column(f"{name}_boot_id", sa.String, nullable=True),
        sa.Column(f"{name}_boot_us", sa.BigInteger, nullable=True),
        sa.Column(f"{name}_wall_us", sa.BigInteger, nullable=True),
    ]


def upgrade() -> None:
    """Add the columns, unless they were made before there were versions."""
    _add(
        "alerts",
        sa.Column("version", sa.Integer, nullable=False, server_default="0"),
        sa.Column("acknowledged_by", sa.String, nullable=True),
        *_by("acknowledged"),
        sa.Column("claimed_by", sa.String, nullable=True),
        *_by("claimed"),
    )
    _add(
        "adjudications",
        # Before there were two capacities, every adjudication had the effect of this one.
        sa.Column("capacity", sa.String, nullable=False, server_default="engagement_officer"),
    )


def _add(table: str, *columns: sa.Column[object]) -> None:
    known = {column["name"] for column in sa.inspect(op.get_bind()).get_columns(table)}
    for column in columns:
        if column.name not in known:
            op.add_column(table, column)
