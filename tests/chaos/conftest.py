import pytest

from tests.chaos.exhibit import Exhibit


@pytest.fixture
def exhibit() -> Exhibit:
    return Exhibit()
