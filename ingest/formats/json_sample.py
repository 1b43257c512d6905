"""What a sample of JSON lines shows: which fields its objects have, how they are reached, and which are lists."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

from ingest.formats.json_leaves import Leaf, loaded

_DEEPEST: Final = 12
"""Levels of objects that are looked into."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Sample:
    """The fields of a sample; a field's name is its leaf with dots between the names."""

    lines: int
    """How many lines the sample has, objects or not."""
    records: tuple[frozenset[str], ...]
    """The fields of each line; none for a line that is no object."""
    bare: int
    """How many lines are objects with nothing before their first brace."""
    leaves: Mapping[str, Leaf]
    """Field to leaf, in order of appearance: `a.b` may be nested or one name with a dot."""
    lists: frozenset[str]
    """Fields that hold a list of texts, or an empty one, in some line."""
    folded: Mapping[str, str]
    """Fields by their folded names."""

    def field(self, name: str) -> str | None:
        """The field of that name, or one that differs in case and dashes only; None where no line has it."""
        return name if name in self.leaves else self.folded.get(folded(name))

    def leaf(self, name: str) -> Leaf:
        """How a field is reached; one that the sample lacks is taken for nested."""
        found = self.field(name)
        return tuple(name.split(".")) if found is None else self.leaves[found]


def folded(name: str) -> str:
    """A name without what loggers write differently: `remoteAddr`, `remote-addr` and `remote_addr` are one."""
    return name.casefold().replace("_", "").replace("-", "")


def look(lines: Sequence[str]) -> Sample:
    """What these lines show; each sample is read once, however many formats ask."""
    return _look(tuple(lines))


@lru_cache(maxsize=4)
def _look(lines: tuple[str, ...]) -> Sample:
    records, leaves, lists, bare = [], dict[str, Leaf](), set[str](), 0
    for line in lines:
        record = loaded(line)
        if record is None:
            records.append(frozenset[str]())
            continue
        found = dict(_flat(record, ()))
        fields = {".".join(leaf): leaf for leaf in found}
        records.append(frozenset(fields))
        leaves |= {name: leaf for name, leaf in fields.items() if name not in leaves}
        lists |= {name for name, leaf in fields.items() if found[leaf]}
        bare += line.lstrip().startswith("{")
    return Sample(
        lines=len(lines),
        records=tuple(records),
        bare=bare,
        leaves=leaves,
        lists=frozenset(lists),
        folded={folded(name): name for name in reversed(leaves)},
    )


def _flat(record: Mapping[str, object], before: Leaf) -> Iterator[tuple[Leaf, bool]]:
    """Each leaf below `record`, and whether it is a list of texts; lists of objects are no leaves."""
    for name, value in record.items():
        leaf = (*before, name)
        if isinstance(value, dict) and len(leaf) < _DEEPEST:
            yield from _flat(value, leaf)
        elif not isinstance(value, list | dict):
            yield leaf, False
        elif isinstance(value, list) and (not value or not isinstance(value[0], dict)):
            yield leaf, not value or isinstance(value[0], str)
