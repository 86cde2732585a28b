"""What a certificate is told as, and which are refused."""

import hashlib
import socket
import ssl

import pytest
import secure
from running import free_port

from compare.harness.certificate import CertificateError, look

SHA256 = hashlib.sha256(ssl.PEM_cert_to_DER_cert(secure.CERTIFICATE.read_text())).hexdigest()


@pytest.fixture(scope="module")
def address():
    with secure.serving() as served:
        yield "127.0.0.1", served.port


def test_a_certificate_nobody_vouches_for_is_refused_with_what_helps(address):
    with pytest.raises(CertificateError) as caught:
        look(socket.AF_INET, address, "localhost", verify=True)
    said = str(caught.value)
    assert said.startswith(
        f"The certificate of localhost:{address[1]} does not verify: self-signed certificate."
    )
    assert "SSL_CERT_FILE" in said
    assert "--insecure" in said


def test_a_certificate_is_shown_without_being_verified(address):
    shown = look(socket.AF_INET, address, "elsewhere", verify=False)
    assert (shown.subject, shown.issuer, shown.verified) == ("localhost", "localhost", False)
    assert shown.sentence == (
        "Certificate: localhost, issued by localhost, valid until Nov  2 11:21:59 2126 GMT, "
        f"SHA-256 {SHA256}; not verified (--insecure)."
    )


def test_a_certificate_verifies_by_the_authorities_in_the_environment(address, monkeypatch):
    monkeypatch.setenv("SSL_CERT_FILE", str(secure.CERTIFICATE))
    assert look(socket.AF_INET, address, "localhost", verify=True).verified
    with pytest.raises(CertificateError, match="does not verify: Hostname mismatch"):
        look(socket.AF_INET, address, "elsewhere", verify=True)


def test_a_server_that_is_down_is_told_as_such():
    port = free_port()
    with pytest.raises(CertificateError, match=f"No TLS connection to localhost:{port}: Connection refused"):
        look(socket.AF_INET, ("127.0.0.1", port), "localhost", verify=False)
