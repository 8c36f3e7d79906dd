"""Adjudications, and which transit key a candidate list was sealed to."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"

_SEQUENCE = sa.BigInteger().with_variant(sa.Integer, "sqlite")


def upgrade() -> None:
    """Add the table and the column, unless they were made before there were versions."""
    op.create_table(
        "adjudications",
        sa.Column("number", _SEQUENCE, primary_key=True, autoincrement=True),
        sa.Column("alert_id", sa.String, sa.ForeignKey("alerts.alert_id"), nullable=False),
        sa.Column("verdict", sa.String, nullable=False),
        sa.Column("confirmed", sa.Boolean, nullable=False),
        sa.Column("outcome", sa.String, nullable=True),
        sa.Column("officer", sa.String, nullable=False),
        sa.Column("adjudicated_boot_id", sa.String, nullable=False),
        sa.Column("adjudicated_boot_us", sa.BigInteger, nullable=False),
        sa.Column("adjudicated_wall_us", sa.BigInteger, nullable=False),
        sa.Column("announced", sa.Boolean, nullable=False),
        sqlite_autoincrement=True,
        if_not_exists=True,
    )
    for name, columns in (
        ("adjudications_of_alert", ["alert_id", "number"]),
        ("adjudications_to_announce", ["announced", "number"]),
    ):
        op.create_index(name, "adjudications", columns, if_not_exists=True)
    known = {column["name"] for column in sa.inspect(op.get_bind()).get_columns("searches")}
    if "transit_key_id" not in known:
        op.add_column("searches", sa.Column("transit_key_id", sa.String, nullable=True))
