"""What a user may name as a source, and what is said about the rest."""

from __future__ import annotations

from pathlib import Path

import pytest

from lethe.ingest.sources import SourceKind, SourceUnavailable, parse_address


@pytest.mark.parametrize(
    ("text", "kind", "location"),
    [
        ("hall.mp4", SourceKind.LOCAL, "hall.mp4"),
        ("file:///srv/a%20b.mp4", SourceKind.LOCAL, "/srv/a b.mp4"),
        ("/srv/user:pass@home.mp4", SourceKind.LOCAL, "/srv/user:pass@home.mp4"),
        ("0", SourceKind.DEVICE, "/dev/video0"),
        ("07", SourceKind.DEVICE, "/dev/video7"),
        ("/dev/video12", SourceKind.DEVICE, "/dev/video12"),
        ("rtsp://h/s", SourceKind.RTSP, "rtsp://h/s"),
        ("RTSPS://[::1]:322/s?a=b", SourceKind.RTSP, "RTSPS://[::1]:322/s?a=b"),
        ("http://h:8080/v", SourceKind.MJPEG, "http://h:8080/v"),
        ("https://h/v?u={user}&pwd={password}", SourceKind.MJPEG, None),
    ],
)
def test_an_address_is_told_by_its_form(text: str, kind: SourceKind, location: str | None) -> None:
    address = parse_address(text)
    assert address.kind is kind
    assert address.location == (location or text)
    assert address.is_live is (kind is not SourceKind.LOCAL)


def test_a_file_named_like_a_device_is_a_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "0").touch()
    assert parse_address("0").kind is SourceKind.LOCAL


def test_what_the_user_is_told_leaves_out_the_query() -> None:
    assert parse_address("rtsp://h:554/s?id=7#x").name == "rtsp://h:554/s"


@pytest.mark.parametrize(
    "text",
    [
        "rtsp://admin:hunter2@camera/stream",
        "rtsp://hunter2@camera/stream",
        "rtsp:///admin:hunter2@camera/stream",
        "http://camera/v.cgi?usr=admin&pwd=hunter2",
        "http://camera/v.cgi?Password=hunter2",
        "rtsp://camera/user=admin_password=hunter2_channel=1",
        "https://camera/v?token=hunter2",
        "gopher://admin:hunter2@camera/",
        " rtsp://admin:hunter2@camera/stream",
        "rtsp:/admin:hunter2@camera/stream",
        "http://camera/videostream.cgi?loginuse=admin&loginpas=hunter2",
        "http://camera/v?api_key=hunter2",
    ],
)
def test_an_address_with_a_password_is_refused_with_what_to_do(text: str) -> None:
    with pytest.raises(SourceUnavailable, match="secret") as caught:
        parse_address(text)
    assert "hunter2" not in str(caught.value)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("ftp://h/a.mp4", "ftp:// sources aren't read"),
        ("rtsp://", "names no host"),
        ("rtsp:///stream", "names no host"),
        ("http://h/a b", "blanks"),
        ("http://h/a\r\nX-Evil: 1", "blanks"),
        ("rtsp://h:port/s", "malformed"),
        ("rtsp://h:99999/s", "malformed"),
        ("rtsp://[::1/s", "malformed"),
    ],
)
def test_a_wrong_address_is_one_line(text: str, said: str) -> None:
    with pytest.raises(SourceUnavailable, match=said) as caught:
        parse_address(text)
    assert "\n" not in str(caught.value)
