"""What an operator runs, against moto in this process and real responses of the engine."""

from __future__ import annotations
