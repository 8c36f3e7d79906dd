"""Logging in over HTTP; the example is that of RFC 7616, section 3.9.1."""

from __future__ import annotations

from lethe.ingest.sources.http_login import authorisation
from lethe.ingest.sources.secrets import Credentials

MUFASA = Credentials("Mufasa", "Circle of Life")
COMMON = (
    'realm="http-auth@example.org", qop="auth, auth-int", algorithm={}, '
    'nonce="7ypf/xlj9XXwfDPEoM4URrv/xwf94BcCAzFZH4GiTo0v", '
    'opaque="FQhe/qaU925kfnzjCev0ciny7QMkPqMAFRtzCUYo5tdS"'
)
NONCE = "f2/wE4q74E6zIJEtWaHKaf5wv/H5QzzpXusqGemxURZJ"


def login(challenges: list[str]) -> str | None:
    return authorisation(
        challenges, MUFASA, method="GET", target="/dir/index.html", nonce=lambda: NONCE
    )


def test_digest_is_answered_as_in_the_rfc() -> None:
    md5 = login(["Digest " + COMMON.format("MD5")])
    assert md5 is not None
    assert 'response="8ca523f5e9506fed4657c9700eebdbec"' in md5
    sha256 = login(["Digest " + COMMON.format("SHA-256")])
    assert sha256 is not None
    assert 'response="753927fa0e85d155564e2e272a28d1802ca10daf4496794697cf8db5856cb6c1"' in sha256


def test_digest_is_preferred_since_it_keeps_the_password() -> None:
    answer = login(['Basic realm="x"', "Digest " + COMMON.format("MD5")])
    assert answer is not None
    assert answer.startswith("Digest ")
    assert "Circle" not in answer


def test_digest_without_a_quality_of_protection_is_the_old_one() -> None:
    answer = login(['Digest realm="r", nonce="n"'])
    assert answer is not None
    assert "qop" not in answer
    assert 'uri="/dir/index.html"' in answer


def test_basic_is_answered_where_nothing_else_is_offered() -> None:
    assert login(['Basic realm="x"']) == "Basic TXVmYXNhOkNpcmNsZSBvZiBMaWZl"


def test_what_isnt_understood_isnt_answered() -> None:
    assert login(["Negotiate", 'Digest realm="r", nonce="n", algorithm=SHA-512-256']) is None
    assert login([]) is None
