"""Which instance leads, in which term, and the name of the alert log."""

import secrets

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    """Make the table with its one row: nobody has led yet."""
    op.create_table(
        "leadership",
        sa.Column("log_id", sa.String, primary_key=True),
        sa.Column("term", sa.BigInteger, nullable=False),
        sa.Column("leader", sa.String, nullable=False),
        if_not_exists=True,
    )
    leadership = sa.table("leadership", sa.column("log_id"), sa.column("term"), sa.column("leader"))
    op.execute(sa.insert(leadership).values(log_id=secrets.token_hex(8), term=0, leader=""))
