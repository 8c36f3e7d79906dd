"""Drafts of orders that wait to be authorised."""

import sqlalchemy as sa
from alembic import op

revision = "0014"
down_revision = "0013"


def upgrade() -> None:
    """Make the table, unless it was made before there were versions."""
    op.create_table(
        "order_drafts",
        sa.Column("deployment_id", sa.String, primary_key=True),
        sa.Column("payload", sa.LargeBinary, nullable=False),
        sa.Column("cameras", sa.JSON, nullable=False),
        sa.Column("revision", sa.Integer, nullable=False),
        sa.Column("authors", sa.JSON, nullable=False),
        sa.Column("signer", sa.String, nullable=True),
        sa.Column("signature", sa.LargeBinary, nullable=True),
        if_not_exists=True,
    )
