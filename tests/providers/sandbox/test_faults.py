"""Every fault that the sandbox can play."""

from __future__ import annotations

import pytest

from aggregator.config.settings import ROOT
from providers.sandbox.faults import FAULTS


@pytest.mark.parametrize("name", sorted(FAULTS))
def test_every_fault_is_in_the_contract_of_providers(name: str) -> None:
    text = (ROOT / "tests" / "providers" / "contract.py").read_text(encoding="utf-8")

    assert f'"{name}"' in text
