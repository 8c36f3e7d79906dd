"""With which model pack images were enrolled, and with which they can't be though they were."""

import sqlalchemy as sa
from alembic import op

revision = "0013"
down_revision = "0012"


def upgrade() -> None:
    """Add the columns, unless they were made before there were versions."""
    known = {each["name"] for each in sa.inspect(op.get_bind()).get_columns("references")}
    for name in ("pack", "unfit_pack", "unfit_fault"):
        if name not in known:
            op.add_column("references", sa.Column(name, sa.String, nullable=True))
