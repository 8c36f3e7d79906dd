"""When the subject of an alert was seen, where its order has that kept."""

import sqlalchemy as sa
from alembic import op

revision = "0016"
down_revision = "0015"


def upgrade() -> None:
    """Add the column, unless it was made before there were versions."""
    columns = sa.inspect(op.get_bind()).get_columns("alerts")
    if "kept_sightings" not in {column["name"] for column in columns}:
        op.add_column("alerts", sa.Column("kept_sightings", sa.JSON, nullable=True))
