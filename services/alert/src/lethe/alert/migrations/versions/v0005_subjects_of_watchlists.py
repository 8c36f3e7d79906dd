"""Versions of watchlists with what they are for, and subjects with their details."""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"

_SEQUENCE = sa.BigInteger().with_variant(sa.Integer, "sqlite")
_ONE_NAME = """
    INSERT INTO subjects
        (watchlist_id, subject_id, number_tag, revision, bound, details_nonce, details_ciphertext)
    SELECT r.watchlist_id, r.subject_id, r.subject_id, 1,
        'name:' || r.watchlist_id || ':' || r.reference_id, r.name_nonce, r.name_ciphertext
    FROM "references" r
    WHERE r.place = (
        SELECT min(o.place) FROM "references" o
        WHERE o.watchlist_id = r.watchlist_id AND o.subject_id = r.subject_id
    )
    ORDER BY r.place
"""


def upgrade() -> None:
    """Add them; the name that each reference had becomes its subject's."""
    _describe_versions()
    _make_subjects()
    if "name_nonce" in _columns("references"):
        op.execute(_ONE_NAME)
        op.drop_column("references", "name_nonce")
        op.drop_column("references", "name_ciphertext")
    _number_changes()


def _describe_versions() -> None:
    if "list_id" in _columns("watchlists"):
        return
    for column in (
        sa.Column("list_id", sa.String, nullable=False, server_default=""),
        sa.Column("number", sa.Integer, nullable=False, server_default="1"),
        sa.Column("revision", sa.Integer, nullable=False, server_default="1"),
        sa.Column("details_nonce", sa.LargeBinary, nullable=True),
        sa.Column("details_ciphertext", sa.LargeBinary, nullable=True),
        sa.Column("ordered_hash", sa.String, nullable=True),
    ):
        op.add_column("watchlists", column)
    op.execute("UPDATE watchlists SET list_id = watchlist_id")


def _make_subjects() -> None:
    owner = sa.ForeignKey("watchlists.watchlist_id")
    op.create_table(
        "subjects",
        sa.Column("place", _SEQUENCE, primary_key=True, autoincrement=True),
        sa.Column("watchlist_id", sa.String, owner, nullable=False),
        sa.Column("subject_id", sa.String, nullable=False),
        sa.Column("number_tag", sa.String, nullable=False),
        sa.Column("revision", sa.Integer, nullable=False),
        sa.Column("bound", sa.String, nullable=False),
        sa.Column("details_nonce", sa.LargeBinary, nullable=False),
        sa.Column("details_ciphertext", sa.LargeBinary, nullable=False),
        sa.UniqueConstraint("watchlist_id", "subject_id"),
        sa.UniqueConstraint("watchlist_id", "number_tag"),
        if_not_exists=True,
    )


def _number_changes() -> None:
    if "change" not in _columns("references"):
        column = sa.Column("change", sa.BigInteger, nullable=False, server_default="0")
        op.add_column("references", column)
        op.execute('UPDATE "references" SET change = place')
    for name, columns in (
        ("references_changed", ["watchlist_id", "change"]),
        ("references_of_image", ["watchlist_id", "image_sha256"]),
        ("references_in_state", ["state", "watchlist_id"]),
    ):
        op.create_index(name, "references", columns, if_not_exists=True)


def _columns(table: str) -> set[str]:
    return {column["name"] for column in sa.inspect(op.get_bind()).get_columns(table)}
