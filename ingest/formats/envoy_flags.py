"""What Envoy's response flags tell where a response has no status: the connection ended before there was one."""

from typing import Final

_FAMILIES: Final = {
    "throttled": ("RL", "RLSE"),
    "forbidden": ("UAEX",),
    "client_error": ("DC", "DPE", "NR", "IH"),
    "server_error": (
        *("UH", "UF", "UC", "UT", "UO", "URX", "UR", "UPE", "UMSDR", "UDO", "NC", "NFCF", "LH", "LR", "SI", "DT"),
        *("OM", "FI", "DI", "RFCF", "DF"),
    ),
}
"""By Envoy's access log documentation; the first family that a line's flags hold."""


def outcome(status: str, flags: str) -> str:
    """The outcome of the flags (`UF,URX`, text) where the status is none; null elsewhere."""
    held = f"string_split({flags}, ',')"
    cases = " ".join(f"WHEN list_has_any({held}, {list(family)}) THEN '{told}'" for told, family in _FAMILIES.items())
    return f"CASE WHEN {status} NOT IN ('0', '-', '') THEN NULL {cases} END"
