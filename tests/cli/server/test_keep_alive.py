"""An idle connection stays open for as long as the operator says."""

from gateway.cli import serve
from gateway.settings.loading import load_settings
from gateway.settings.process import KEEP_ALIVE_S


def test_an_idle_connection_is_kept_for_as_long_as_the_setting_says() -> None:
    assert load_settings({}).keep_alive_s == KEEP_ALIVE_S == serve._config("127.0.0.1", 0, 1).timeout_keep_alive
    given = load_settings({"GATEWAY_KEEP_ALIVE_S": "75"}).keep_alive_s
    for workers in (1, 2):
        assert serve._config("127.0.0.1", 0, workers, keep_alive_s=given).timeout_keep_alive == 75
