"""`python -m lethe.runtime.probe`: ask the service of this machine whether it is ready.

For health checks in images that have no curl: it knows the port from LETHE_HTTP_PORT and whether
to speak TLS from LETHE_HTTP_CERTIFICATE_FILE, as the service does, and imports nothing beyond the
standard library.
"""

import http.client
import json
import os
import ssl
import sys

_TIMEOUT_S = 3.0
_LIMIT_BYTES = 4_096
_OK = 200


def main(arguments: list[str]) -> int:
    """Ask for a path, `/readyz` unless another is named; return 0 if the answer is 200."""
    path = arguments[0] if arguments else "/readyz"
    port = os.environ.get("LETHE_HTTP_PORT", "")
    if not port.isdigit():
        sys.stderr.write("probe: LETHE_HTTP_PORT isn't set; give it the service's port\n")
        return 2
    connection = _connection(int(port))
    try:
        connection.request("GET", path)
        answer = connection.getresponse()
        told = answer.read(_LIMIT_BYTES)
    except (OSError, http.client.HTTPException) as error:
        sys.stderr.write(f"probe: no answer ({type(error).__name__})\n")
        return 1
    finally:
        connection.close()
    if answer.status == _OK:
        return 0
    sys.stderr.write(f"probe: {answer.status} {_reason(told)}\n")
    return 1


def _connection(port: int) -> http.client.HTTPConnection:
    if not os.environ.get("LETHE_HTTP_CERTIFICATE_FILE"):
        return http.client.HTTPConnection("127.0.0.1", port, timeout=_TIMEOUT_S)
    # Its certificate is for the name by which people reach it, and nobody is between it and this.
    context = ssl.create_default_context()
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    return http.client.HTTPSConnection("127.0.0.1", port, timeout=_TIMEOUT_S, context=context)


def _reason(told: bytes) -> str:
    try:
        return str(json.loads(told)["reason"])
    except (ValueError, KeyError, TypeError):
        return "without a reason"


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
