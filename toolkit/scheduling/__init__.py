"""What makes the system start `annex2 schedule run --once` by itself, every few minutes.

In: a workspace and the command; out: the texts of a Windows task, systemd user units, a launchd agent or a cron line
(`units`, pure), which `install` registers.  The system only wakes annex2 up: what is due is decided by `toolkit.jobs`.
"""

from toolkit.scheduling.install import install, registration_here
from toolkit.scheduling.units import Kind, Registration, registration

__all__ = ["Kind", "Registration", "install", "registration", "registration_here"]
