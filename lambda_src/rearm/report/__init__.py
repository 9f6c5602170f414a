"""What Rearm says: the journal for machines, the metrics for alarms, the message for people."""

from __future__ import annotations
