"""Which names suggest that a value is an image, a template, a key or what holds one."""

import re

_WORD = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|\d+")

_CONTENT = frozenset(
    {
        "blob", "body", "ciphertext", "cleartext", "content", "crop", "embedding", "image",
        "jpeg", "key", "landmark", "passphrase", "password", "payload", "photograph", "picture",
        "pixel", "plaintext", "png", "portrait", "sealed", "secret", "seed", "template",
    }
)  # fmt: skip
_SUBJECTS = _CONTENT | {"face", "frame", "probe", "reference"}
_CONTAINERS = frozenset(
    {"array", "base64", "buffer", "bytes", "data", "hex", "memory", "raw", "values", "view"}
)
_NUMBERS = frozenset({"count", "max", "min"})


def words_of(name: str) -> list[str]:
    """Split a snake- or camel-case name into lower-case words in the singular."""
    return [_singular(word.lower()) for word in _WORD.findall(name)]


def suggests_content(name: str) -> bool:
    """Tell whether a value of this name may be biometric content or a secret.

    The last word decides: `crop` and `sealed_crop` do, `crop_size` and `key_id` don't, `frame`
    alone doesn't but `frame_bytes` does. Constants are ours, a public key is public, and
    `max_pixels` is a number.
    """
    words = words_of(name)
    if not words or name.strip("_").isupper() or "public" in words:
        return False
    if words[0] in _NUMBERS:
        return False
    if words[-1] in _CONTENT:
        return True
    container = words[-1] in _CONTAINERS or f"{words[-1]}s" in _CONTAINERS
    return container and len(words) > 1 and words[-2] in _SUBJECTS


def _singular(word: str) -> str:
    if word.endswith("ies"):
        return word[:-3] + "y"
    return word[:-1] if word.endswith("s") and not word.endswith("ss") else word
