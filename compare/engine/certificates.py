"""Certificates for a cluster: one authority that signs nothing else, and one certificate for all its processes.

A person who holds `key.pem` may join and run code, as with a password; files are readable by their owner only. Both
sides of each connection ask for a certificate of this authority, and dask checks no host name.
"""

import datetime as dt
import os
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from compare.errors import CompareError

VALID_DAYS = 90
FILES = ("ca.pem", "cert.pem", "key.pem")


class CertificatesError(CompareError):
    """Certificates that cannot be made or used: one sentence."""


def make(folder: Path, *, valid_days: int = VALID_DAYS, now: dt.datetime | None = None) -> None:
    """Write ca.pem, cert.pem and key.pem into `folder`; raises CertificatesError when one is there already."""
    start = (now or dt.datetime.now(dt.UTC)) - dt.timedelta(minutes=5)
    end = start + dt.timedelta(days=valid_days)
    authority_key, key = ec.generate_private_key(ec.SECP256R1()), ec.generate_private_key(ec.SECP256R1())
    authority = _named("compare cluster authority")
    ca = (
        _builder(authority, authority, authority_key, start, end)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .add_extension(_usage(signs=True), critical=True)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(authority_key.public_key()), critical=False)
        .sign(authority_key, hashes.SHA256())
    )
    both = [ExtendedKeyUsageOID.SERVER_AUTH, ExtendedKeyUsageOID.CLIENT_AUTH]
    cert = (
        _builder(_named("compare cluster"), authority, key, start, end)
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(_usage(signs=False), critical=True)
        .add_extension(x509.ExtendedKeyUsage(both), critical=False)
        .add_extension(
            x509.AuthorityKeyIdentifier.from_issuer_public_key(authority_key.public_key()), critical=False
        )
        .sign(authority_key, hashes.SHA256())
    )
    pem = serialization.Encoding.PEM
    plain = serialization.NoEncryption()
    contents = {
        "ca.pem": ca.public_bytes(pem),
        "cert.pem": cert.public_bytes(pem),
        "key.pem": key.private_bytes(pem, serialization.PrivateFormat.PKCS8, plain),
    }
    _write(folder, contents)


def check(folder: Path, *, now: dt.datetime | None = None) -> None:
    """Raise CertificatesError when a file is missing or a certificate is not valid now."""
    moment = now or dt.datetime.now(dt.UTC)
    for name in FILES:
        if not (folder / name).is_file():
            raise CertificatesError(
                f"{folder / name} is missing: make it with `compare cluster certs {folder}`."
            )
    for name in ("ca.pem", "cert.pem"):
        try:
            found = x509.load_pem_x509_certificate((folder / name).read_bytes())
        except ValueError as error:
            raise CertificatesError(f"{folder / name} does not hold a certificate in PEM format.") from error
        if not found.not_valid_before_utc <= moment <= found.not_valid_after_utc:
            raise CertificatesError(
                f"{folder / name} is valid from {found.not_valid_before_utc:%Y-%m-%d} to "
                f"{found.not_valid_after_utc:%Y-%m-%d}, not today: make new ones with `compare cluster certs`."
            )


def _named(name: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])


def _builder(
    subject: x509.Name,
    issuer: x509.Name,
    key: ec.EllipticCurvePrivateKey,
    start: dt.datetime,
    end: dt.datetime,
) -> x509.CertificateBuilder:
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(start)
        .not_valid_after(end)
    )


def _usage(*, signs: bool) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=not signs,
        key_cert_sign=signs,
        crl_sign=signs,
        content_commitment=False,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        encipher_only=False,
        decipher_only=False,
    )


def _write(folder: Path, contents: dict[str, bytes]) -> None:
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        for name, content in contents.items():
            flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL
            with os.fdopen(os.open(folder / name, flags, 0o600), "wb") as file:
                file.write(content)
    except FileExistsError as error:
        raise CertificatesError(
            f"{error.filename} is there already: give a new folder, such as certs-2, or remove the old one."
        ) from error
    except OSError as error:
        raise CertificatesError(f"Cannot write certificates to {folder}: {error.strerror}.") from error
