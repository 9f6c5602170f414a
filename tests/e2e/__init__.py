"""The whole product, deployed by Terraform on AWS on this machine."""

from __future__ import annotations
