"""This process's settings on a laptop: local.settings.json, then the environment, then the command line."""

import argparse
import json
import os
from pathlib import Path

from pydantic import ValidationError

from lib import composition
from lib.errors import BadInput
from lib.settings import Settings

ROOT = Path(__file__).resolve().parent.parent


def load_settings(options: argparse.Namespace) -> Settings:
    """
    Build the settings and hand them to the composition.

    Raises: BadInput naming each wrong setting.
    """
    for name, value in _local_settings().items():
        os.environ.setdefault(name, value)
    given = {
        "data_dir": str(Path(options.data).resolve()),
        "auth": "loopback",
    }
    if not os.environ.get("BASE_URL"):
        given["base_url"] = f"http://localhost:{options.port}"
    if options.sources:
        given["sources_file"] = str(Path(options.sources).resolve())
    try:
        settings = Settings(**given)  # type: ignore[arg-type]
    except ValidationError as error:
        lines = [
            f"{'.'.join(map(str, e['loc'])).upper() or 'settings'}: {e['msg'].removeprefix('Value error, ')}"
            for e in error.errors()
        ]
        raise BadInput("wrong settings (environment or local.settings.json): " + "; ".join(lines)) from error
    composition.configure(settings)
    return settings


def host_settings(settings: Settings) -> dict[str, str]:
    """What `%NAME%` in bindings resolves to: each setting by its name, and the environment."""
    values = {Settings.environment_name(name): str(value) for name, value in settings.model_dump().items()}
    return {**os.environ, **values}


def _local_settings() -> dict[str, str]:
    path = ROOT / "local.settings.json"
    if not path.exists():
        return {}
    try:
        values = json.loads(path.read_text(encoding="utf-8-sig")).get("Values", {})
        return {str(name): str(value) for name, value in values.items()}
    except (ValueError, AttributeError) as error:
        raise BadInput(f"{path} is not what Functions expects: see local.settings.json.example ({error})") from error
