"""On which cluster a command works: what its options say, and which of them go together."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from compare.late import Late

if TYPE_CHECKING:
    from compare import clustered
else:
    clustered = Late("compare.clustered")  # it loads dask


def refuse_certs(cluster: str, certs: Path | None) -> None:
    """Refuse certificates for what is not encrypted."""
    if certs and not cluster.startswith("tls://"):
        raise click.UsageError(
            "--certs is for an encrypted cluster: --cluster tls://10.0.0.1:8786 --certs certs."
        )


def asked_for(asked: dict[str, Any]) -> clustered.Where | None:
    """Return the cluster that the options of `compare bench` name, None where everything is measured here."""
    cluster, certs = asked["cluster"], asked["certs"]
    server_on, load_from = asked["server_on"], asked["load_from"]
    refuse_certs(cluster, certs)
    example = "such as --cluster tls://10.0.0.1:8786 --server-on m1 --load-from m2."
    if (server_on or load_from) and not (server_on and load_from and cluster):
        raise click.UsageError(f"--server-on and --load-from name two workers of a --cluster, {example}")
    if server_on and server_on == load_from:
        raise click.UsageError(
            f"--server-on and --load-from both name {server_on}: name two workers, {example}"
        )
    return clustered.Where(cluster, certs, server_on, load_from) if cluster else None
