"""Names that carry credentials: of parameters, headers and JSON fields; and the patterns of `name=value`.

Letters are written in both cases: a case-insensitive pattern would also match letters beyond ASCII in RE2 and not in
Python.
"""

import re
from typing import Final

_SPACE: Final = r" \t\r\n\f\v"
_QUOTE: Final = r"(?:\\?[\"']|\\x22|%2[27])"


def _any_case(words: str) -> str:
    """The pattern with each letter outside of escapes in both cases."""
    return re.sub(r"[a-z]", lambda found: f"[{found[0]}{found[0].upper()}]", words)


_KINDS: Final = (
    "(?:x|amz|goog|api|app|access|auth|oauth|refresh|id|client|session|security|subscription|functions|private|secret"
    "|account|shared|user|service|license|consumer|master|encryption|signing|bot|admin|csrf|xsrf)"
)
_ANYWHERE: Final = _any_case(
    f"(?:{_KINDS}[-_.]?)*(?:key|token|secret|password|passwd|passphrase|authorization|credentials?|signature)"
)
"""Credentials whatever stands between name and value."""
_WITH_EQUALS: Final = _any_case("(?:sig|auth|pwd|pass|sid|hmac|jwt|session|sessionid|jsessionid|phpsessid)")
"""Words that are common in prose: credentials only before `=`."""

_SCHEME: Final = f"(?:(?:{_any_case('bearer|basic|token|digest|apikey|negotiate|aws')}[A-Z0-9-]*)(?: +|%20))?"
_FIRST: Final = rf"[^&{_SPACE}\"'#;,{{}}\[\]\\<>|]"
_VALUE: Final = rf"{_FIRST}[^&{_SPACE}\"'#;,{{}}\\<>|]*"
_BEGIN: Final = r"(?:\b|_|%[0-9A-Fa-f]{2}|\\x[0-9A-Fa-f]{2})"
_EQUALS: Final = "(?:=|%3[dD])"
_COLON: Final = f"{_QUOTE}? ?(?::|%3[aA]|{_EQUALS}) ?(?:%20)?{_QUOTE}?"

NAMED: Final = (
    rf"({_BEGIN}(?:{_ANYWHERE}{_COLON}|{_WITH_EQUALS}{_EQUALS}|[?&]{_any_case('code')}={{1}}))"
    rf"{_SCHEME}{_VALUE}"
)
"""Group 1 is the name and what stands between it and the value."""

_ENDS: Final = _any_case(
    "(?:key|token|secret|passw(?:or)?d|passphrase|authorization|credentials?|signature|sig|auth|pwd|pass|sid|hmac|jwt"
    "|session|sessionid)"
)
NAMED_LOOK: Final = rf"{_ENDS}(?:{_QUOTE}? ?(?:[:=]|%3[dDaA]))|[?&]{_any_case('code')}="
"""Matches wherever NAMED does."""

KEY_NAME: Final = re.compile(
    rf"(?i:(?!.*[cx]srf)(?:.*[-_.])?(?:{_KINDS}[-_.]?)*(?:key|token|secret))",
    re.ASCII,
)
"""Names of parameters whose value is a key, or whatever else lets a caller in."""
