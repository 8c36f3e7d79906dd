"""Watchlists end: which deployments search them until when, and what is told of erased ones."""

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"


def upgrade() -> None:
    """Add columns and table, unless they were made before there were versions."""
    known = {each["name"] for each in sa.inspect(op.get_bind()).get_columns("watchlists")}
    for column in (
        sa.Column("erased_wall_us", sa.BigInteger, nullable=True),
        sa.Column("erased_hash", sa.String, nullable=True),
        sa.Column("erasure_ground", sa.String, nullable=True),
        sa.Column("erasure_deployment", sa.String, nullable=True),
        sa.Column("receipted", sa.Boolean, nullable=False, server_default="0"),
    ):
        if column.name not in known:
            op.add_column("watchlists", column)
    op.create_table(
        "watchlist_orders",
        sa.Column(
            "watchlist_id", sa.String, sa.ForeignKey("watchlists.watchlist_id"), primary_key=True
        ),
        sa.Column("deployment_id", sa.String, primary_key=True),
        sa.Column("ends_at_us", sa.BigInteger, nullable=False),
        sa.Column("ended_us", sa.BigInteger, nullable=True),
        if_not_exists=True,
    )
