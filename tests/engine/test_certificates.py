"""Certificates of a cluster: made once, readable by their owner alone, refused when they are not valid today."""

import datetime as dt
import stat

import pytest

from compare.engine import certificates
from compare.engine.certificates import CertificatesError

TODAY = dt.datetime(2026, 11, 26, tzinfo=dt.UTC)


def test_they_are_valid_and_only_their_owner_may_read_them(tmp_path):
    folder = tmp_path / "certs"
    certificates.make(folder)
    certificates.check(folder)
    assert {path.name for path in folder.iterdir()} == set(certificates.FILES)
    assert all(stat.S_IMODE(path.stat().st_mode) == 0o600 for path in folder.iterdir())


def test_they_are_never_written_over(tmp_path):
    certificates.make(tmp_path)
    before = (tmp_path / "key.pem").read_bytes()
    with pytest.raises(CertificatesError, match=r"ca\.pem is there already: give a new folder"):
        certificates.make(tmp_path)
    assert (tmp_path / "key.pem").read_bytes() == before


def test_an_expired_one_is_named_with_its_dates(tmp_path):
    certificates.make(tmp_path, now=TODAY)
    later = TODAY + dt.timedelta(days=certificates.VALID_DAYS + 1)
    with pytest.raises(CertificatesError, match=r"ca\.pem is valid from 2026-11-25 to 2027-02-23, not today"):
        certificates.check(tmp_path, now=later)


@pytest.mark.parametrize("name", certificates.FILES)
def test_a_missing_file_is_named(tmp_path, name):
    certificates.make(tmp_path)
    (tmp_path / name).unlink()
    with pytest.raises(CertificatesError, match=f"{name} is missing: make it with"):
        certificates.check(tmp_path)


def test_a_file_that_holds_something_else_is_named(tmp_path):
    certificates.make(tmp_path)
    (tmp_path / "cert.pem").write_text("hello")
    with pytest.raises(CertificatesError, match=r"cert\.pem does not hold a certificate"):
        certificates.check(tmp_path)
