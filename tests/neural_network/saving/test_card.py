"""A card tells whether it was changed."""

import numpy as np
import pytest

from sklearn_mtl.neural_network._saving._card import SCHEMA, read_card, write_card

CARD = {"schema": SCHEMA, "text": "\u00fc\ud800", "number": 0.1, "list": [None, True]}


def test_round_trip():
    assert read_card(write_card(CARD)) == CARD


def test_every_changed_byte_is_seen():
    text = write_card(CARD)
    rng = np.random.default_rng(0)
    for place in range(len(text)):
        changed = bytearray(text)
        changed[place] ^= 1 << int(rng.integers(8))
        with pytest.raises(ValueError, match="a card that was changed"):
            read_card(bytes(changed))
        with pytest.raises(ValueError, match="a card that was changed"):
            read_card(text[:place])


@pytest.mark.parametrize("schema", [SCHEMA + 1, 0, True, "1", None])
def test_another_schema(schema):
    with pytest.raises(ValueError, match="got a card of schema"):
        read_card(write_card({"schema": schema}))


def test_no_number_is_left_out():
    with pytest.raises(ValueError, match="JSON"):
        write_card({"schema": SCHEMA, "x": np.nan})
