"""What a witness has signed is on the disk before it is signed, and no other head of that size ever is."""

from __future__ import annotations

from pathlib import Path

import pytest

from aggregator import files
from aggregator.ledger.notes import cosigned_at
from aggregator.ledger.witnessing.memory import Memory, WitnessError
from tests.clock import NOON
from tests.ledger.witnessing.conftest import ORIGIN, Grown


def test_the_last_head_of_each_log_is_remembered_after_a_restart(grown: Grown, tmp_path: Path) -> None:
    note = grown.grow(3)

    line = Memory("temoin.example", tmp_path / "eye").sign(note, NOON)

    again = Memory("temoin.example", tmp_path / "eye")
    head = again.last(ORIGIN)
    assert head is not None
    assert (head.size, head.root) == (3, grown.log.root)
    assert again.last("autre.example/log") is None
    assert cosigned_at(note + line, again.vkey) == int(NOON.timestamp())


def test_whoever_calls_two_heads_of_one_size_are_never_signed(grown: Grown, fork: Grown, tmp_path: Path) -> None:
    memory = Memory("temoin.example", tmp_path / "eye")
    small, large = grown.grow(3), grown.grow(3)
    memory.sign(large, NOON)

    for other in (fork.grow(6), small):
        with pytest.raises(WitnessError, match="is refused"):
            memory.sign(other, NOON)
    assert memory.sign(large, NOON)


def test_a_head_that_could_not_be_kept_is_not_signed(
    grown: Grown, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A full disk: nothing leaves, so that another head can still be signed without two of one size."""
    memory = Memory("temoin.example", tmp_path / "eye")

    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(files, "write_whole", full)
    with pytest.raises(OSError, match="No space left"):
        memory.sign(grown.grow(3), NOON)
    monkeypatch.undo()

    assert memory.last(ORIGIN) is None


def test_the_head_that_an_earlier_release_remembered_still_counts(grown: Grown, fork: Grown, tmp_path: Path) -> None:
    memory = Memory("temoin.example", tmp_path / "eye")
    (tmp_path / "eye" / "seen").write_text(grown.grow(3))

    with pytest.raises(WitnessError, match="is refused"):
        memory.sign(fork.grow(3), NOON)
