import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1] / "keywatch"))  # the canaries

from tests.keywatch.conftest import _attacked, _empty, found

__all__ = ["_attacked", "_empty", "found"]
