"""`python -m local.standins --data DIR --port N`: the stand-ins as a process of their own."""

import argparse
import json
import sys
import threading
from pathlib import Path

from local.standins.app import create_app
from local.standins.certificate import ensure_certificate
from local.standins.server import Server, bind


def main() -> int:
    """Serve until SIGTERM comes or stdin closes. Prints one line of JSON when it listens."""
    parser = argparse.ArgumentParser(prog="python -m local.standins", description="Stand-ins of Azure on loopback.")
    parser.add_argument("--data", required=True, metavar="DIR", help="folder of their data")
    parser.add_argument("--port", type=int, default=0, metavar="N", help="port; 0 takes any (default)")
    options = parser.parse_args()
    folder = Path(options.data).resolve()
    certificate = ensure_certificate(folder)
    app = create_app(folder)
    try:
        listener = bind(options.port)
    except OSError as error:
        print(f"error: cannot listen on port {options.port}: {error}: choose another one", file=sys.stderr)
        return 1
    ready = {
        "url": f"https://127.0.0.1:{listener.getsockname()[1]}",
        "certificate": str(certificate.bundle),
        "identity_header": app.state.identity.header,
    }
    server = Server(app, certificate, started=lambda: print(json.dumps(ready), flush=True))
    threading.Thread(target=_end_with_stdin, args=(server,), daemon=True).start()
    server.run(sockets=[listener])
    return 0


def _end_with_stdin(server: Server) -> None:
    """Whoever started us holds the other end; when it dies, so do we."""
    while sys.stdin.buffer.read(1):
        pass
    server.should_exit = True


sys.exit(main())
