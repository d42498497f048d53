"""From a fitted estimator or booster to a bundle that hindsight loads. One file; numpy is all it needs.

    from hindsight_bundle import write_bundle
    write_bundle("bundles/fraud@1", model, X_test, y_test, name="fraud", minimum={"auc": 0.9})

    $ hindsight model test bundles/fraud@1

The bundle holds bundle.yaml, the model, and what proves it:

    golden.csv        rows of X, chosen by the seed, and rows at the edges (each input missing, each number 0,
                      each category one that was never seen), with the estimator's own answers, or `error`
    performance.csv   X and y, with the bounds that the model has to keep
    reference.json    how the inputs and the answers are distributed, for drift

X is what the estimator takes: a pandas or polars frame, or an array with `features=` for its columns. Their names are
the fields of the event. X and y should be rows that the estimator has not learnt from.

What is translated, exactly or not at all (it raises NotTranslatable and says what to do):

    models        Booster, classifiers, regressors and rankers of LightGBM and XGBoost: their own file, and their bits;
                  linear and logistic ones of scikit-learn, of two or more classes
    preparation   categories of a pandas frame, as the trees were trained on them;
                  of linear models Pipeline, ColumnTransformer, SimpleImputer, StandardScaler, MinMaxScaler, MaxAbsScaler, RobustScaler,
                  OneHotEncoder, KBinsDiscretizer, FunctionTransformer(numpy.log1p) and (numpy.clip)

Of a model file alone make the bundle by `hindsight model import`, and let write_tests prove it with the estimator.
Nothing is ever unpickled.
"""

import csv
import json
import math
import os
import re
import warnings

import numpy as np

__all__ = ["NotTranslatable", "write_bundle", "write_tests"]


class NotTranslatable(ValueError):
    """The estimator does something that a bundle cannot say."""


def write_bundle(directory, estimator, X, y, *, name, version=None, features=None, description="", threshold=None,
                 classes=None, minimum=None, maximum=None, golden_rows=200, tolerance=None, reference=None, seed=1):
    """Writes a whole bundle and returns its directory.

    name, version     version is what follows @ in directory unless given, else 1
    features          names of the columns where X is an array; default x0, x1, ...
    threshold         of the probability from which the second of two classes is decided; default 0.5
    classes           names of the classes of a booster, which only counts them; default 0, 1, ...
    minimum, maximum  bounds of the performance test, such as {"auc": 0.9}; by default the accuracy (or R2) seen here
                      less two hundredths: set your own
    golden_rows       how many rows of X stand in golden.csv beside those at the edges
    tolerance         of the golden answers, |got - want| <= tolerance * max(1, |want|); default 0 for trees, else 1e-9
    reference         rows to describe in reference.json, such as the training rows; default X
    """
    table = _Table(X, features)
    model = _model_of(estimator, table, classes)
    os.makedirs(directory, exist_ok=True)
    model.save(directory)
    version = version or (os.path.basename(os.path.normpath(directory)).partition("@")[2] or "1")
    lines = [f"name: {_text(name)}", f"version: {_text(str(version))}"]
    if description:
        lines.append(f"description: {_text(description)}")
    lines.append("task: " + ("classification" if model.classes else "regression"))
    lines.append(f"model: {{file: {model.file}, format: {model.format}}}")
    if model.classes:
        lines.append("classes: " + _flow([_canonical(c) for c in model.classes]))
        if threshold is not None:
            lines.append(f"threshold: {_number(threshold)}")
    lines.append(f"seed: {int(seed)}")
    lines.append("inputs:")
    lines += [f"  - {{name: {_text(n)}, type: {kind}}}" for n, kind in model.types.items()]
    if model.preparation:
        lines.append("preparation:")
        lines += ["  - " + _flow(entry) for entry in model.preparation]
    with open(os.path.join(directory, "bundle.yaml"), "w", encoding="utf-8") as f:
        f.write("\n".join(lines) + "\n")
    write_tests(directory, estimator, X, y, features=features, minimum=minimum, maximum=maximum, golden_rows=golden_rows,
                tolerance=tolerance, reference=reference, seed=seed, threshold=threshold, classes=classes, types=model.types)
    return directory


def write_tests(directory, estimator, X, y, *, features=None, minimum=None, maximum=None, golden_rows=200, tolerance=None,
                reference=None, seed=1, threshold=None, classes=None, types=None, label="label"):
    """Writes golden.csv, performance.csv and reference.json into a bundle that is there, and adds the section `tests`
    to its bundle.yaml unless it has one. The arguments are those of write_bundle; types are those of inputs that
    differ from their columns' ("category" for coded ones); label names the truth in performance.csv."""
    table = _Table(X, features)
    y = np.asarray(y)
    if len(y) != table.rows or table.rows == 0:
        raise ValueError(f"X has {table.rows} rows and y {len(y)}; both want the same number, at least 1")
    while label in table.names:
        label += "_"
    types = {**{n: table.type(n) for n in table.names}, **(types or {})}
    answers = _Answers(estimator, table.names, classes)
    _write_golden(os.path.join(directory, "golden.csv"), table, answers, types, golden_rows, seed)
    _write_csv(os.path.join(directory, "performance.csv"), table.names + [label],
               ([_cell(v) for v in row] + [_cell(t)] for row, t in zip(table.each(), y)))
    values = answers.of(X)
    with open(os.path.join(directory, "reference.json"), "w", encoding="utf-8") as f:
        json.dump(_reference(_Table(X if reference is None else reference, features), types,
                             values if reference is None else answers.of(reference)), f, indent=1, ensure_ascii=False)
        f.write("\n")
    if minimum is None and maximum is None:
        minimum = _seen(answers, values, y, 0.5 if threshold is None else threshold)
    path = os.path.join(directory, "bundle.yaml")
    with open(path, encoding="utf-8") as f:
        text = f.read()
    if re.search(r"^tests:", text, re.MULTILINE):
        return
    if tolerance is None and answers.exact:
        tolerance = 0
    golden = {"file": "golden.csv", **({"tolerance": tolerance} if tolerance is not None else {}),
              **({"columns": answers.columns} if answers.renamed else {})}
    performance = {"file": "performance.csv", "label": label, **({"minimum": minimum} if minimum else {}),
                   **({"maximum": maximum} if maximum else {})}
    with open(path, "a", encoding="utf-8") as f:
        f.write(f"tests:\n  golden: {_flow(golden)}\n  performance: {_flow(performance)}\n")


# --- rows -----------------------------------------------------------------------------------------------------------

class _Table:
    """X by columns, whether it is a frame or an array; rows at the edges are made with the dtypes that X has."""

    def __init__(self, X, names):
        self.X, self.frame = X, hasattr(X, "columns")
        self.rows = len(X)
        if self.frame:
            self.names = [str(c) for c in X.columns]
        else:
            self.X = np.asarray(X)
            if self.X.ndim != 2:
                raise ValueError("X wants two dimensions: rows and features")
            self.names = [str(n) for n in names] if names is not None else [f"x{i}" for i in range(self.X.shape[1])]
            if len(self.names) != self.X.shape[1]:
                raise ValueError(f"{len(self.names)} features are named, X has {self.X.shape[1]} columns")
        if len(set(self.names)) != len(self.names):
            raise ValueError("two columns of X have the same name")

    def column(self, name):
        at = self.names.index(name)
        return np.asarray(self.X[self.X.columns[at]] if self.frame else self.X[:, at])

    def type(self, name):
        """The type of an input in bundle.yaml."""
        column = self.column(name)
        if column.dtype.kind == "O":
            known = [v for v in column if not _is_missing(v)]
            if known and all(isinstance(v, (bool, np.bool_)) for v in known):
                return "boolean"
            return "number" if known and all(isinstance(v, (int, float, np.number)) for v in known) else "category"
        return {"b": "boolean", "i": "number", "u": "number", "f": "number"}.get(column.dtype.kind, "category")

    def levels(self, name):
        """The levels of a category of pandas, None of anything else."""
        column = self.X[self.X.columns[self.names.index(name)]] if self.frame else None
        return list(column.cat.categories) if str(getattr(column, "dtype", "")) == "category" else None

    def each(self):
        return zip(*[self.column(n) for n in self.names])

    def take(self, at):
        return self.X.iloc[at] if hasattr(self.X, "iloc") else self.X[at]

    def edge(self, name, value):
        """The first row with another value in one column, as X's kind of table; None where that cannot be."""
        if not self.frame:
            kind = self.X.dtype.kind
            if isinstance(value, str) and kind not in "OU" or value is None and kind not in "Of":
                return None
            row = self.X[[0]].copy()
            row[0, self.names.index(name)] = float("nan") if value is None else value
            return row
        if not hasattr(self.X, "iloc"):
            return None
        column = self.X.columns[self.names.index(name)]
        row = self.X.iloc[[0]].copy()
        if self.levels(name) is not None:  # keeps the categories, which the libraries compare
            row[column] = row[column].cat.add_categories([value]) if value is not None else row[column]
            row.loc[:, column] = value
            return row
        cell = np.array([float("nan") if value is None else value], dtype=object)
        row[column] = cell.astype(float) if self.column(name).dtype.kind in "biuf" else cell
        if self.type(name) == "number" and value is not None:
            row[column] = row[column].astype(self.X[column].dtype)
        return row


class _Answers:
    """What the estimator says, as hindsight says it: one value, or a probability per class."""

    def __init__(self, estimator, taken, classes=None):
        self.estimator, self.classes, self.exact = estimator, None, False
        if trees := _trees_of(_steps(estimator)[-1]):
            self.exact, self.classes = True, trees.classes(classes)
            if trees.bare:
                self.estimator = trees.answering()
        elif hasattr(estimator, "predict_proba") and hasattr(estimator, "classes_"):
            self.classes = list(estimator.classes_)
        several = self.classes is not None and len(self.classes) > 2
        self.columns = [f"p{i}" for i in range(len(self.classes))] if several else ["value"]
        self.renamed = any(c in taken for c in self.columns)
        if self.renamed:
            self.columns = [f"answer {c}" for c in self.columns]

    def of(self, X):
        """[rows × columns] of answers."""
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            ask = getattr(self.estimator, "predict_proba", None) if self.classes is not None else None
            p = np.asarray((ask or self.estimator.predict)(X), dtype=float)
        if self.classes is None or p.ndim == 1:
            return p.reshape(-1, 1)
        return p[:, 1:] if len(self.classes) == 2 else p


def _write_golden(path, table, answers, types, rows, seed):
    at = np.sort(np.random.default_rng(seed).permutation(table.rows)[:rows])
    whole = list(table.each())
    lines = [[_cell(v) for v in whole[i]] + [_cell(v) for v in a] for i, a in zip(at, answers.of(table.take(at)))]
    for j, name in enumerate(table.names):
        texts = table.column(name).dtype.kind not in "biuf"
        # Sorts behind: XGBoost 3.2 takes what sorts before all its categories for the first of them.
        for value in [None, 0.0 if types[name] != "category" else "~never seen" if texts else 987654321.0]:
            row = table.edge(name, value)
            if row is None:
                continue
            try:
                got = [_cell(v) for v in answers.of(row)[0]]
            except ValueError:
                got = ["error"] * len(answers.columns)
            cells = [_cell(v) for v in whole[0]]
            cells[j] = _cell(value)
            lines.append(cells + got)
    _write_csv(path, table.names + answers.columns, lines)


def _write_csv(path, header, lines):
    with open(path, "w", encoding="utf-8", newline="") as f:
        out = csv.writer(f, lineterminator="\n")
        out.writerow(header)
        out.writerows(lines)


def _cell(v):
    if _is_missing(v):
        return ""
    if isinstance(v, (bool, np.bool_)):
        return str(bool(v)).lower()
    if isinstance(v, (float, np.floating)):
        return repr(float(v))
    return str(v)


def _is_missing(v):
    return v is None or type(v).__name__ in ("NAType", "NaTType") or isinstance(v, (float, np.floating)) and math.isnan(v)


def _seen(answers, values, y, threshold):
    """A bound that these rows keep with two hundredths to spare."""
    if answers.classes is None:
        y = y.astype(float)
        rest = np.sum((y - np.mean(y)) ** 2)
        return {"r2": math.floor(100 * (1 - np.sum((values[:, 0] - y) ** 2) / rest) - 2) / 100} if rest > 0 else {"r2": 0}
    decided = (values[:, 0] >= threshold).astype(int) if len(answers.classes) == 2 else values.argmax(axis=1)
    return {"accuracy": max(0, math.floor(100 * np.mean(np.asarray(answers.classes)[decided] == y) - 2) / 100)}


def _reference(table, types, values):
    """Per input how often it is missing, and counts between edges (numbers: deciles) or of levels; likewise the answers
    over 20 equal bins of [0, 1], or between deciles for a regression."""
    def counted(v, edges):
        inside = np.searchsorted(edges, v, side="right")
        return {"edges": [float(e) for e in edges], "counts": np.bincount(inside, minlength=len(edges) + 1).tolist()}

    def deciles(v):
        return np.unique(np.quantile(v, np.arange(1, 10) / 10)) if len(v) else np.array([])

    inputs = {}
    for name in table.names:
        column = table.column(name)
        known = [v for v in column if not _is_missing(v)]
        inputs[name] = {"missing": len(column) - len(known)}
        if types[name] == "category":
            levels, counts = np.unique(np.array([_canonical(v) for v in known], dtype=str), return_counts=True)
            most = sorted(zip(counts.tolist(), levels.tolist()), key=lambda p: (-p[0], p[1]))
            inputs[name]["levels"] = {level: n for n, level in most[:100]}
            inputs[name]["other"] = sum(n for n, _ in most[100:])
        else:
            v = np.array(known, dtype=float)
            inputs[name].update(counted(v, deciles(v)))
    scores = []
    for j in range(values.shape[1]):
        unit = 0 <= values[:, j].min() and values[:, j].max() <= 1
        scores.append(counted(values[:, j], np.arange(1, 20) / 20 if unit else deciles(values[:, j])))
    return {"format": 1, "rows": table.rows, "inputs": inputs, "scores": scores}


# --- models ---------------------------------------------------------------------------------------------------------

_REGRESSIONS = {"LinearRegression", "Ridge", "RidgeCV", "Lasso", "LassoCV", "ElasticNet", "ElasticNetCV", "BayesianRidge",
                "ARDRegression", "HuberRegressor", "SGDRegressor", "Lars", "LassoLars", "TheilSenRegressor"}


class _Linear:
    file, format = "linear.json", "linear"

    def __init__(self, estimator, table, prepared):
        kind = type(estimator).__name__
        self.classes = None
        if kind in ("LogisticRegression", "LogisticRegressionCV", "SGDClassifier"):
            self.classes = list(estimator.classes_)
            several = len(self.classes) > 2
            if kind == "SGDClassifier" and (several or estimator.loss != "log_loss"):
                raise NotTranslatable("SGDClassifier: only two classes with loss='log_loss' have a bundle's probabilities")
            if several and (getattr(estimator, "multi_class", "") == "ovr" or estimator.solver == "liblinear"):
                raise NotTranslatable(f"{kind}: one-against-the-rest is not a softmax; fit it with multi_class='multinomial'")
        elif kind not in _REGRESSIONS:
            raise NotTranslatable(f"{kind} is not a model that a bundle holds; where `hindsight model import` "
                                  "reads its file, let that make the bundle, and prove it with write_tests")
        coef = np.atleast_2d(np.asarray(estimator.coef_, dtype=float))
        if coef.shape[1] != len(prepared):
            raise NotTranslatable(f"the model has {coef.shape[1]} coefficients for {len(prepared)} prepared columns")
        intercept = np.ravel(np.asarray(estimator.intercept_, dtype=float))
        intercept = np.resize(intercept, len(coef))
        entries = _named(prepared, table)
        self.types, self.preparation = _types(entries, table), [e.yaml() for e in entries if not e.plain()]
        columns = [c for e in entries for c in e.columns()]
        at = {(id(e), i): k for k, (e, i) in enumerate((e, i) for e in entries for i in range(len(e.columns())))}
        self.coef = np.zeros((len(coef), len(columns)))
        for j, (entry, i) in enumerate(prepared):
            self.coef[:, at[id(entry), i]] += coef[:, j]
        self.features, self.intercept = columns, intercept

    def save(self, directory):
        model = {"features": self.features, "coef": self.coef.tolist(), "intercept": self.intercept.tolist()}
        if self.classes:
            model["classes"] = [_canonical(c) for c in self.classes]
            model["objective"] = "logistic" if len(self.coef) == 1 else "softmax"
        with open(os.path.join(directory, self.file), "w", encoding="utf-8") as f:
            json.dump(model, f, ensure_ascii=False, indent=1)
            f.write("\n")


def _named(prepared, table):
    """The entries in the order of their inputs, each with a name of its own."""
    entries, names = sorted({id(e): e for e, _ in prepared}.values(), key=lambda e: table.names.index(e.input)), set()
    for e in entries:
        while e.feature in names:
            e.feature += "'"
        names.add(e.feature)
    return entries


def _types(entries, table):
    types = {}
    for e in entries:
        kind = "category" if e.levels is not None else table.type(e.input)
        if kind == "category" and e.levels is None:
            raise NotTranslatable(f"{e.input!r} holds texts, and nothing makes numbers of them")
        if types.setdefault(e.input, kind) != kind:
            raise NotTranslatable(f"{e.input!r} is used as a number and as a category; give X two columns for it")
    return types


def _steps(estimator):
    return [s for _, s in estimator.steps] if type(estimator).__name__ == "Pipeline" else [estimator]


def _model_of(estimator, table, classes):
    steps = _steps(estimator)
    prepared = [(_Entry(n), 0) for n in table.names]
    for step in steps[:-1]:
        prepared = _transform(step, prepared)
    if trees := _trees_of(steps[-1]):
        return _Forest(trees, table, prepared, classes)
    if classes is not None:
        raise ValueError("the estimator knows its classes; leave the argument classes out")
    return _Linear(steps[-1], table, prepared)


class _Forest:
    """A booster in the format of its library, with the categories of a pandas frame prepared as the training coded them."""

    def __init__(self, trees, table, prepared, classes):
        if any(entry.done() for entry, _ in prepared) or [e.input for e, _ in prepared] != table.names:
            raise NotTranslatable("trees behind a preparation cannot be said: fit them on the columns themselves; they want "
                                  "no scaling, know missing values, and take categories of a pandas frame")
        self.trees, self.file, self.format, self.classes = trees, trees.file, trees.format, trees.classes(classes)
        if len(trees.features) != len(table.names):
            raise NotTranslatable(f"the model has {len(trees.features)} features, X {len(table.names)} columns")
        named = table.frame and trees.features != [trees.unnamed.format(i) for i in range(len(table.names))]
        for i, (feature, name) in enumerate(zip(trees.features, table.names)):
            if named and feature not in (name, re.sub(r"\s", "_", name)):  # LightGBM has no spaces in names
                raise NotTranslatable(f"column {i + 1} of X is {name!r}, feature {i + 1} of the model {feature!r}; "
                                      "give X the columns that it was trained on, in their order")
        self.types, self.preparation, categories = {}, [], trees.categories(table)
        for name, feature in zip(table.names, trees.features):
            entry = {"input": name, **({"feature": feature} if feature != name else {})}
            self.types[name] = table.type(name)
            if name in categories:
                self.types[name] = "category"
                entry.update(levels=_levels(name, categories[name]), encode="index", unknown=trees.unknown, missing="ignore")
            elif self.types[name] == "category":
                raise NotTranslatable(f"{name!r} holds texts, and nothing makes numbers of them")
            if len(entry) > 1:
                self.preparation.append(entry)

    def save(self, directory):
        self.trees.booster.save_model(os.path.join(directory, self.file))


class _Trees:
    """A fitted booster, bare or within an estimator."""

    def __init__(self, model):
        self.model, self.bare = model, type(model).__name__ == "Booster"

    def named(self, names, count):
        """The classes of a model that counts them."""
        if hasattr(self.model, "classes_"):
            if names is not None:
                raise ValueError("the estimator knows its classes; leave the argument classes out")
            return list(self.model.classes_)
        names = list(range(count)) if names is None else list(names)
        if len(names) != count:
            raise ValueError(f"{len(names)} classes are named, the model has {count}")
        return names


_OWN_OBJECTIVE = "the objective is a function of Python, and what its answers mean is not in the model; train with one of the library"


class _LightGBM(_Trees):
    file, format, unnamed, unknown = "model.txt", "lightgbm", "Column_{}", "ignore"

    def __init__(self, model):
        super().__init__(model)
        self.booster = model if self.bare else model.booster_  # saves up to the best iteration, as it predicts
        self.features = self.booster.feature_name()

    def answering(self):
        """The bare booster as something that predicts of X."""
        return self.booster

    def classes(self, names):
        header = self.booster.model_to_string(num_iteration=1).partition("\n\n")[0]
        fields = dict(line.partition("=")[::2] for line in header.splitlines())
        objective, count = fields.get("objective", "").split(" ")[0], int(fields["num_class"])
        if not objective and (count > 1 or hasattr(self.model, "classes_")):
            raise NotTranslatable(_OWN_OBJECTIVE)
        return self.named(names, max(2, count)) if objective in ("binary", "multiclass", "multiclassova", "cross_entropy") else None

    def categories(self, table):
        known = self.booster.pandas_categorical or []
        columns = [n for n in table.names if table.levels(n) is not None]
        if len(columns) != len(known):
            raise NotTranslatable(f"the model was trained on {len(known)} columns of pandas categories, X has {len(columns)} "
                                  f"({', '.join(columns)}); give X the dtypes of the training")
        return dict(zip(columns, known))


class _XGBoost(_Trees):
    file, format, unnamed, unknown = "model.ubj", "xgboost", "f{}", "error"

    def __init__(self, model):
        super().__init__(model)
        self.booster = self.whole = model if self.bare else model.get_booster()
        if not self.bare:
            if not _is_missing(model.missing):
                raise NotTranslatable(f"missing={model.missing!r}: a bundle knows NaN and null only; train with NaN")
            best = self.booster.attr("best_iteration")
            if best is not None and model.booster != "gblinear":
                self.booster = self.whole[: int(best) + 1]  # as the estimator predicts; without the names of categories
        self.features = self.booster.feature_names or [self.unnamed.format(i) for i in range(self.booster.num_features())]

    def answering(self):
        import xgboost

        class Matrices:
            @staticmethod
            def predict(X):
                names = None if hasattr(X, "columns") else self.booster.feature_names
                return self.booster.predict(xgboost.DMatrix(X, feature_names=names, enable_categorical=True))
        return Matrices

    def classes(self, names):
        learner = json.loads(self.booster.save_config())["learner"]
        objective = learner["objective"]["name"]
        if callable(getattr(self.model, "objective", None)):
            raise NotTranslatable(_OWN_OBJECTIVE)
        if objective == "multi:softmax" and self.bare:
            raise NotTranslatable("multi:softmax answers with a class; train with multi:softprob, whose probabilities decide alike")
        if objective not in ("binary:logistic", "binary:hinge", "reg:logistic", "multi:softprob", "multi:softmax"):
            return None
        return self.named(names, max(2, int(learner["learner_model_param"]["num_class"])))

    def categories(self, table):
        booster = json.loads(self.whole.save_raw("json"))["learner"]["gradient_booster"]
        trees, out = booster.get("model") or booster.get("gbtree", {}).get("model", {}), {}
        for name, enc in zip(table.names, trees.get("cats", {}).get("enc", [])):
            out[name] = enc["values"]
            if "offsets" in enc:
                if not all(0 <= v < 128 for v in enc["values"]):
                    raise NotTranslatable(f"categories of {name!r} are not ASCII, and XGBoost loses the ends of such texts; "
                                          "rename them or train on their codes")
                joined, ends = bytes(enc["values"]), enc["offsets"]
                out[name] = [joined[a:b].decode() for a, b in zip(ends, ends[1:])]
        return {name: levels for name, levels in out.items() if levels}


def _trees_of(model):
    """The booster of LightGBM or XGBoost in it, None where it is no such."""
    roots = {c.__module__.partition(".")[0] for c in type(model).__mro__}
    return _LightGBM(model) if "lightgbm" in roots else _XGBoost(model) if "xgboost" in roots else None


def _levels(name, categories):
    if not all(isinstance(c, (str, bool, int, float, np.bool_, np.number)) for c in categories):
        raise NotTranslatable(f"the categories of {name!r} are neither texts nor numbers; make texts of them before the training")
    levels = [_canonical(c) for c in categories]
    if len(set(levels)) != len(levels):
        raise NotTranslatable(f"two categories of {name!r} are the same text to hindsight (1, 1.0 and true are)")
    return levels


# --- preparation ----------------------------------------------------------------------------------------------------

class _Entry:
    """An entry of `preparation`: what is made of one input, in the order missing, log1p, clip, scale, bucket or levels."""

    ORDER = ["missing", "log1p", "clip", "scale", "bucket", "levels"]

    def __init__(self, name):
        self.input = self.feature = name
        self.missing = self.clip = self.scale = self.bucket = self.levels = None
        self.log1p = self.index = False
        self.unknown = "error"

    def plain(self):
        """Whether the input passes as it is, and needs no entry."""
        return self.feature == self.input and not self.done()

    def done(self):
        return [s for s in self.ORDER if getattr(self, s) not in (None, False)]

    def next(self, step, who):
        """A copy that the step may be put into."""
        done = self.done()
        if any(self.ORDER.index(s) > self.ORDER.index(step) or s == step != "scale" for s in done):
            raise NotTranslatable(f"{who}: {step} after {done[-1]} of {self.input!r}: a bundle prepares in the order "
                                  + ", ".join(self.ORDER) + "; reorder the pipeline")
        entry = _Entry(self.input)
        entry.__dict__.update(self.__dict__)
        return entry

    def yaml(self):
        out = {"input": self.input}
        if self.feature != self.input:
            out["feature"] = self.feature
        if self.missing is not None:
            out["missing"] = {"level": _canonical(self.missing)} if self.levels is not None else float(self.missing)
        if self.log1p:
            out["log1p"] = True
        if self.clip is not None:
            out["clip"] = self.clip
        if self.scale is not None:
            out["scale"] = {"mean": self.scale[0], "std": self.scale[1]}
        if self.bucket is not None:
            out["bucket"] = self.bucket
        if self.levels is not None:
            out["levels"] = self.levels
            out["unknown"] = self.unknown
        if self.index:
            out["encode"] = "index"
        return out

    def columns(self):
        """Names of the prepared columns, as hindsight gives them."""
        if self.index or self.bucket is None and self.levels is None:
            return [self.feature]
        if self.levels is not None:
            return [f"{self.feature}={level}" for level in self.levels]
        edges = [_go_float(e) for e in self.bucket]
        return [f"{self.feature}=[{low},{high})" for low, high in zip(["-inf"] + edges, edges + ["inf"])]


def _transform(step, prepared):
    """The columns (entry, index within it) that a fitted transformer makes of prepared ones."""
    if isinstance(step, str) or step is None:
        if step == "drop":
            return []
        return prepared  # passthrough
    kind = type(step).__name__
    if kind == "Pipeline":
        for _, inner in step.steps:
            prepared = _transform(inner, prepared)
        return prepared
    if kind == "ColumnTransformer":
        return _column_transformer(step, prepared)
    make = {"SimpleImputer": _imputer, "StandardScaler": _scaler, "MinMaxScaler": _scaler, "MaxAbsScaler": _scaler,
            "RobustScaler": _scaler, "OneHotEncoder": _one_hot, "KBinsDiscretizer": _bins, "FunctionTransformer": _function}
    if kind not in make:
        raise NotTranslatable(f"{kind} is not among what a bundle prepares ({', '.join(make)})")
    for entry, _ in prepared:
        if entry.bucket is not None or entry.levels is not None:
            raise NotTranslatable(f"{kind} after the indicators of {entry.input!r} cannot be said; put it before them")
    return [c for j, (entry, _) in enumerate(prepared) for c in make[kind](step, j, entry)]


def _column_transformer(step, prepared):
    out = []
    for name, transformer, _ in step.transformers_:
        out += _transform(transformer, [prepared[p] for p in step._transformer_to_input_indices[name]])
    return out


def _imputer(step, j, entry):
    if getattr(step, "add_indicator", False):
        raise NotTranslatable("SimpleImputer(add_indicator=True) makes columns that a bundle does not have")
    if not _is_missing(step.missing_values) and step.missing_values is not None:
        raise NotTranslatable(f"SimpleImputer(missing_values={step.missing_values!r}): a bundle knows NaN and null only")
    value = step.statistics_[j]
    if _is_missing(value):
        raise NotTranslatable(f"SimpleImputer has nothing to put in for {entry.input!r}")
    entry = entry.next("missing", "SimpleImputer")
    entry.missing = value
    return [(entry, 0)]


def _scaler(step, j, entry):
    """(x - mean) / std; on top of another scale they are put together."""
    kind, mean, std = type(step).__name__, 0.0, 1.0
    if kind == "StandardScaler":
        mean = 0.0 if step.mean_ is None else step.mean_[j]
        std = 1.0 if step.scale_ is None else step.scale_[j]
    elif kind == "RobustScaler":
        mean = 0.0 if step.center_ is None else step.center_[j]
        std = 1.0 if step.scale_ is None else step.scale_[j]
    elif kind == "MaxAbsScaler":
        std = step.scale_[j]
    else:
        if step.clip:
            raise NotTranslatable("MinMaxScaler(clip=True) clips after it scales; clip before it, by FunctionTransformer(numpy.clip)")
        mean, std = -step.min_[j] / step.scale_[j], 1 / step.scale_[j]
    entry = entry.next("scale", kind)
    if entry.scale is not None:
        mean, std = entry.scale[0] + entry.scale[1] * mean, entry.scale[1] * std
    entry.scale = (float(mean), float(std))
    return [(entry, 0)]


def _one_hot(step, j, entry):
    if getattr(step, "_infrequent_enabled", False) and step.infrequent_categories_[j] is not None:
        raise NotTranslatable(f"OneHotEncoder lumps infrequent categories of {entry.input!r}; a bundle cannot")
    if step.handle_unknown == "warn":
        raise NotTranslatable("OneHotEncoder(handle_unknown='warn') is not said in a bundle; use 'ignore'")
    entry = entry.next("levels", "OneHotEncoder")
    categories = list(step.categories_[j])
    if any(_is_missing(c) for c in categories):
        raise NotTranslatable(f"OneHotEncoder has a level for missing {entry.input!r}; put a SimpleImputer before it")
    entry.levels = [_canonical(c) for c in categories]
    if len(set(entry.levels)) != len(entry.levels):
        raise NotTranslatable(f"two levels of {entry.input!r} are the same text to hindsight (1, 1.0 and true are)")
    entry.unknown = "error" if step.handle_unknown == "error" else "ignore"
    dropped = None if step.drop_idx_ is None else step.drop_idx_[j]
    return [(entry, i) for i in range(len(categories)) if i != dropped]


def _bins(step, j, entry):
    edges = [float(e) for e in step.bin_edges_[j][1:-1]]
    if not edges:
        raise NotTranslatable(f"KBinsDiscretizer makes a single bin of {entry.input!r}; take it out")
    entry = entry.next("bucket", "KBinsDiscretizer")
    entry.bucket = edges
    if step.encode == "ordinal":
        entry.index = True
        return [(entry, 0)]
    return [(entry, i) for i in range(len(edges) + 1)]


def _function(step, j, entry):
    if step.func is None:
        return [(entry, 0)]
    arguments = dict(step.kw_args or {})
    if step.func is np.log1p and not arguments:
        entry = entry.next("log1p", "FunctionTransformer")
        entry.log1p = True
        return [(entry, 0)]
    low, high = arguments.pop("a_min", arguments.pop("min", None)), arguments.pop("a_max", arguments.pop("max", None))
    if step.func is np.clip and not arguments and np.isscalar(low) and np.isscalar(high):
        entry = entry.next("clip", "FunctionTransformer")
        entry.clip = [float(low), float(high)]
        return [(entry, 0)]
    raise NotTranslatable(f"FunctionTransformer({getattr(step.func, '__name__', step.func)}): only numpy.log1p, and numpy.clip "
                          "with kw_args of a_min and a_max, can be said in a bundle")


# --- texts ----------------------------------------------------------------------------------------------------------

_DECIMAL = re.compile(r"([+-]?)(\d*)\.?(\d*)(?:[eE]([+-]?\d+))?\Z", re.ASCII)


def _canonical(v):
    """The text of a level or class in which 1, 1.0, "1" and True are the same: that of schemas.Canonical."""
    text = _cell(v).strip()
    if text.lower() in ("true", "false"):
        return "1" if text.lower() == "true" else "0"
    m = _DECIMAL.match(text)
    if not m or not m[2] + m[3]:
        return text
    digits, point = (m[2] + m[3]).lstrip("0"), len(m[2]) + int(m[4] or 0)
    point -= len(m[2] + m[3]) - len(digits)
    digits = digits.rstrip("0")
    if not digits:
        return "0"
    return ("-" if m[1] == "-" else "") + _placed(digits, point, -6, 21, "e{:+d}" if point > 0 else "e{:d}")


def _go_float(v):
    """v as Go's strconv.FormatFloat(v, 'g', -1, 64) has it."""
    mantissa, exponent = format(abs(v), ".17e").split("e")
    for precision in range(17):
        mantissa, exponent = format(abs(v), f".{precision}e").split("e")
        if float(f"{mantissa}e{exponent}") == abs(v):
            break
    digits = mantissa.replace(".", "").rstrip("0") or "0"
    text = _placed(digits, int(exponent) + 1, -4, 6, "e{:+03d}")
    return ("-" if math.copysign(1, v) < 0 else "") + text


def _placed(digits, point, smallest, largest, exponent):
    """0.digits * 10**point, plain while its exponent is from smallest to below largest."""
    if not smallest <= point - 1 < largest:
        return digits[0] + ("." + digits[1:] if len(digits) > 1 else "") + exponent.format(point - 1)
    if point <= 0:
        return "0" if digits == "0" else "0." + "0" * -point + digits
    return digits.ljust(point, "0")[:point] + ("." + digits[point:] if len(digits) > point else "")


def _text(v):
    return json.dumps(v, ensure_ascii=False)


def _number(v):
    return repr(float(v))


def _flow(v):
    """v as YAML on one line."""
    if isinstance(v, dict):
        return "{" + ", ".join(f"{k}: {_flow(x)}" for k, x in v.items()) + "}"
    if isinstance(v, (list, tuple)):
        return "[" + ", ".join(_flow(x) for x in v) + "]"
    if isinstance(v, (bool, str)):
        return json.dumps(v, ensure_ascii=False)
    return _number(v)
