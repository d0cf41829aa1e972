"""The parts of the docstrings that the network estimators share."""

PARAMETERS = """\
hidden_layer_sizes : sequence of int, default=(256, 256)
        The widths of the shared layers. Empty for linear heads on the input, or on
        what the encoder returns.
    preset : {"fast", "default", "best", "plain"}, default="default"
        What all parameters that are "auto" stand for; the user guide has the table.
        "default" is a good first try, "fast" trains for less than half of the steps,
        and "best" trains four networks for longer. "plain" is one network on
        standardised features with a constant learning rate. Where X is not a table,
        "auto" is what "plain" says.
    preprocess : bool, default=True
        Whether to bring each feature to a common scale, by the median and the quartiles
        of the training rows, and to bend what lies beyond smoothly towards ±5. Sparse
        features, and those with two values, are standardised instead. Values may then
        be missing: they become the median, and a feature that tells which were missing
        is added. For the encoders of images and sound each channel is standardised; an
        `encoder` of your own gets X as it is.
    categorical_features : "from_dtype", array-like or None, default="from_dtype"
        The columns of X that hold categories, by name or position, or as a mask. Each
        category has a vector that is learnt; one that is missing or was not seen in
        training has the mean of these. "from_dtype" takes the columns of a data frame
        that are of a categorical type.
    activation : {"elu", "gelu", "identity", "leaky_relu", "relu", "selu", "silu", \
"tanh"}, default="silu"
        The activation after each shared layer.
    dropout : float or "auto", default="auto"
        The fraction of each shared layer's activations that is dropped in training.
    encoder : str, callable, object, dict or None, default="auto"
        What comes before the shared layers: a name in
        ``sklearn_mtl.neural_network.encoders.ENCODERS``, such as "periodic" for tables
        or "conv" for images, an object with parameters of its own, such as
        ``PiecewiseLinearEncoder(n_bins=8)``, or a class or function
        ``f(n_features_in) -> nn.Module`` with an integer attribute ``out_features``.
        For X with more than two dimensions it is called with ``X.shape[1:]``. Its
        ``nn.Dropout`` layers draw from `random_state`, other random layers from torch's
        global generator. For X with several named inputs, a dict from their names, or
        tuples of names, to such encoders; each input is then projected on the same
        units, the mean of which goes on. None feeds tables, scaled, to the shared
        layers. "auto" is "piecewise_linear" for a table of up to 320 columns that is
        not sparse, unless `preprocess` is False, and otherwise None.
    encoder_init : estimator, dict or None, default=None
        Where the encoder and the shared layers start from: a fitted network estimator,
        in ``sklearn.frozen.FrozenEstimator`` where this one is to be cloned, or a dict
        from the names of tensors to tensors, such as ``module_.state_dict()``. What is
        not in it starts from random weights, and so do, with a warning, shared layers
        of another shape.
    augment : callable, dict, Mixup, list or None, default=None
        Random changes of the batches of training, such as
        ``[RandomCrop(4), RandomFlip()]`` of
        ``sklearn_mtl.neural_network.augmentations``: functions of a batch of inputs,
        on its device, that return as many rows, perhaps with a generator as a second
        argument; a dict from names of inputs to such functions or lists of them; or
        `Mixup`. A list is applied in its order.
    architecture : str or object, default="shared_bottom"
        How much the tasks share: a name in
        ``sklearn_mtl.neural_network.architectures.ARCHITECTURES``, or an object with
        parameters of its own, such as ``MMoE(n_experts=4)``, which a search reaches as
        ``architecture__n_experts``.
    n_members : int or "auto", default="auto"
        The number of members of an ensemble that share their weights, but for numbers
        of each that its features and its representation are multiplied with. Each row
        of a batch trains one of them; their probabilities, or quantities, are averaged.
    n_networks : int or "auto", default="auto"
        The number of networks of an ensemble that share no layers after the encoder,
        each with `n_members` members. Each goes through the rows in an order of its
        own and, of a table of numbers without an encoder that is trained, holds out
        others of them for early stopping. The loss is the mean over all networks, so
        that "sgd" takes a rate as much higher.
    task_weights : array-like of shape (n_tasks,), dict of str to float or None, \
default=None
        The weights λ of the tasks. A dict maps names of tasks to weights; the others
        keep weight 1. None weighs all tasks alike.
    balancer : str, object, callable or None, default=None
        How the losses or the gradients of the tasks are combined: a name in
        ``sklearn_mtl.neural_network.balancers.BALANCERS``, an object with parameters of
        its own, such as ``CAGrad(c=0.2)``, or any function that maps the gradients
        (n_tasks, n) to one (n,), or their products (n_tasks, n_tasks) to weights
        (n_tasks,). `task_weights` scale the losses that it sees. None minimises the
        objective as it is.
    gradient_level : {"representation", "parameters"}, default="representation"
        Where a balancer compares the gradients of the tasks: at the last activations
        that they share, which costs little more than a plain step, or exactly, at all
        shared parameters, which takes a backward pass per task.
    task_sampler : str, object or None, default=None
        Which tasks a training step uses: a name in
        ``sklearn_mtl.neural_network.samplers.SAMPLERS``, or an object with parameters
        of its own, such as ``Temperature(alpha=0.3)``. Task t then counts λ_t times
        the fraction of the steps that use it. An epoch has as many steps as a pass over
        the rows; the rows of a small task come again when they are exhausted. None uses
        all labels of the rows of a batch.
    missing_label : object, default=np.nan
        A label that means "missing", besides NaN, None, pd.NA and NaT.
    optimizer : {"adamw", "adam", "sgd"} or torch.optim.Optimizer class, \
default="adamw"
        The optimizer. "sgd" has momentum 0.9.
    lr : float or "auto", default="auto"
        The learning rate, where it is highest. "auto" is 0.001 if it is constant.
    lr_schedule : {"auto", "constant", "cosine"}, default="auto"
        How the learning rate changes in a fit: "cosine" lets it rise over a tenth of
        the steps of `max_epochs`, and then fall to 0. "auto" is constant in
        `partial_fit`, and where one of the callbacks is an ``LRScheduler``.
    average : bool or "auto", default="auto"
        Whether the weights after an epoch are a mean of those after about the last
        tenth of the steps.
    weight_decay : float or None, default=None
        The weight decay of the optimizer. It pulls the prediction of each task
        towards the best constant one. None is 0.3 for "adamw" and 0 for the others,
        which add it to the gradient.
    batch_size : int or "auto", default="auto"
        Rows per training step; with several networks, of each.
    max_epochs : int or "auto", default="auto"
        Passes over the training rows, at most.
    early_stopping : bool or "auto", default="auto"
        Whether to set rows aside for validation, stratified over the tasks, stop when
        the validation loss no longer improves, and keep the weights of its best
        epoch. What is watched is the mean over tasks of the validation loss divided
        by the loss of predicting the training average. "auto" does so from 100
        labelled rows on.
    validation_fraction : float, default=0.1
        The fraction of labelled rows that early stopping sets aside.
    n_iter_no_change : int or "auto", default="auto"
        Epochs without improvement after which early stopping stops.
    device : str, default="auto"
        Where to train and predict, such as "cpu" or "cuda:0". "auto" is the GPU if
        there is one.
    data_parallel : bool, default=False
        Whether the processes that ``accelerate launch`` or ``torchrun`` started train
        one network together, each on its share of the rows of a batch, which takes the
        extra ``accelerate``. All of them need the same data, and end with the same
        estimator. In a single process it changes nothing.
    precision : {"float32", "float64", "bf16-mixed"}, default="float32"
        The floating-point numbers to compute with. "bf16-mixed" takes the products of
        training in bfloat16, as ``torch.autocast`` does; weights, losses, the optimizer
        and predictions stay in float32. It is for a GPU with hardware for it: on most
        CPUs it is slower.
    compile : bool or "auto", default=False
        Whether ``torch.compile`` compiles the forward pass of training, and with it the
        backward pass: on a GPU as one graph that is captured and replayed, for small
        networks that wait for launches; on a CPU by a C++ compiler. Compiling takes
        from seconds to minutes. "auto" compiles only if the fit goes on for more than a
        minute and a trial on a batch is faster; the trial changes nothing, but which
        kind wins may differ between two fits, whose numbers then differ by rounding.
        True raises an error where it cannot be done, as with balancers of gradients and
        with named inputs.
    callbacks : list of skorch.callbacks.Callback or None, default=None
        Callbacks of the skorch net. They can monitor every column of `history_`.
    net_params : dict or None, default=None
        More settings of the skorch net, such as
        ``{"optimizer__betas": (0.9, 0.99)}``.
    warm_start : bool, default=False
        Whether `fit` goes on from the last fit, for `max_epochs` more, instead of
        starting anew.
    checkpoint_dir : str, os.PathLike or None, default=None
        A folder where `fit` keeps all that it takes to go on after it was cut off: two
        files of safetensors, each about seven times the weights, which takes the extra
        ``saving``. `random_state` must be an integer. None keeps nothing; neither do
        `partial_fit` and `transfer`.
    checkpoint_every : int or str, default=1
        Epochs between two checkpoints, or minutes, such as "10min".
    resume : bool or "auto", default=False
        Whether `fit` goes on from the newest good checkpoint of the same parameters and
        data in `checkpoint_dir`, and ends, on a CPU, with the same weights and history
        as if it had never stopped. A fit that was finished is not trained again. Where
        there is none, training starts anew, but True raises an error if the folder has
        checkpoints of other fits only; "auto" is for fits that share a folder.
    random_state : int, RandomState instance or None, default=None
        Seeds the first weights, the order of the rows, dropout and the validation
        rows. The same integer gives the same fit; global generators are not touched.
    verbose : int, default=0
        1 prints a line after every epoch."""

ATTRIBUTES = """\
task_names_ : list of str
        The names of the tasks: the columns of a DataFrame, or "task0", "task1", ...
    n_tasks_, n_outputs_ : int
        The number of tasks.
    n_features_in_ : int
        The number of features.
    feature_names_in_ : ndarray of shape (n_features,)
        The names of the features, if X had any.
    settings_ : dict of str to object
        What the parameters that may be "auto" stood for.
    history_ : list of dict
        A row per epoch: "epoch", "train_loss" and "valid_loss" (the objective), and
        for each task "train_loss_<task>", "valid_loss_<task>", "train_score_<task>",
        "valid_score_<task>" (accuracy, or 1 - squared error in units of the training
        variance) and "weight_<task>" (its share of the objective, or with a balancer
        the mean of its weights; NaN for a method that has none). A balancer of
        gradients adds "gradient_cosines", the mean cosine of each pair of tasks, and
        "balancer_failures", how often it fell back to the mean. With early
        stopping, also "valid_relative_loss", which it watches; and skorch's
        "train_loss_best", "train_batch_count" and the same for validation. Figures of
        training are taken as the weights change. A sampler adds "sampled_<task>", the
        fraction of the steps that used a task; ``pandas.DataFrame(history_)`` is a
        table.
    n_iter_ : int
        The number of epochs that were run.
    best_epoch_ : int
        The epoch whose weights were kept.
    task_weights_ : ndarray of shape (n_tasks,)
        The weights λ of the tasks.
    transferred_ : dict of str to estimator
        The estimators of the tasks that were added by `transfer`.
    net_ : skorch.NeuralNet
        The skorch net.
    module_ : torch.nn.Module
        The network.
    device_ : str
        Where it is.
    compiled_ : dict
        Whether training was compiled ("is_compiled"), and why ("reason")."""
