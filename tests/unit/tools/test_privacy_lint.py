"""Every rule of the privacy lint, on snippets that break it and on snippets that don't."""

from pathlib import Path, PurePath

import pytest
from tools.privacy_lint.__main__ import main
from tools.privacy_lint.lint import check_source
from tools.privacy_lint.names import suggests_content

_DOMAIN = PurePath("services/match/src/lethe/match/probes.py")

_BAD = {
    "a template as an allowed key": ("PRV001", "_log.info('decided', state=template)"),
    "a key that isn't allowed": ("PRV001", "_log.info('decided', subject='Ann')"),
    "an f-string as the event": ("PRV001", "_log.info(f'decided {camera_id}')"),
    "the bytes of a frame": ("PRV001", "logger.warning('bad', state=frame_bytes.hex())"),
    "an attribute": ("PRV001", "self._logger.error('bad', error=probe.crop)"),
    "a positional value": ("PRV001", "logging.error('bad %s', record.body)"),
    "an item": ("PRV001", "_log.info('x', state=fields['image'])"),
    "a part of a container": ("PRV001", "_log.info('x', state=[slot, keys[0]])"),
    "a secret setting": ("PRV001", "_log.info('x', state=word.get_secret_value())"),
    "an encoded picture": ("PRV001", "_log.info('x', state=b64encode(jpeg))"),
    "unpacked fields": ("PRV001", "_log.info('x', **fields)"),
    "a bound value": ("PRV001", "_log.bind(state=seed).info('x')"),
    "a fresh logger": ("PRV001", "structlog.get_logger().info('x', state=pixels)"),
    "a library's warning": ("PRV001", "warnings.warn(f'odd {payload}')"),
    "a metric's label": ("PRV001", "FRAMES.labels(key.hex()).inc()"),
    "an f-string in an exception": ("PRV002", "raise Refused(f'no face in {image}')"),
    "a plain argument": ("PRV002", "raise ValueError('bad body', body)"),
    "a format call": ("PRV002", "raise Refused('no {}'.format(template))"),
    "percent formatting": ("PRV002", "raise Refused('no %r' % crop)"),
    "an exception made for later": ("PRV002", "error = ValueError(f'bad {sealed_body}')"),
    "an error of ours made for later": (
        "PRV002",
        "from lethe.match.errors import Unusable\nerror = Unusable(plaintext)",
    ),
    "a note": ("PRV002", "error.add_note(f'{slot_key}')"),
    "an assertion": ("PRV002", "assert ready, f'no {embedding}'"),
    "a dataclass": ("PRV003", "@dataclass\nclass A:\n    template: bytes"),
    "a frozen dataclass": (
        "PRV003",
        "@dataclass(frozen=True)\nclass A:\n    image: NDArray[np.uint8] = field(default=x)",
    ),
    "an optional field": ("PRV003", "@dataclass\nclass A:\n    crop: memoryview | None = None"),
    "an array by another name": ("PRV003", "@dataclass\nclass A:\n    template: Template"),
    "a message": ("PRV003", "class A(Message):\n    sealed: bytes"),
    "a message's list": ("PRV003", "class A(Message):\n    keys: list[bytes] = Field(repr=True)"),
    "write_bytes": ("PRV004", "path.write_bytes(data)"),
    "open for writing": ("PRV004", "with open(path, 'wb') as file: file.write(data)"),
    "a path opened for appending": ("PRV004", "path.open('ab')"),
    "a mode by keyword": ("PRV004", "path.open(mode='r+')"),
    "a descriptor": ("PRV004", "os.open(path, os.O_CREAT | os.O_WRONLY)"),
    "an image file": ("PRV004", "cv2.imwrite('x.png', frame)"),
    "an array file": ("PRV004", "np.save('x.npy', frame)"),
    "a pickle": ("PRV004", "pickle.dump(frame, file)"),
    "a Pillow file": ("PRV004", "picture.save('x.png')"),
    "a temporary file": ("PRV004", "tempfile.NamedTemporaryFile()"),
    "print": ("PRV005", "print('hello')"),
    "content on the terminal": ("PRV005", "click.echo(f'{template}')"),
    "content on standard output": ("PRV005", "sys.stdout.write(body.decode())"),
    "a bare except": ("PRV006", "try:\n    f()\nexcept:\n    pass"),
    "the text of any exception": (
        "PRV006",
        "try:\n    f()\nexcept Exception as error:\n    _log.info('x', error=str(error))",
    ),
    "the text of a parser's exception": (
        "PRV006",
        "try:\n    f()\nexcept (OSError, ValueError) as error:\n    raise Refused(f'{error}')",
    ),
    "an exception's arguments": (
        "PRV006",
        "try:\n    f()\nexcept ValueError as error:\n    raise Refused(error.args[0])",
    ),
    "exc_info": ("PRV006", "_log.info('x', exc_info=True)"),
    "log.exception": ("PRV006", "_log.exception('x')"),
    "a traceback": ("PRV006", "traceback.print_exc()"),
    "a body that nobody sealed": ("PRV007", "await send(FRAME, key, SealedBody(jpeg))"),
    "one by a dotted name": ("PRV007", "body = sealed.SealedBody(jpeg)"),
    "one by a method of bytes": ("PRV007", "body = SealedBody.fromhex(text)"),
    "a cast": ("PRV007", "body = cast(SealedBody, jpeg)"),
    "another name for it": ("PRV007", "make = SealedBody"),
    "an import by another name": (
        "PRV007",
        "from lethe.contracts.sealed import SealedBody as Made",
    ),
}

_GOOD = {
    "a sealed body as a type": "def send(body: SealedBody) -> SealedBody | None: ...",
    "a question for sealed bodies": "if not isinstance(body, SealedBody): raise TypeError('no')",
    "allowed keys": "_log.info('decided', count=3, camera_id=camera.camera_id)",
    "the size of content": "_log.info('refused', size=len(body), error=type(image).__name__)",
    "a digest": "_log.info('enrolled', digest=sha256(image).hexdigest())",
    "a digest by name": "_log.info('enrolled', digest=image_digest(image))",
    "a yes or no": "_log.info('x', state=image is None)",
    "an attribute that isn't content": "_log.info('x', size=image.shape[0], reason=key.name)",
    "a store that is called log": "await self._log.append(alert, picture)",
    "an identifier": "raise Refused(f'{key_id} of {public_key} isn\\'t known')",
    "a length in an exception": "raise InvalidMessage(f'a body of {len(body)} bytes')",
    "a limit in an exception": "raise InvalidInput(f'more than {max_pixels} pixels')",
    "a chosen word": "raise Refused('with' if image else 'without')",
    "a silent field": "@dataclass\nclass A:\n    template: bytes = field(repr=False)",
    "a silent dataclass": "@dataclass(repr=False)\nclass A:\n    template: bytes",
    "a repr of its own": "@dataclass\nclass A:\n    key: bytes\n    def __repr__(self): ...",
    "a silent message": "class A(Message):\n    image: bytes = Field(repr=False)",
    "a number": "@dataclass\nclass A:\n    image: int\n    key_id: bytes",
    "a plain class": "class A:\n    template: bytes",
    "reading": "open(path)\npath.open('rb')\nos.open(path, os.O_RDONLY)\npath.read_bytes()",
    "a file named w": "open('w')",
    "nowhere": "os.open(os.devnull, os.O_WRONLY)",
    "encoding in memory": "cv2.imencode('.jpg', frame)",
    "words on the terminal": "click.echo(f'{count} faces')",
    "an error of ours": (
        "from lethe.contracts.errors import LetheError\n"
        "try:\n    f()\nexcept LetheError as error:\n    click.echo(str(error))"
    ),
    "an error of the system": (
        "try:\n    f()\nexcept OSError as error:\n    raise Refused(f'{error}') from None"
    ),
    "the class of any exception": (
        "try:\n    f()\nexcept Exception as error:\n    _log.info('x', error=type(error).__name__)"
    ),
    "exc_info that is off": "_log.info('x', exc_info=False)",
}


@pytest.mark.parametrize(("rule", "snippet"), _BAD.values(), ids=_BAD.keys())
def test_what_a_rule_forbids_is_found_by_that_rule(rule: str, snippet: str) -> None:
    assert {finding.rule for finding in check_source(snippet, _DOMAIN).findings} == {rule}


@pytest.mark.parametrize("snippet", _GOOD.values(), ids=_GOOD.keys())
def test_what_is_harmless_is_left_alone(snippet: str) -> None:
    assert check_source(snippet, _DOMAIN).findings == ()


def test_a_place_that_exists_for_files_may_write_them() -> None:
    place = PurePath("services/alert/src/lethe/alert/keystores/files.py")
    assert check_source("path.write_bytes(data)", place).findings == ()


@pytest.mark.parametrize(
    "text",
    [
        "print('x')  # privacy: the user asked for it",
        "# privacy: the user asked for it\nprint('x')",
        "print(\n    'x',\n)  # privacy: the user asked for it",
    ],
)
def test_a_waiver_with_a_reason_is_listed_instead_of_found(text: str) -> None:
    verdict = check_source(text, _DOMAIN)
    assert verdict.findings == ()
    assert [waived.reason for waived in verdict.waived] == ["the user asked for it"]


def test_a_waiver_without_a_reason_waives_nothing() -> None:
    verdict = check_source("print('x')  # privacy:", _DOMAIN)
    assert {finding.rule for finding in verdict.findings} == {"PRV000", "PRV005"}


def test_a_waiver_on_a_line_that_needs_none_is_found() -> None:
    verdict = check_source("x = 1  # privacy: once needed", _DOMAIN)
    assert [finding.rule for finding in verdict.findings] == ["PRV000"]


def test_words_about_privacy_in_a_string_are_no_waiver() -> None:
    verdict = check_source("print('# privacy: because')", _DOMAIN)
    assert [finding.rule for finding in verdict.findings] == ["PRV005"]


@pytest.mark.parametrize("name", ["key", "Image", "slot_keys", "sealedCrop", "frame_data", "_seed"])
def test_a_name_that_ends_in_content_suggests_it(name: str) -> None:
    assert suggests_content(name)


@pytest.mark.parametrize(
    "name",
    ["key_id", "frame", "FRAME_KEY", "public_key", "image_sha256", "max_pixels", "data", "_"],
)
def test_a_name_about_content_does_not_suggest_it(name: str) -> None:
    assert not suggests_content(name)


def test_the_command_names_the_line_and_fails(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "bad.py").write_text("import sys\nprint('x')\n")
    assert main([str(tmp_path)]) == 1
    assert f"{tmp_path}/bad.py:2: PRV005" in capsys.readouterr().out


def test_the_command_passes_what_is_clean(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "good.py").write_text("x = 1\n")
    assert main([str(tmp_path)]) == 0
    assert "0 found" in capsys.readouterr().out


@pytest.mark.parametrize("content", [None, "def broken(:\n"])
def test_the_command_does_not_pass_what_it_can_not_read(
    tmp_path: Path, content: str | None
) -> None:
    if content is not None:
        (tmp_path / "broken.py").write_text(content)
    assert main([str(tmp_path)]) == 2
