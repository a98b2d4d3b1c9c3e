"""The data within a report: what each key and each position means.

The report carries one JSON object that ``templates/report.js`` reads. `Payload` lists its keys,
`ROW` and `OUTPUT` the positions of its arrays. Keys are one letter long and numbers are integers,
because a report has up to thousands of rows: names and decimal points would double its size.

Three units of numbers occur:

- unit: an integer count of ``10**-d``, the last decimal that the report shows. `None` stands for
  an undefined number.
- hundredth: an integer count of 0.01, for R2. `None` stands for an undefined R2.
- thousandth: an integer count of 0.001, for responses of classes.
"""

from typing import Any, NamedTuple, TypeAlias, TypedDict

__all__ = [
    "ALL_OUTPUTS",
    "NO_CLASS",
    "OUTPUT",
    "ROW",
    "STEP",
    "UNREAD",
    "Column",
    "Output",
    "Payload",
    "ShownName",
    "Value",
    "Weight",
]

# A text; or, where it was cut, the short text and the first 300 characters of the whole.
ShownName: TypeAlias = str | list[str]

# The value of a column: a number where JavaScript writes it as Python does, else a text.
Value: TypeAlias = int | float | str

# Stands for the predicted class where the model named none.
NO_CLASS = -1

# Stands for all outputs in the notes of a row.
ALL_OUTPUTS = -1


class Payload(TypedDict):
    """The keys of the JSON object, in the order in which they are written."""

    c: list[str]  # classes: names, first those of the model, then others that only y has
    f: list[ShownName]  # features: names of columns or words, without repetition
    r: list[list[Any]]  # rules: index in f, the text, such as "> 37", and 0 if it tells the value
    u: list[list[Any]]  # columns: see `Column`
    t: list[str]  # notes: texts, without repetition
    d: int  # decimals: a unit is 10**-d
    o: list[str]  # outputs: names of the explained outputs
    p: list[int]  # opposed: for each of them the class it is set against, an index in c, or -1
    k: int  # 1 for classification, 0 for regression
    b: int  # 1 if the responses are probabilities, which bars can show
    n: int  # number of responses of the model
    y: int  # 1 if the true classes or numbers are known
    s: int  # number of rows that the page shows without the script
    v: int  # 1 if the values of the rows are shown; documents and pictures have none
    w: str  # what a row is called: "row", "document" or "picture"
    j: str  # what has a weight: "feature", "word" or "segment"
    l: int  # noqa: E741  # limit of a low fidelity, in hundredths
    g: list[list[Any]]  # words for a fidelity: least hundredths (None for the last) and the word
    h: str  # what a response is: "probability", "score", "log-odds", "predicted value"
    q: str  # what a weight is called: "contribution", "weight" or "Shapley value"
    z: str  # what weights are added to: "base value" or "intercept"
    a: str  # what they add up to: "surrogate", or "model" for Shapley values, without a fidelity
    e: list[Any]  # groups: what they are called, their names, and the group of each row
    x: list[list[Any]]  # rows: see ROW


# Keys that the script does not read.
UNREAD = frozenset({"s"})

# Positions in a row, under the names that the script has for them. The last two may be absent.
ROW = {
    "LABEL": 0,  # str: label of the row
    "PREDICTED": 1,  # int: predicted class, an index in c, or NO_CLASS
    "TRUE": 2,  # int, str or None: true class, an index in c; or the true number as a text
    "MAIN": 3,  # int: output to show first, an index in o
    "RESPONSES": 4,  # flat pairs: index in c and thousandths, the likeliest classes first
    "OUTPUTS": 5,  # one flat `Output` for each entry of o; empty if there is no explanation
    "EXTRA": 6,  # flat pairs of a document: piece of text and index in r, or -1; or the failure
    "NOTES": 7,  # flat pairs: index in o, or ALL_OUTPUTS, and index in t
}


class Column(NamedTuple):
    """The values of all rows in one column.

    Attributes
    ----------
    feature : int
        Index in ``f``.

    levels : list of int, float or str, or 0
        The different values, if `values` holds indices in it.

    values : list
        For each row a value, or its index in `levels`; `None` where it is not part of the report.
    """

    feature: int
    levels: list[Value] | int
    values: list[Value | None]


class Weight(NamedTuple):
    """One weight of an output.

    Attributes
    ----------
    rule : int
        Index in ``r``.

    value : int, float or str
        The value of the row; empty if the rule shows it or values are left out.

    weight, half : int or None
        The weight and half the width of its interval, in units; no half for exact weights.
    """

    rule: int
    value: Value
    weight: int | None
    half: int | None


class Output(NamedTuple):
    """One explained output of a row.

    Attributes
    ----------
    explained : int
        Index in ``c``.

    model : int or None
        Response of the model, in units.

    fidelity : int or None
        R2, in hundredths.

    intercept, surrogate : int or None
        Intercept and local prediction, in units.

    n_rest : int
        Number of weights that are not listed.

    rest : int or None
        Sum of these weights, in units.

    weights : list of Weight
        The listed weights, strongest first.
    """

    explained: int
    model: int | None
    fidelity: int | None
    intercept: int | None
    surrogate: int | None
    n_rest: int
    rest: int | None
    weights: list[Weight]

    def flat(self) -> list[Any]:
        """Return all numbers in one list, those of the weights at the end."""
        listed = ((weight.rule, weight.weight, weight.half) for weight in self.weights)
        return [*self[:-1], *(number for weight in listed for number in weight)]


# Positions in a flat `Output`, under the names that the script has for them. The first position,
# `explained`, has none.
OUTPUT = {
    "MODEL": Output._fields.index("model"),
    "FIT": Output._fields.index("fidelity"),
    "INTERCEPT": Output._fields.index("intercept"),
    "LOCAL": Output._fields.index("surrogate"),
    "N_REST": Output._fields.index("n_rest"),
    "REST": Output._fields.index("rest"),
    "ENTRIES": Output._fields.index("weights"),
}

# Numbers of each weight in a flat `Output`, from ENTRIES on: its value is in the columns.
STEP = len(Weight._fields) - 1
