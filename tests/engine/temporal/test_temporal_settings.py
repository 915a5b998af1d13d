"""Where Temporal is: what is given with the command wins over the environment."""

from __future__ import annotations

from pathlib import Path

from appmixer.engine.settings import TemporalSettings, read_settings

ENVIRONMENT = {
    "APPMIXER_TEMPORAL_ADDRESS": " temporal.example.com:7233 ",
    "APPMIXER_TEMPORAL_NAMESPACE": "orders.x1",
    "APPMIXER_TEMPORAL_API_KEY": "hunter2",
    "APPMIXER_TEMPORAL_TLS_CA": "ca.pem",
    "APPMIXER_TEMPORAL_TLS_CERT": "client.pem",
    "APPMIXER_TEMPORAL_TLS_KEY": "client.key",
    "APPMIXER_TEMPORAL_UI": "https://temporal.example.com",
}


def test_temporal_is_used_only_when_its_address_is_given() -> None:
    without = {key: each for key, each in ENVIRONMENT.items() if not key.endswith("ADDRESS")}

    assert read_settings(environment={}).temporal is None
    assert read_settings(environment=without).temporal is None
    assert read_settings(environment={"APPMIXER_TEMPORAL_ADDRESS": " "}).temporal is None


def test_temporal_is_read_from_the_environment() -> None:
    assert read_settings(environment=ENVIRONMENT).temporal == TemporalSettings(
        address="temporal.example.com:7233",
        namespace="orders.x1",
        api_key="hunter2",
        tls_ca=Path("ca.pem"),
        tls_cert=Path("client.pem"),
        tls_key=Path("client.key"),
        ui="https://temporal.example.com",
    )


def test_what_is_given_with_the_command_wins() -> None:
    read = read_settings(
        temporal="127.0.0.1:7233", temporal_namespace="trial", environment=ENVIRONMENT
    ).temporal

    assert read is not None
    assert (read.address, read.namespace) == ("127.0.0.1:7233", "trial")
    assert (read.api_key, read.tls_ca) == ("hunter2", Path("ca.pem"))


def test_the_namespace_is_the_default_one_and_nothing_is_encrypted_unless_it_is_said() -> None:
    read = read_settings(temporal="127.0.0.1:7233", environment={}).temporal

    assert read == TemporalSettings("127.0.0.1:7233", "default", "", None, None, None)
    assert read is not None
    assert not read.is_encrypted


def test_a_key_stands_in_no_description_of_the_settings() -> None:
    assert "hunter2" not in repr(read_settings(environment=ENVIRONMENT))
