"""The certificate of an https server, looked at before a load is put on it."""

import hashlib
import socket
import ssl

import msgspec

from compare.errors import CompareError

TIMEOUT_S = 5.0


class CertificateError(CompareError):
    """TLS cannot be spoken with this server, or its certificate does not verify: one sentence."""


class Certificate(msgspec.Struct, frozen=True):
    """What a server showed. Names and end are "" where the certificate is not valid by itself, e.g. past its end."""

    subject: str
    issuer: str
    until: str  # as OpenSSL writes it: "Jun  1 12:00:00 2027 GMT"
    sha256: str
    verified: bool

    @property
    def sentence(self) -> str:
        """What a person is shown."""
        names = (
            f"{self.subject}, issued by {self.issuer}, valid until {self.until}"
            if self.subject
            else "unreadable"
        )
        doubt = "" if self.verified else "; not verified (--insecure)"
        return f"Certificate: {names}, SHA-256 {self.sha256}{doubt}."


def look(family: int, address: tuple[str, int], host: str, *, verify: bool) -> Certificate:
    """Return the certificate that `address` shows for `host`; raises CertificateError."""
    try:
        if verify:
            shown = _shake(family, address, host, ssl.create_default_context())
            return _certificate(shown, verified=True)
        raw = _shake(family, address, host, _any())[1]
        return _certificate((_fields(family, address, host, raw), raw), verified=False)
    except ssl.SSLCertVerificationError as error:
        raise CertificateError(
            f"The certificate of {host}:{address[1]} does not verify: {error.verify_message}. Name its authority's "
            "file in SSL_CERT_FILE, or give --insecure to load it all the same."
        ) from error
    except ssl.SSLError as error:
        why = (error.reason or str(error)).replace("_", " ").lower()
        raise CertificateError(f"{host}:{address[1]} does not speak TLS: {why}.") from error
    except OSError as error:
        why = error.strerror or str(error) or type(error).__name__
        raise CertificateError(f"No TLS connection to {host}:{address[1]}: {why}.") from error


Shown = tuple[dict[str, object], bytes]


def _shake(family: int, address: tuple[str, int], host: str, context: ssl.SSLContext) -> Shown:
    with socket.socket(family, socket.SOCK_STREAM) as plain:
        plain.settimeout(TIMEOUT_S)
        plain.connect(address)
        with context.wrap_socket(plain, server_hostname=host) as sock:
            return dict(sock.getpeercert() or {}), sock.getpeercert(binary_form=True) or b""


def _any() -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    return context


def _fields(family: int, address: tuple[str, int], host: str, raw: bytes) -> dict[str, object]:
    """Return the names in a certificate that nobody vouches for, {} when it is not valid even by itself.

    `ssl` decodes verified certificates only, so it is asked again with this certificate as its own authority.
    """
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_flags |= ssl.VERIFY_X509_PARTIAL_CHAIN
    context.load_verify_locations(cadata=raw)
    try:
        return _shake(family, address, host, context)[0]
    except ssl.SSLError:
        return {}


def _certificate(shown: Shown, *, verified: bool) -> Certificate:
    fields, raw = shown
    return Certificate(
        subject=_name(fields.get("subject")),
        issuer=_name(fields.get("issuer")),
        until=str(fields.get("notAfter", "")),
        sha256=hashlib.sha256(raw).hexdigest(),
        verified=verified,
    )


def _name(parts: object) -> str:
    """Return the common name of a name as `getpeercert` has it, or all of it where there is none."""
    pairs = [pair for part in parts for pair in part] if isinstance(parts, tuple) else []
    common = [value for key, value in pairs if key == "commonName"]
    return common[0] if common else ", ".join(f"{key}={value}" for key, value in pairs)
