from sklearn_mtl.linear_model.penalties._graph import GraphPenalty


class MeanPenalty(GraphPenalty):
    r"""Tasks that are alike: coefficients near their mean over the tasks.

    .. math::
        \Omega(W) = \tfrac12 \sum_t \|w_t - \bar w\|^2 + \tfrac\rho2 \|W\|^2

    A small weight of the penalty leaves the tasks independent, a large one makes them
    one pooled model.

    Parameters
    ----------
    ridge : float, default=0.0
        The weight ρ of the ridge that pulls all tasks towards 0.

    See Also
    --------
    GraphPenalty : Say which tasks are alike.
    RidgePenalty : Shrink each task for itself.

    References
    ----------
    Evgeniou, T. and Pontil, M. (2004). Regularized multi-task learning. KDD.

    Examples
    --------
    >>> from sklearn_mtl.linear_model.penalties import MeanPenalty
    >>> MeanPenalty().value([[3.0, 3.0], [1.0, -1.0]])
    1.0
    """

    relations = None

    def __init__(self, ridge: float = 0.0) -> None:
        self.ridge = ridge
