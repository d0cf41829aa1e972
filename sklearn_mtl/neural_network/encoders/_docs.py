"""The parts of the docstrings that encoders of images share."""

IMAGE_PARAMETERS = """\
channels : sequence of int, default=(32, 64, 128)
        The number of channels of each stage.
    n_convolutions : int, default=1
        The number of convolutions in each stage.
    kernel_size : int, default=3
        The height and width of the convolutions, odd.
    activation : str, default='relu'
        What follows each convolution: one of 'elu', 'gelu', 'identity', 'leaky_relu',
        'relu', 'selu', 'silu' and 'tanh'.
    normalisation : {'batch', 'group'} or None, default='batch'
        What comes between the two: batch normalisation, group normalisation, which
        takes each row by itself, or nothing.
    readout : {'average', 'max', 'both'}, default='average'
        How the last stage becomes features: by the mean or the maximum of each channel
        in each cell, or both, which doubles the number of features.
    grid_size : int, default=3
        How many cells the last image is divided into along each side, each with
        features of its own. With 1, it is forgotten where on the image something was.
    dropout : float, default=0.0
        The probability that a feature is dropped in training."""
