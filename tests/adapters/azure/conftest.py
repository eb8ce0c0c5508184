"""The adapters for Azure meet the stand-ins, through the real SDKs."""

from tests.on_loopback import azure_environment, credential, no_faults_left, stand_ins

__all__ = ["azure_environment", "credential", "no_faults_left", "stand_ins"]
