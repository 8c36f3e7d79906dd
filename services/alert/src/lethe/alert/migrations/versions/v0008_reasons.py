"""Why people did something, sealed apart from the chain of the audit log."""

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"


def upgrade() -> None:
    """Make the table, unless it was made before there were versions."""
    op.create_table(
        "audit_reasons",
        sa.Column("commitment", sa.String, primary_key=True),
        sa.Column("key_name", sa.String, nullable=False),
        sa.Column("nonce", sa.LargeBinary, nullable=False),
        sa.Column("ciphertext", sa.LargeBinary, nullable=False),
        if_not_exists=True,
    )
