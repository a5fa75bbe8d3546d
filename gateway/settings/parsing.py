"""How the texts of the environment become values."""

import re
from typing import Annotated

from pydantic import AfterValidator, HttpUrl, TypeAdapter, ValidationError
from pydantic_core import PydanticCustomError

PREFIX = "GATEWAY_"


def comma_separated(value: object) -> object:
    """Each entry; in a file they may stand on lines of their own as well."""
    return tuple(filter(None, map(str.strip, re.split("[,\n]", value)))) if isinstance(value, str) else value


def _origin(text: str) -> str:
    """An origin as browsers write one (RFC 6454 §6.2): in small letters, without a port that goes without saying."""
    try:
        url = TypeAdapter(HttpUrl).validate_python(text)
    except ValidationError:
        raise _no_origin() from None
    if url.path not in (None, "/") or any((url.query, url.fragment, url.username, url.password)) or "*" in text:
        raise _no_origin()
    return str(url).rstrip("/")


def _no_origin() -> PydanticCustomError:
    return PydanticCustomError("origin", "each must be an origin, such as https://shop.example; `*` is none")


Origin = Annotated[str, AfterValidator(_origin)]
