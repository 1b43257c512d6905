"""What is wrong in the config, in a sentence with the name that was meant."""

from collections.abc import Mapping
from difflib import get_close_matches
from typing import Any, Final, get_args

from pydantic import BaseModel
from pydantic_core import ErrorDetails

_SEVERAL: Final = 2


def sentence(error: ErrorDetails, fields: Mapping[str, Any]) -> str:
    """What is wrong, with the nearest known name; `fields` are those of the whole config."""
    where, kind = error["loc"], error["type"]
    path = ".".join(str(part) for part in where)
    if kind == "union_tag_invalid":
        context = error["ctx"]
        tags = [tag.strip().strip("'") for tag in str(context["expected_tags"]).split(",")]
        return f"{path}.type is {context['tag']!r}.{_meant(str(context['tag']), tags)} Known: {', '.join(tags)}."
    if kind == "union_tag_not_found":
        return f"{path} has no type."
    if kind == "value_error":  # ours: a sentence and what to do, each on a line
        return f"{path}: {' '.join(str(error['ctx']['error']).split())}".rstrip(".") + "."
    if kind != "extra_forbidden":
        return f"{path}: {error['msg']}."
    return f"{path} is unknown.{_meant(str(where[-1]), _names(where[:-1], fields))}"


def _meant(name: str, known: list[str]) -> str:
    near = get_close_matches(name, known, n=1)
    return f" Did you mean {near[0]!r}?" if near else ""


def _names(where: tuple[int | str, ...], fields: Mapping[str, Any]) -> list[str]:
    choice: list[type[BaseModel]] = []
    for part in (p for p in where if isinstance(p, str)):
        if len(choice) > 1:  # the name of a kind, that pydantic puts between
            inner = next((one for one in choice if part in get_args(one.model_fields["type"].annotation)), None)
            choice = []
        else:
            found = fields.get(part)
            choice = [] if found is None else sections_of(found.annotation)
            inner = choice[0] if choice else None
        fields = inner.model_fields if inner and len(choice) < _SEVERAL else {}
    return [field.alias or name for name, field in fields.items()]


def sections_of(annotation: Any) -> list[type[BaseModel]]:  # noqa: ANN401 (whatever a field may be)
    """The tables that a field holds: more than one where they differ by `type`."""
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return [annotation]
    return list(dict.fromkeys(found for one in get_args(annotation) for found in sections_of(one)))
