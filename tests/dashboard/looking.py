"""What stands on a page, as a reader finds it: its tiles, and the tables behind its charts."""

import re
from itertools import pairwise
from typing import Any, Final

from streamlit.testing.v1 import AppTest

_FIGURE: Final = re.compile(
    r"\*\*(?P<value>[^*]+)\*\*(?:\n\n:(?:green|red|gray)-badge\[(?:[↑↓] )?(?P<change>[^\]]+)\])?"
)


def figures(page: AppTest) -> dict[str, tuple[str, str]]:
    """The value and the change of each tile by its name."""
    texts = [each.value for each in page.markdown]
    found = [(name, _FIGURE.fullmatch(text)) for name, text in pairwise(texts)]
    return {name: (match["value"], match["change"] or "") for name, match in found if match}


def behind_charts(page: AppTest) -> list[Any]:
    """What can be opened below the charts."""
    return [each for each in page.expander if each.label == "Show as table"]


def open_tables(page: AppTest) -> AppTest:
    """Open all of them."""
    for each in behind_charts(page):
        page.session_state[each.proto.id.split("-", 2)[2]] = True  # behind Streamlit's own mark and hash stands our key
    return page.run()
