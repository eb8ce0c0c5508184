"""`azure`: what a deployment to Azure needs besides `azd up`."""

import argparse
import importlib


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the acts `init`, `register`, `sources` and `cost` with their options."""
    acts = parser.add_subparsers(dest="act", required=True, metavar="ACT")

    init = acts.add_parser("init", help="make the search index of the wanted feature set, and the alias")
    init.add_argument(
        "--wait", type=float, default=600, metavar="SECONDS", help="how long a new role may take to work (default 600)"
    )

    init.add_argument(
        "--move-alias", action="store_true", help="point the alias at this index too, once its feature set answers"
    )

    register = acts.add_parser("register", help="register the Entra application with its roles; prints its client id")
    register.add_argument("--name", default="Plumbline", help="display name (default Plumbline)")
    register.add_argument("--url", default="", help="address of the app; default: APP_URL of azd")
    register.add_argument(
        "--identity", default="", metavar="OBJECT_ID", help="the app's identity; default: APP_IDENTITY_PRINCIPAL_ID"
    )
    register.add_argument("--make-me-admin", action="store_true", help="give yourself the role Admin")

    sources = acts.add_parser("sources", help="check a sources file and send it to a deployed app")
    sources.add_argument("file", help="a file in the form of sources.yaml")
    add_target(sources)

    cost = acts.add_parser("cost", help="estimate the cost of a month, of 1,000 pages and of 1,000 answers")
    cost.add_argument(
        "--set", action="append", default=[], metavar="NAME=VALUE", help="change an assumption; may be repeated"
    )
    cost.add_argument("--json", action="store_true", help="print the estimate as JSON")


def add_target(parser: argparse.ArgumentParser) -> None:
    """Add the options that say which deployed app is meant, and who calls."""
    parser.add_argument(
        "--url", required=True, help="address of the app, for example https://example.azurewebsites.net"
    )
    parser.add_argument("--token", default="", help="bearer token; default: asked from the Azure CLI")
    parser.add_argument(
        "--client-id", default="", help="Entra application to ask a token for; default: ENTRA_CLIENT_ID"
    )


def run(options: argparse.Namespace) -> int:
    """Hand over to the module of the act."""
    return int(importlib.import_module(f"local.commands.azure_{options.act}").run(options))
