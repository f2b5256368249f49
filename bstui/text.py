"""What a server sent, made fit for a terminal, a log, a file name; secrets that do not print."""

import hashlib
import re
import unicodedata
from urllib.parse import unquote

_NAME_BYTES = 255
_TAME_NAME = re.compile(r"[A-Za-z0-9_.+=@]([A-Za-z0-9_.+=@,~ -]*[A-Za-z0-9_+=@,~-])?(?<!\.)")
"""Names that stay as they are, and need no look at each character."""
_SHORT_BYTES = 200
_TOKEN = re.compile(r"\b(?<!ds\.)[0-9a-fA-F]{32}\b")
_QUERY = re.compile(r"(https?://[^\s?'\"<>]+)\?[^\s'\"<>]+")
_NAMED_SECRET = re.compile(
    r"(?i)\b(access[_-]?token|x-access-token|authorization|bearer|signature|x-amz-signature)"
    r"([\"']?\s*[=:]\s*[\"']?|\s+)(?:bearer\s+)?[^\s&'\",;]+"
)


class Secret:
    """A token or a signed address: every way to print it gives `***`, only `reveal` the value."""

    __slots__ = ("_value",)

    def __init__(self, value: str) -> None:
        self._value = value

    def reveal(self) -> str:
        return self._value

    def __repr__(self) -> str:
        return "***"

    __str__ = __repr__

    def __format__(self, spec: str) -> str:
        return "***"

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Secret) and other._value == self._value

    def __hash__(self) -> int:
        return hash((Secret, self._value))

    def __reduce__(self) -> str:
        raise TypeError("a secret is not pickled")


def _is_plain(character: str) -> bool:
    """Whether a terminal draws this character and does nothing else with it."""
    return unicodedata.category(character)[0] not in "CZ" or character == " "


def _escape(character: str) -> str:
    code = ord(character)
    if code < 0x100:
        return f"\\x{code:02x}"
    return f"\\u{code:04x}" if code < 0x10000 else f"\\U{code:08x}"


def safe_text(text: str, limit: int = 0) -> str:
    """One line that no terminal obeys: controls, escapes, bidi and odd blanks become visible.

    `limit` > 0 cuts to that many characters. Markup is not touched: it is off wherever we draw.
    """
    if not (text.isascii() and text.isprintable()):
        text = "".join(c if _is_plain(c) else _escape(c) for c in text)
    return text if not limit or len(text) <= limit else text[: limit - 1] + "…"


def safe_name(text: str) -> str:
    """A server's name as one path component that is whole, printable and at most 255 bytes.

    Controls, `/`, `%` before two hexadecimal digits, and names that a shell or a file system
    treats apart become `%XX`, which `original_name` takes back. A name that is too long is cut to
    200 bytes and `~` with ten digits of its SHA-256.
    """
    if len(text) <= _NAME_BYTES and _TAME_NAME.fullmatch(text):
        return text
    if text == "%":
        return "%25"  # "%" alone is the name of the empty text
    escaped = "".join(_escape_in_name(text, i) for i in range(len(text)))
    if escaped in ("", ".", ".."):
        escaped = "".join(f"%{ord(c):02X}" for c in escaped) or "%"
    if len(escaped.encode()) <= _NAME_BYTES:
        return escaped
    digest = hashlib.sha256(escaped.encode()).hexdigest()[:10]
    return escaped.encode()[:_SHORT_BYTES].decode(errors="ignore") + "~" + digest


def _escape_in_name(text: str, i: int) -> str:
    character = text[i]
    edge_blank = character == " " and i in (0, len(text) - 1)
    leads = i == 0 and character in "-~"
    trails = i == len(text) - 1 and character == "."
    ambiguous = character == "%" and re.match(r"[0-9A-Fa-f]{2}", text[i + 1 : i + 3]) is not None
    if _is_plain(character) and character not in "/\\" and not (edge_blank or leads or trails):
        return "%25" if ambiguous else character
    return "".join(f"%{byte:02X}" for byte in character.encode("utf-8", "surrogatepass"))


def original_name(name: str) -> str:
    """The text that `safe_name` made `name` from, where it was not too long."""
    return "" if name == "%" else unquote(name, errors="surrogatepass")


def collision_key(path: str) -> str:
    """Equal for two paths that some file system takes for one: case and Unicode form."""
    if path.isascii():
        return path.lower()
    return unicodedata.normalize("NFC", unicodedata.normalize("NFKC", path).casefold())


def redact(text: str, *, keep_digests: bool = False) -> str:
    """Text for a log: without signed queries, tokens and authorization values.

    A token looks like an MD5: `keep_digests` is for sentences of ours, which never hold a token.
    """
    text = _QUERY.sub(r"\1?***", text)
    text = _NAMED_SECRET.sub(r"\1\2***", text)
    return text if keep_digests else _TOKEN.sub("***", text)
