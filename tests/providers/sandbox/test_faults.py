"""What a broken, hostile or overloaded server sends, byte by byte."""

from __future__ import annotations

import json
import socket
from urllib.parse import urlsplit

import pytest

from aggregator.config.settings import ROOT
from providers.sandbox.faults import FAULTS
from providers.sandbox.server import Sandbox
from providers.sandbox.world import World
from tests.clock import NOON


def answered(world: World, fault: str, times: int = 1) -> list[bytes]:
    """The bytes that the fault puts on the wire for a card, each question on a connection of its own."""
    centre = world.centres["doctolib"][0]
    found = []
    with Sandbox(world, faults={"doctolib": fault}, now=lambda: NOON) as sandbox:
        where = urlsplit(sandbox.origins["doctolib"])
        for _ in range(times):
            with socket.create_connection((where.hostname, where.port), timeout=5) as wire:
                request = f"GET /booking/{centre.slug}.json HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"
                wire.sendall(request.encode())
                found.append(b"".join(iter(lambda wire=wire: wire.recv(65_536), b"")))
    return found


@pytest.mark.parametrize("name", sorted(FAULTS))
def test_every_fault_is_in_the_contract_of_providers(name: str) -> None:
    text = (ROOT / "tests" / "providers" / "contract.py").read_text(encoding="utf-8")

    assert f'"{name}"' in text


def test_a_truncated_answer_announces_more_than_it_sends_and_a_cut_one_does_not(world: World) -> None:
    (truncated,), (cut,) = answered(world, "truncated"), answered(world, "cut-json")

    assert announced(truncated) > len(body(truncated))
    assert announced(cut) == len(body(cut))
    for answer in (truncated, cut):
        with pytest.raises(json.JSONDecodeError):
            json.loads(body(answer))


def test_a_reset_sends_nothing(world: World) -> None:
    assert answered(world, "reset") == [b""]


def test_a_server_that_flaps_fails_every_other_time(world: World) -> None:
    statuses = [answer.split(b" ")[1] for answer in answered(world, "flapping", times=4)]

    assert statuses == [b"502", b"200", b"502", b"200"]


def test_renamed_and_boolean_answers_are_json_of_another_shape(world: World) -> None:
    (renamed,), (booleans,) = answered(world, "renamed"), answered(world, "booleans")

    assert list(json.loads(body(renamed))) == ["data_v2"]
    assert {agenda["id"] for agenda in json.loads(body(booleans))["data"]["agendas"]} == {True}


def body(answer: bytes) -> bytes:
    return answer.partition(b"\r\n\r\n")[2]


def announced(answer: bytes) -> int:
    header = next(line for line in answer.split(b"\r\n") if line.lower().startswith(b"content-length:"))
    return int(header.split(b":")[1])
