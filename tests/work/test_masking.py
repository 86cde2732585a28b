"""No form of address shows its password, and everything else of it stays readable."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from compare.work.masking import mask_dsn

SECRET = "hunter2"


@pytest.mark.parametrize(
    ("shown", "masked"),
    [
        (
            "postgresql://ann:hunter2@db:5432/app?sslmode=require",
            "postgresql://ann:***@db:5432/app?sslmode=require",
        ),
        ("postgres://ann:hu%2Fnter%402@db/app", "postgres://ann:***@db/app"),
        ("postgresql://ann:hunter2@h1:1,h2:2/app", "postgresql://ann:***@h1:1,h2:2/app"),
        ("postgresql://:hunter2@/app?host=/tmp", "postgresql://:***@/app?host=/tmp"),
        ("postgresql://ann:hun:ter@2@db/app", "postgresql://ann:***@db/app"),
        ("postgresql://ann:hunter/2@db/app", "postgresql://ann:***@db/app"),
        (
            "postgresql:///app?user=ann&password=hunter2&host=db",
            "postgresql:///app?user=ann&password=***&host=db",
        ),
        ("postgresql://db/app?sslpassword=hunter2", "postgresql://db/app?sslpassword=***"),
        ("postgresql://ann@db/app", "postgresql://ann@db/app"),
        ("postgresql://db:5432/app", "postgresql://db:5432/app"),
        ("host=db password=hunter2 dbname=app", "host=db password=*** dbname=app"),
        ("host=db password = 'hun ter2' dbname=app", "host=db password = *** dbname=app"),
        (r"password='it\'s hunter2' host=db", "password=*** host=db"),
        (r"password=hunter\ 2 host=db", "password=*** host=db"),
        ("password=hunter&2 host=db", "password=*** host=db"),
        ("PASSWORD=hunter2 host=db", "PASSWORD=*** host=db"),
        ("host=db password='hunter2 never closed", "host=db password=***"),
        ("host=db passfile=/etc/pass dbname=app", "host=db passfile=/etc/pass dbname=app"),
        ("http://ann:hunter2@up:8003/?delay=1", "http://ann:***@up:8003/?delay=1"),
        (
            "compare bench --dsn postgresql://ann:hunter2@db/app --quick",
            "compare bench --dsn postgresql://ann:***@db/app --quick",
        ),
        ("tried host=db password=hunter2: refused", "tried host=db password=*** refused"),
        ("postgresql://db/app?pass%77ord=hunter2&x=1", "postgresql://db/app?pass%77ord=***&x=1"),
        ("http://ann:hunter/2@up", "http://ann:***@up"),
        ("http://up:8003/a@b", "http://up:8003/a@b"),
        ("http://up/?token=hunter2&delay=1", "http://up/?token=***&delay=1"),
        ("http://up/?a=1&Access_Token=hunter2", "http://up/?a=1&Access_Token=***"),
        ("http://up/?api%5Fkey=hunter2", "http://up/?api%5Fkey=***"),
        ("http://up/?monkey=1&tokens=2", "http://up/?monkey=1&tokens=2"),
        ("", ""),
    ],
)
def test_the_password_is_masked_and_the_rest_stays(shown, masked):
    assert mask_dsn(shown) == masked


passwords = st.text(st.characters(min_codepoint=33, max_codepoint=126), min_size=1, max_size=20).map(
    lambda text: SECRET + text
)


@given(passwords)
def test_no_password_survives_in_any_form(password):
    quoted = password.replace("\\", "\\\\").replace("'", "\\'")
    bare = password.replace("\\", "\\\\")
    for dsn in (f"host=db password='{quoted}' user=ann", f"host=db password={bare} user=ann"):
        assert SECRET not in mask_dsn(dsn)
        assert mask_dsn(dsn).endswith(" user=ann")
    assert SECRET not in mask_dsn(f"postgresql://ann:{password}@db/app")
