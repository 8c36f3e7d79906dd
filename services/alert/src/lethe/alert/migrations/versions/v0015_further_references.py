"""Which other images of its subject an alert is judged by."""

import sqlalchemy as sa
from alembic import op

revision = "0015"
down_revision = "0014"


def upgrade() -> None:
    """Add the column, unless it was made before there were versions."""
    columns = sa.inspect(op.get_bind()).get_columns("alerts")
    if "further_references" not in {column["name"] for column in columns}:
        op.add_column("alerts", sa.Column("further_references", sa.JSON, nullable=True))
