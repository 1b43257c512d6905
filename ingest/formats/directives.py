"""Lines that say what the following lines hold (`#Fields: date time …`), wherever in a block they stand."""


def directives(data: bytes, directive: str) -> list[str]:
    """All lines of `data` that begin with `directive`, without their line ends; equal neighbours once.

    The first is what holds from there on, the last what holds at the end.
    """
    begin = directive.encode()
    within = b"\n" + begin
    found: list[str] = []
    at = 0 if data.startswith(begin) else data.find(within) + 1 or -1
    while at >= 0:
        end = data.find(b"\n", at)
        line = data[at : end if end >= 0 else len(data)].decode("utf-8", "replace").rstrip("\r")
        if found[-1:] != [line]:
            found.append(line)
        at = data.find(within, at) + 1 or -1
    return found
