"""The stand-ins as a process of their own."""

from tests.on_loopback import azure_environment, credential, no_faults_left, stand_ins

__all__ = ["azure_environment", "credential", "no_faults_left", "stand_ins"]
