"""Of which erased alerts there is a receipt; of those erased before, there will be none."""

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"


def upgrade() -> None:
    """Add the column and its index, unless they were made before there were versions."""
    known = {column["name"] for column in sa.inspect(op.get_bind()).get_columns("alerts")}
    if "receipted" not in known:
        column = sa.Column("receipted", sa.Boolean, nullable=False, server_default="0")
        op.add_column("alerts", column)
        alerts = sa.table("alerts", sa.column("receipted", sa.Boolean), sa.column("erased_wall_us"))
        op.execute(
            sa.update(alerts).where(alerts.c.erased_wall_us.is_not(None)).values(receipted=True)
        )
    op.create_index(
        "alerts_to_receipt", "alerts", ["receipted", "erased_wall_us"], if_not_exists=True
    )
