import pytest
import torch

from sklearn_mtl.neural_network._onnx._maxima import SlicedReadout
from sklearn_mtl.neural_network.encoders._stages import Readout


@pytest.mark.parametrize("kind", ["max", "both"])
@pytest.mark.parametrize("size", [(6, 6), (2, 1), (7, 4), (1, 5)])
def test_is_the_readout(kind, size):
    images = torch.randn(3, 4, *size, generator=torch.Generator().manual_seed(0))
    readout = Readout(kind, (3, 3), 4)
    torch.testing.assert_close(SlicedReadout(readout)(images), readout(images))
