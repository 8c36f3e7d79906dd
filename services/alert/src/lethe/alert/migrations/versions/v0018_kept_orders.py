"""Orders as they were signed, for the record of a deployment."""

import sqlalchemy as sa
from alembic import op

revision = "0018"
down_revision = "0017"


def upgrade() -> None:
    """Make the table, unless it was made before there were versions."""
    op.create_table(
        "kept_orders",
        sa.Column("deployment_id", sa.String, primary_key=True),
        sa.Column("serial", sa.BigInteger, nullable=False),
        sa.Column("ordered", sa.LargeBinary, nullable=False),
        if_not_exists=True,
    )
