"""Pictures of the upper body, and where somebody was going."""

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"


def upgrade() -> None:
    """Add the columns, unless they were made before there were versions."""
    for table, column in (
        ("alerts", sa.Column("heading", sa.String, nullable=True)),
        ("pictures", sa.Column("figure_nonce", sa.LargeBinary, nullable=True)),
        ("pictures", sa.Column("figure_ciphertext", sa.LargeBinary, nullable=True)),
    ):
        known = {each["name"] for each in sa.inspect(op.get_bind()).get_columns(table)}
        if column.name not in known:
            op.add_column(table, column)
