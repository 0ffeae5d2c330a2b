"""What is wrong with a study.yaml, in words: unknown and repeated keys, values out of range."""

from __future__ import annotations

import itertools
import re
from typing import Any

import yaml
from pydantic import BaseModel

from cellglass.errors import nearest


def problem(error: Any, model: type[BaseModel]) -> tuple[str, str, str]:
    """What pydantic found: the place with its value (if that is wrong), a sentence, a hint."""
    # pydantic names the member of a union as if it were a key: literal[...], list[str]
    loc = list(itertools.takewhile(lambda part: "[" not in str(part), error["loc"]))
    where = ".".join(str(part) for part in loc)
    if error["type"] == "extra_forbidden":
        valid = _fields_at(model, tuple(loc[:-1]))
        return "", f"unknown key '{where}'", nearest(str(loc[-1]), valid)
    if error["type"] == "missing":
        return "", f"the key '{where}' is missing", ""
    hint = ""
    if error["type"] == "literal_error" and isinstance(error["input"], str):
        hint = nearest(error["input"], re.findall(r"'([^']*)'", error["ctx"]["expected"]))
    what = error["msg"].removeprefix("Value error, ")
    if not where:  # of the study as a whole, whose value would be all of it
        return "", what, hint
    return f"'{where}' is {error.get('input')!r}: ", what, hint


def _fields_at(model: type[BaseModel], path: tuple[Any, ...]) -> list[str]:
    """Names of the valid keys at a place in the study."""
    for part in path:
        if isinstance(part, int):
            continue
        annotation = model.model_fields[part].annotation if part in model.model_fields else None
        arguments = getattr(annotation, "__args__", ())
        options = [a for a in (annotation, *arguments) if isinstance(a, type)]
        inner = next((o for o in options if issubclass(o, BaseModel)), None)
        if inner is None:
            return []
        model = inner
    return list(model.model_fields)


class UniqueKeys(yaml.SafeLoader):
    """YAML in which a key that stands twice is an error, not the last of the two."""

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Any, Any]:
        """Read a mapping; see `yaml.SafeLoader`."""
        seen = set()
        for key, _ in node.value:
            if key.value in seen:
                raise yaml.constructor.ConstructorError(
                    None, None, f"the key '{key.value}' stands twice", key.start_mark
                )
            seen.add(key.value)
        return super().construct_mapping(node, deep)
