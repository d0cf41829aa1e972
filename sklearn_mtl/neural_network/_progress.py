"""One printed line per epoch."""

from typing import Any

from skorch import NeuralNet
from skorch.callbacks import Callback

_MAX_TASKS_SHOWN = 6


class PrintEpoch(Callback):
    """Print the losses and the score of each task after every epoch."""

    def on_epoch_end(self, net: NeuralNet, **kwargs: Any) -> None:
        row = net.history[-1]
        seen = "valid" if "valid_loss" in row else "train"
        parts = [f"epoch {row['epoch']:>3}", f"train loss {row['train_loss']:.4f}"]
        if seen == "valid":
            parts.append(f"valid loss {row['valid_loss']:.4f}")
        scores = {task: row[f"{seen}_score_{task}"] for task in net.task_names}
        known = [score for score in scores.values() if score == score]
        mean = sum(known) / len(known) if known else float("nan")
        parts.append(f"{seen} score {mean:.4f}")
        if 1 < len(scores) <= _MAX_TASKS_SHOWN:
            parts += [f"{task} {score:.4f}" for task, score in scores.items()]
        print("  ".join(parts))

    def on_train_end(self, net: NeuralNet, **kwargs: Any) -> None:
        if net.compile_ is not False:
            how = "" if net.compiled_["is_compiled"] else "not "
            print(f"{how}compiled: {net.compiled_['reason']}")
