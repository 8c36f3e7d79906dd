"""Which alerts systems outside are still to be told of."""

import sqlalchemy as sa
from alembic import op

revision = "0017"
down_revision = "0016"


def upgrade() -> None:
    """Add the column, unless it was made before there were versions: of no alert until now."""
    columns = sa.inspect(op.get_bind()).get_columns("alerts")
    if "to_announce" not in {column["name"] for column in columns}:
        told = sa.Column("to_announce", sa.Boolean, nullable=False, server_default="0")
        op.add_column("alerts", told)
    op.create_index("alerts_to_announce", "alerts", ["to_announce", "sequence"], if_not_exists=True)
