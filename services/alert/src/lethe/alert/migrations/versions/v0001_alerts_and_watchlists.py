"""Alerts with their pictures, watchlists with their references."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None

# SQLite counts rows by itself only in a column of exactly the type INTEGER.
_SEQUENCE = sa.BigInteger().with_variant(sa.Integer, "sqlite")


def _instant(name: str, *, nullable: bool = False) -> list[sa.Column[object]]:
    return [
        sa.Column(f"{name}_boot_id", sa.String, nullable=nullable),
        sa.Column(f"{name}_boot_us", sa.BigInteger, nullable=nullable),
        sa.Column(f"{name}_wall_us", sa.BigInteger, nullable=nullable),
    ]


def upgrade() -> None:
    """Make the tables, unless they were made before there were versions."""
    _make_alerts()
    _make_watchlists()


def _make_alerts() -> None:
    op.create_table(
        "alerts",
        sa.Column("sequence", _SEQUENCE, primary_key=True, autoincrement=True),
        sa.Column("alert_id", sa.String, nullable=False, unique=True),
        sa.Column("deployment_id", sa.String, nullable=False),
        sa.Column("order_type", sa.String, nullable=False),
        sa.Column("camera_id", sa.String, nullable=False),
        sa.Column("watchlist_id", sa.String, nullable=False),
        sa.Column("subject_id", sa.String, nullable=False),
        sa.Column("reference_id", sa.String, nullable=False),
        sa.Column("score", sa.Float, nullable=False),
        sa.Column("cosine", sa.Float, nullable=False),
        sa.Column("threshold", sa.Float, nullable=False),
        *_instant("captured"),
        *_instant("decided"),
        *_instant("published", nullable=True),
        sa.Column("candidates", sa.JSON, nullable=False),
        sa.Column("sightings", sa.Integer, nullable=False),
        sa.Column("last_sighting_wall_us", sa.BigInteger, nullable=False),
        sa.Column("erase_at_wall_us", sa.BigInteger, nullable=False),
        sa.Column("erased_wall_us", sa.BigInteger, nullable=True),
        sqlite_autoincrement=True,
        if_not_exists=True,
    )
    subject = ["deployment_id", "camera_id", "subject_id", "sequence"]
    op.create_index("alerts_of_subject", "alerts", subject, if_not_exists=True)
    due = ["erased_wall_us", "erase_at_wall_us"]
    op.create_index("alerts_to_erase", "alerts", due, if_not_exists=True)
    op.create_table(
        "searches",
        sa.Column("search_id", sa.String, primary_key=True),
        sa.Column("alert_sequence", _SEQUENCE, sa.ForeignKey("alerts.sequence"), nullable=False),
        if_not_exists=True,
    )
    op.create_table(
        "pictures",
        sa.Column("alert_id", sa.String, sa.ForeignKey("alerts.alert_id"), primary_key=True),
        sa.Column("nonce", sa.LargeBinary, nullable=False),
        sa.Column("ciphertext", sa.LargeBinary, nullable=False),
        if_not_exists=True,
    )


def _make_watchlists() -> None:
    op.create_table(
        "watchlists",
        sa.Column("watchlist_id", sa.String, primary_key=True),
        sa.Column("key_name", sa.String, nullable=False, unique=True),
        if_not_exists=True,
    )
    owner = sa.ForeignKey("watchlists.watchlist_id")
    op.create_table(
        "references",
        sa.Column("place", _SEQUENCE, primary_key=True, autoincrement=True),
        sa.Column("reference_id", sa.String, nullable=False, unique=True),
        sa.Column("watchlist_id", sa.String, owner, nullable=False),
        sa.Column("subject_id", sa.String, nullable=False),
        sa.Column("name_nonce", sa.LargeBinary, nullable=False),
        sa.Column("name_ciphertext", sa.LargeBinary, nullable=False),
        sa.Column("image_nonce", sa.LargeBinary, nullable=False),
        sa.Column("image_ciphertext", sa.LargeBinary, nullable=False),
        sa.Column("image_sha256", sa.String, nullable=False),
        sa.Column("state", sa.String, nullable=False),
        sa.Column("fault", sa.String, nullable=True),
        sa.Column("resembles", sa.String, nullable=True),
        sa.UniqueConstraint("watchlist_id", "subject_id", "image_sha256"),
        if_not_exists=True,
    )
