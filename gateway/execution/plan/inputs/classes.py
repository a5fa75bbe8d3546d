"""Strawberry's classes of inputs made of coerced values, by functions that are made once for their types."""

from collections.abc import Callable
from dataclasses import MISSING
from functools import partial
from typing import Any, TypeAlias

from strawberry import UNSET, Schema
from strawberry.relay import GlobalID
from strawberry.schema.compat import is_scalar
from strawberry.types.arguments import convert_argument
from strawberry.types.base import StrawberryList, StrawberryMaybe, StrawberryOptional, has_object_definition
from strawberry.types.enum import StrawberryEnumDefinition, has_enum_definition
from strawberry.types.lazy_type import LazyType

Convert: TypeAlias = Callable[[Any], Any]


class Classes:
    """Converts coerced values as Strawberry's `convert_argument` does, which is used for what is seldom seen."""

    def __init__(self, schema: Schema) -> None:
        self._registry = schema.schema_converter.scalar_registry
        self._config = schema.config
        self._known: dict[type, Convert] = {}

    def converting(self, of: Any) -> Convert | None:
        """Converts values of a Strawberry type; None where they stay as they are."""
        match of:
            case StrawberryMaybe():
                return self._as_strawberry_does(of)
            case StrawberryOptional():
                return self.converting(of.of_type)
            case StrawberryList():
                each = self.converting(of.of_type)
                return _or_nothing(list if each is None else lambda value: [each(item) for item in value])
            case LazyType():
                return self.converting(of.resolve_type())
        if of is GlobalID:
            return self._as_strawberry_does(of)
        if isinstance(of, StrawberryEnumDefinition) or has_enum_definition(of) or is_scalar(of, self._registry):
            return None
        if not has_object_definition(of) or of.__strawberry_definition__.from_input is not None:
            return self._as_strawberry_does(of)
        if of not in self._known:  # a type that has itself within finds itself
            self._known[of] = lambda value: self._known[of](value)
            self._known[of] = _or_nothing(self._making(of))
        return self._known[of]

    def _making(self, of: Any) -> Convert:
        definition = of.__strawberry_definition__
        absent = {
            each.python_name: None
            for each in definition.fields
            if definition.is_input and each.default_value is MISSING and each.default_factory is MISSING
        }
        fields = [
            (
                self._config.name_converter.from_field(each),
                each.python_name,
                self.converting(each.resolve_type(type_definition=definition)),
            )
            for each in definition.fields
        ]

        def make(value: Any) -> Any:
            named: dict[str, Any] = dict(absent)
            for name, python_name, convert in fields:
                if name in value:
                    named[python_name] = value[name] if convert is None else convert(value[name])
            return of(**named)

        return make

    def _as_strawberry_does(self, of: Any) -> Convert:
        return partial(convert_argument, type_=of, scalar_registry=self._registry, config=self._config)


def _or_nothing(convert: Convert) -> Convert:
    return lambda value: value if value is None or value is UNSET else convert(value)
