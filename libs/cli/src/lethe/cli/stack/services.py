"""How each service is run: its command and its settings."""

import json
import sys
from dataclasses import dataclass
from pathlib import Path

from lethe.alert.identity.claims import LOCAL_ISSUER, MOST_LIFE_S
from lethe.cli.stack.ports import LOOPBACK
from lethe.cli.stack.process import ChildSpec
from lethe.runtime.broker_settings import BrokerSettings
from lethe.runtime.residue import WITHOUT_RESIDUE
from lethe.shredding.roster import RECEIPTS_NAME
from lethe.shredding.trust import LocalTrust

SERVICES = ("purge", "alert", "match", "detect", "ingest")
BUDGET_MS = 1_000


@dataclass(frozen=True, slots=True)
class StackSettings:
    """What the embedded stack needs to know.

    Attributes
    ----------
    data
        The folder of this run: logs, database.
    port
        Port of the alert page and API.
    cool_down_s
        One alert per subject and camera within this time; 0 turns it off.
    memory_bound_mb
        Largest memory of the stack's own broker.
    standby
        Whether a second purge stands by.
    instances
        Of each service: they share the cameras, and take over from each other.
    tracking
        Whether detect follows faces and embeds the best shots only.
    secrets
        The folder with the credentials of cameras.
    camera_ca_file
        Certificates that vouch for cameras, beside the system's.
    broker
        A broker that is there already; None for one of the stack's own.
    witnesses
        Of receipts, each as `ADDRESS KEY`.
    """

    trust: LocalTrust
    model_pack: Path
    data: Path
    port: int
    cool_down_s: float
    memory_bound_mb: int
    standby: bool = False
    instances: int = 1
    tracking: bool = True
    secrets: Path | None = None
    camera_ca_file: Path | None = None
    broker: BrokerSettings | None = None
    witnesses: tuple[str, ...] = ()


def service_names(settings: StackSettings) -> dict[str, str]:
    """Return the instances to run: instance id -> name that the user is told."""
    counts = dict.fromkeys(SERVICES, settings.instances)
    if settings.standby:
        counts["purge"] = max(counts["purge"], 2)
    return {
        f"{service}-{number}": service if number == 1 else f"{service} {number}"
        for service, count in counts.items()
        for number in range(1, count + 1)
    }


def service_spec(
    instance_id: str, name: str, settings: StackSettings, broker: dict[str, str], port: int
) -> ChildSpec:
    """Return how to run one instance.

    Parameters
    ----------
    broker
        The settings with which it reaches the broker.
    """
    service = instance_id.partition("-")[0]
    # The instances of alert share database and key store; one of them leads.
    folder = settings.data / (service if service == "alert" else instance_id)
    folder.mkdir(mode=0o700, exist_ok=True)
    environment = {
        "LETHE_INSTANCE_ID": instance_id,
        **broker,
        "LETHE_ROSTER_FILE": str(settings.trust.roster_file),
        "LETHE_ROSTER_ROOT": settings.trust.root_public_hex,
        "LETHE_SIGNING_KEY_FILE": str(settings.trust.key_file(service)),
        # Named, so that no file of a secrets folder can open the stack to the network.
        "LETHE_HTTP_HOST": LOOPBACK,
        "LETHE_HTTP_PORT": str(port),
        "LETHE_DATA_DIR": str(folder),
        "LETHE_SUPERVISED": "1",
        "LETHE_ALLOW_LOCAL_ORDERS": "1",
        "LETHE_LOG_FORMAT": "json",
        "LETHE_BUDGET_MS": str(BUDGET_MS),
        # Threads of BLAS and arenas of malloc cost memory that no service here has a use for.
        "OPENBLAS_NUM_THREADS": "1",
        "MALLOC_ARENA_MAX": "2",
        **WITHOUT_RESIDUE,
    }
    if service == "purge":
        environment["LETHE_RECEIPTS_KEY_FILE"] = str(settings.trust.key_file(RECEIPTS_NAME))
        # A crash is no incident, and a start takes long where all of them share a small machine.
        environment["LETHE_SUSPEND_AFTER_S"] = "30"
    if service == "ingest" and settings.secrets is not None:
        environment["LETHE_CAMERA_SECRETS_DIR"] = str(settings.secrets)
    if service == "ingest" and settings.camera_ca_file is not None:
        environment["LETHE_CAMERA_CA_FILE"] = str(settings.camera_ca_file)
    if service == "detect":
        environment["LETHE_MODEL_PACK"] = str(settings.model_pack)
        # Activations are large and short-lived: with huge pages inference takes a tenth less.
        environment["GLIBC_TUNABLES"] += ":glibc.malloc.hugetlb=1"
        environment["LETHE_TRACKING"] = str(settings.tracking).lower()
    if service == "alert":
        environment["LETHE_COOL_DOWN_S"] = f"{settings.cool_down_s:g}"
        # Apart from the keys, so that it can be backed up without them.
        database = folder / "database" / "alerts.sqlite"
        environment["LETHE_DATABASE_URL"] = f"sqlite+aiosqlite:///{database}"
        names = [f"{name}:{settings.port}" for name in (LOOPBACK, "localhost", "[::1]")]
        environment["LETHE_ALLOWED_HOSTS"] = json.dumps(names)
        environment["LETHE_TOKEN_ISSUER"] = LOCAL_ISSUER
        environment["LETHE_TOKEN_KEYS_FILE"] = str(settings.trust.token_keys_file)
        environment["LETHE_TOKEN_LIFE_S"] = str(MOST_LIFE_S)
        environment["LETHE_WITNESSES"] = json.dumps(settings.witnesses)
    return ChildSpec(
        name=name,
        command=(sys.executable, "-m", f"lethe.{service}"),
        environment=environment,
        log_file=settings.data / f"{instance_id}.log",
        port=port,
    )
