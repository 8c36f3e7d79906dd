"""How watchlists were composed when they were ordered, for the records of deployments."""

import sqlalchemy as sa
from alembic import op

revision = "0012"
down_revision = "0011"


def upgrade() -> None:
    """Add the column, unless it was made before there were versions."""
    columns = sa.inspect(op.get_bind()).get_columns("watchlists")
    if "composition" not in {column["name"] for column in columns}:
        op.add_column("watchlists", sa.Column("composition", sa.JSON, nullable=True))
