"""The tables of alert's database. Pictures, names and images are in it only under a data key."""

from sqlalchemy import (
    JSON,
    BigInteger,
    Boolean,
    Column,
    Float,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    String,
    Table,
    Text,
    UniqueConstraint,
)

metadata = MetaData()

# SQLite counts rows by itself only in a column of exactly the type INTEGER.
_SEQUENCE = BigInteger().with_variant(Integer, "sqlite")


def _instant(name: str, *, nullable: bool = False) -> list[Column[object]]:
    return [
        Column(f"{name}_boot_id", String, nullable=nullable),
        Column(f"{name}_boot_us", BigInteger, nullable=nullable),
        Column(f"{name}_wall_us", BigInteger, nullable=nullable),
    ]


alerts = Table(
    "alerts",
    metadata,
    Column("sequence", _SEQUENCE, primary_key=True, autoincrement=True),
    Column("alert_id", String, nullable=False, unique=True),
    Column("deployment_id", String, nullable=False),
    Column("order_type", String, nullable=False),
    Column("camera_id", String, nullable=False),
    Column("watchlist_id", String, nullable=False),
    Column("subject_id", String, nullable=False),
    Column("reference_id", String, nullable=False),
    Column("score", Float, nullable=False),
    Column("cosine", Float, nullable=False),
    Column("threshold", Float, nullable=False),
    *_instant("captured"),
    *_instant("decided"),
    *_instant("published", nullable=True),
    Column("candidates", JSON, nullable=False),
    Column("sightings", Integer, nullable=False),
    Column("last_sighting_wall_us", BigInteger, nullable=False),
    Column("heading", String, nullable=True),
    # Ids of references; null of alerts from before they were told.
    Column("further_references", JSON, nullable=True),
    # When it was captured each time, while it isn't erased; null where the order doesn't say so.
    Column("kept_sightings", JSON(none_as_null=True), nullable=True),
    Column("erase_at_wall_us", BigInteger, nullable=False),
    Column("erased_wall_us", BigInteger, nullable=True),
    # Whether purge's receipts are known to say so.
    Column("receipted", Boolean, nullable=False, server_default="0"),
    # Whether systems outside are still to be told of it, since it is published.
    Column("to_announce", Boolean, nullable=False, server_default="0"),
    Column("version", Integer, nullable=False, server_default="0"),
    Column("acknowledged_by", String, nullable=True),
    *_instant("acknowledged", nullable=True),
    Column("claimed_by", String, nullable=True),
    *_instant("claimed", nullable=True),
    Index("alerts_of_subject", "deployment_id", "camera_id", "subject_id", "sequence"),
    Index("alerts_to_erase", "erased_wall_us", "erase_at_wall_us"),
    Index("alerts_to_receipt", "receipted", "erased_wall_us"),
    Index("alerts_to_announce", "to_announce", "sequence"),
    sqlite_autoincrement=True,
)

searches = Table(
    "searches",
    metadata,
    Column("search_id", String, primary_key=True),
    Column("alert_sequence", _SEQUENCE, ForeignKey("alerts.sequence"), nullable=False),
    # The name of a key and no key: which one has to go when the alert was a false one.
    Column("transit_key_id", String, nullable=True),
)

adjudications = Table(
    "adjudications",
    metadata,
    Column("number", _SEQUENCE, primary_key=True, autoincrement=True),
    Column("alert_id", String, ForeignKey("alerts.alert_id"), nullable=False),
    Column("verdict", String, nullable=False),
    Column("confirmed", Boolean, nullable=False),
    Column("outcome", String, nullable=True),
    Column("officer", String, nullable=False),
    *_instant("adjudicated"),
    Column("announced", Boolean, nullable=False),
    # Before there were two capacities, every adjudication had the effect of this one.
    Column("capacity", String, nullable=False, server_default="engagement_officer"),
    Index("adjudications_of_alert", "alert_id", "number"),
    Index("adjudications_to_announce", "announced", "number"),
    sqlite_autoincrement=True,
)

pictures = Table(
    "pictures",
    metadata,
    Column("alert_id", String, ForeignKey("alerts.alert_id"), primary_key=True),
    Column("nonce", LargeBinary, nullable=False),
    Column("ciphertext", LargeBinary, nullable=False),
    # Of the upper body; there is none where a face was all that came.
    Column("figure_nonce", LargeBinary, nullable=True),
    Column("figure_ciphertext", LargeBinary, nullable=True),
)

watchlists = Table(
    "watchlists",
    metadata,
    Column("watchlist_id", String, primary_key=True),
    Column("key_name", String, nullable=False, unique=True),
    Column("list_id", String, nullable=False, server_default=""),
    Column("number", Integer, nullable=False, server_default="1"),
    Column("revision", Integer, nullable=False, server_default="1"),
    Column("details_nonce", LargeBinary, nullable=True),
    Column("details_ciphertext", LargeBinary, nullable=True),
    Column("ordered_hash", String, nullable=True),
    # How many subjects of which category it had when it was ordered: it outlives them.
    Column("composition", JSON, nullable=True),
    Column("erased_wall_us", BigInteger, nullable=True),
    # What receipts name it by, why it was erased, and which deployment was the last.
    Column("erased_hash", String, nullable=True),
    Column("erasure_ground", String, nullable=True),
    Column("erasure_deployment", String, nullable=True),
    Column("receipted", Boolean, nullable=False, server_default="0"),
)

watchlist_orders = Table(
    "watchlist_orders",
    metadata,
    Column("watchlist_id", String, ForeignKey("watchlists.watchlist_id"), primary_key=True),
    Column("deployment_id", String, primary_key=True),
    Column("ends_at_us", BigInteger, nullable=False),
    Column("ended_us", BigInteger, nullable=True),
)

subjects = Table(
    "subjects",
    metadata,
    Column("place", _SEQUENCE, primary_key=True, autoincrement=True),
    Column("watchlist_id", String, ForeignKey("watchlists.watchlist_id"), nullable=False),
    Column("subject_id", String, nullable=False),
    Column("number_tag", String, nullable=False),
    Column("revision", Integer, nullable=False),
    # What the details are sealed as: those of before there were any are a name alone.
    Column("bound", String, nullable=False),
    Column("details_nonce", LargeBinary, nullable=False),
    Column("details_ciphertext", LargeBinary, nullable=False),
    UniqueConstraint("watchlist_id", "subject_id"),
    UniqueConstraint("watchlist_id", "number_tag"),
)

references = Table(
    "references",
    metadata,
    Column("place", _SEQUENCE, primary_key=True, autoincrement=True),
    Column("reference_id", String, nullable=False, unique=True),
    Column("watchlist_id", String, ForeignKey("watchlists.watchlist_id"), nullable=False),
    Column("subject_id", String, nullable=False),
    Column("image_nonce", LargeBinary, nullable=False),
    Column("image_ciphertext", LargeBinary, nullable=False),
    Column("image_sha256", String, nullable=False),
    Column("state", String, nullable=False),
    Column("fault", String, nullable=True),
    Column("resembles", String, nullable=True),
    # The model pack that the state came of; one that an ordered version can't be searched with.
    Column("pack", String, nullable=True),
    Column("unfit_pack", String, nullable=True),
    Column("unfit_fault", String, nullable=True),
    Column("change", BigInteger, nullable=False, server_default="0"),
    UniqueConstraint("watchlist_id", "subject_id", "image_sha256"),
    Index("references_changed", "watchlist_id", "change"),
    Index("references_of_image", "watchlist_id", "image_sha256"),
    Index("references_in_state", "state", "watchlist_id"),
)

watchlist_samples = Table(
    "watchlist_samples",
    metadata,
    Column("number", _SEQUENCE, primary_key=True, autoincrement=True),
    Column("watchlist_id", String, ForeignKey("watchlists.watchlist_id"), nullable=False),
    Column("content_hash", String, nullable=False),
    Column("subject_id", String, nullable=False),
    Column("drawn_by", String, nullable=False),
    Column("drawn_wall_us", BigInteger, nullable=False),
    UniqueConstraint("watchlist_id", "content_hash", "subject_id"),
    sqlite_autoincrement=True,
)

watchlist_checks = Table(
    "watchlist_checks",
    metadata,
    Column("number", _SEQUENCE, primary_key=True, autoincrement=True),
    Column("watchlist_id", String, ForeignKey("watchlists.watchlist_id"), nullable=False),
    Column("subject_id", String, nullable=False),
    Column("state", String, nullable=False),
    Column("has_passed", Boolean, nullable=False),
    Column("checked_by", String, nullable=False),
    Column("checked_wall_us", BigInteger, nullable=False),
    Index("checks_of_watchlist", "watchlist_id", "number"),
    sqlite_autoincrement=True,
)

order_drafts = Table(
    "order_drafts",
    metadata,
    Column("deployment_id", String, primary_key=True),
    # The order as it is signed: nothing personal is in it, as in what goes to the broker.
    Column("payload", LargeBinary, nullable=False),
    Column("cameras", JSON, nullable=False),
    Column("revision", Integer, nullable=False),
    Column("authors", JSON, nullable=False),
    Column("signer", String, nullable=True),
    Column("signature", LargeBinary, nullable=True),
)

kept_orders = Table(
    "kept_orders",
    metadata,
    Column("deployment_id", String, primary_key=True),
    Column("serial", BigInteger, nullable=False),
    # Order and newest state, each as it was signed.
    Column("ordered", LargeBinary, nullable=False),
)

audit = Table(
    "audit",
    metadata,
    Column("number", BigInteger, primary_key=True, autoincrement=False),
    Column("line", Text, nullable=False),
    Column("digest", String, nullable=False),
)

audit_reasons = Table(
    "audit_reasons",
    metadata,
    Column("commitment", String, primary_key=True),
    Column("key_name", String, nullable=False),
    Column("nonce", LargeBinary, nullable=False),
    Column("ciphertext", LargeBinary, nullable=False),
)

leadership = Table(
    "leadership",
    metadata,
    Column("log_id", String, primary_key=True),
    Column("term", BigInteger, nullable=False),
    Column("leader", String, nullable=False),
)
