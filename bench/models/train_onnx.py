"""Trains models, exports them to ONNX, and writes each with rows and two sets of answers: those of onnxruntime, one
row at a time, and those of the library that trained it.

usage: train_onnx.py DIR SEED. `bench/models -onnx` compares the answers. Rows are float32 values: trees split between
two of them, and what a library computes of a double it never saw is not what it exported.
"""
import csv, gzip, os, sys, warnings

os.environ.setdefault("OMP_NUM_THREADS", "1")
warnings.filterwarnings("ignore")
import catboost, numpy as np, onnx, onnxruntime, pandas as pd
from onnx import TensorProto, helper, numpy_helper
from skl2onnx import to_onnx
from skl2onnx.common.data_types import DoubleTensorType, FloatTensorType, Int64TensorType, StringTensorType
from sklearn.calibration import CalibratedClassifierCV
from sklearn.compose import ColumnTransformer
from sklearn.ensemble import GradientBoostingClassifier, GradientBoostingRegressor, RandomForestClassifier, RandomForestRegressor
from sklearn.impute import SimpleImputer
from sklearn.linear_model import LogisticRegression
from sklearn.neural_network import MLPClassifier, MLPRegressor
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder, OrdinalEncoder, StandardScaler

folder, seed = sys.argv[1], int(sys.argv[2])
os.makedirs(folder, exist_ok=True)
r = np.random.default_rng(seed)
options = onnxruntime.SessionOptions()
options.log_severity_level = 3
options.intra_op_num_threads = options.inter_op_num_threads = 1
N, WIDTH, ROWS = 1500, 6, 300

X = r.normal(size=(N, WIDTH)).astype(np.float32)
signal = X[:, 0] + np.sin(X[:, 1]) * X[:, 2] + 0.3 * r.normal(size=N)
two, three = (signal > 0.3).astype(int), np.array(["high", "low", "mid"])[np.digitize(signal, [-0.7, 0.8])]
frame = pd.DataFrame(X[:, :3], columns=["age", "amount", "income"])
frame["city"] = np.array(["ams", "ber", "cph", "dub"])[r.integers(0, 4, N)]
frame["plan"] = r.integers(0, 5, N)
frame.loc[r.random(N) < 0.1, "amount"] = np.nan
frame_signal = frame["age"] + frame["amount"].fillna(0) + (frame["city"] == "ber") + 0.2 * frame["plan"] + 0.3 * r.normal(size=N)
TYPES = [("age", FloatTensorType([None, 1])), ("amount", FloatTensorType([None, 1])), ("income", FloatTensorType([None, 1])),
         ("city", StringTensorType([None, 1])), ("plan", Int64TensorType([None, 1]))]


def matrix_rows(thresholds=()):
    """Rows that were trained on, two thirds of them with values at and beside thresholds, and at the edges."""
    x = X[r.permutation(N)[:ROWS]].copy()
    for row in x[ROWS // 3:]:
        for _ in range(r.integers(1, 4)):
            at, v = int(r.integers(WIDTH)), np.float32(r.choice([0, -0.0, 1e-36, 1e6, -1e6]))
            if len(thresholds) and r.random() < 0.8:
                at, v = thresholds[r.integers(len(thresholds))]
            row[at] = r.choice([np.float32(v), np.nextafter(np.float32(v), np.float32(np.inf)), np.nextafter(np.float32(v), np.float32(-np.inf))])
    return x


def frame_rows():
    f = frame.sample(ROWS, random_state=int(r.integers(1 << 30))).reset_index(drop=True)
    f.loc[: ROWS // 10, "city"], f.loc[: ROWS // 20, "plan"] = "nowhere", 77
    return f


def answers(out):
    out = np.asarray(out)
    return out.reshape(len(out), -1)[:, -1:] if out.ndim == 1 or out.shape[1] <= 2 else out


def onnx_answers(model, rows):
    s = onnxruntime.InferenceSession(model.SerializeToString(), options, providers=["CPUExecutionProvider"])
    inputs, kinds = s.get_inputs(), {"tensor(float)": np.float32, "tensor(double)": np.float64, "tensor(int64)": np.int64, "tensor(string)": object}
    out = [o.name for o in s.get_outputs() if o.type not in ("tensor(int64)", "tensor(string)")]
    got = []
    for i in range(len(rows)):
        row = rows[i:i + 1]
        feed = {v.name: np.asarray(row[[v.name]], dtype=kinds[v.type]) for v in inputs} if isinstance(rows, pd.DataFrame) else {
            inputs[0].name: row.astype(kinds[inputs[0].type])}
        answer = s.run(out, feed)[0]
        got.append(list(answer[0].values()) if isinstance(answer, list) else np.asarray(answer).reshape(-1))
    return np.asarray(got)


def save(name, model, rows, library):
    if not isinstance(model, onnx.ModelProto):
        model = onnx.load(model)
        model.producer_version = catboost.__version__  # not the log of its build
        del model.metadata_props[:]  # and not when it was trained: the same seed gives the same bytes
    with open(f"{folder}/{name}.onnx", "wb") as f:
        f.write(model.SerializeToString())
    ours, theirs = answers(onnx_answers(model, rows)), answers(library)
    heads = list(rows.columns) if isinstance(rows, pd.DataFrame) else [f"f{i}" for i in range(rows.shape[1])]
    text = lambda v: v if isinstance(v, str) else "" if np.isnan(v) else repr(float(v))
    with gzip.open(f"{folder}/{name}.csv.gz", "wt", 9, newline="") as f:
        w = csv.writer(f)
        w.writerow(heads + [f"onnx{i}" for i in range(ours.shape[1])] + [f"library{i}" for i in range(theirs.shape[1])])
        for row, a, b in zip(np.asarray(rows, dtype=object), ours, theirs):
            w.writerow([text(v) for v in [*row, *a, *b]])


def thresholds(model):
    trees = np.asarray(model.estimators_).ravel()
    return [(int(f), v) for t in trees for f, v in zip(t.tree_.feature, t.tree_.threshold) if f >= 0]


def sklearn(name, model, y, x=X, **kw):
    model.fit(x, y)
    rows = matrix_rows(thresholds(model) if hasattr(model, "estimators_") else ()).astype(x.dtype)
    if name.startswith("mlp"):
        rows = np.clip(rows, -10, 10)  # sums of float32 cancel where they are large: no answer to compare
    save("sklearn_" + name, to_onnx(model, x[:1], **kw), rows, (getattr(model, "predict_proba", None) or model.predict)(rows))


def sklearn_frame(name, encoder, last, y, **kw):
    columns = ColumnTransformer([("numbers", make_pipeline(SimpleImputer(), StandardScaler()), ["age", "amount", "income"]), *encoder])
    model, rows = make_pipeline(columns, last).fit(frame, y), frame_rows()
    exported = to_onnx(model, initial_types=TYPES, **kw)
    save("sklearn_" + name, exported, rows, (getattr(model, "predict_proba", None) or model.predict)(rows))


plain = {"options": {"zipmap": False}}
one_hot = [("texts", OneHotEncoder(handle_unknown="ignore"), ["city"]), ("codes", OneHotEncoder(handle_unknown="ignore"), ["plan"])]
ordinal = [("texts", OrdinalEncoder(handle_unknown="use_encoded_value", unknown_value=-1), ["city"]), ("codes", "passthrough", ["plan"])]
sklearn_frame("pipeline_logistic", one_hot, LogisticRegression(), (frame_signal > 0.5).astype(int), **plain)
sklearn_frame("pipeline_forest_regression", ordinal, RandomForestRegressor(20, max_depth=6, random_state=seed), frame_signal)
sklearn("logistic_zipmap", make_pipeline(StandardScaler(), LogisticRegression()), two)
sklearn("logistic_double", make_pipeline(StandardScaler(), LogisticRegression()), two, X.astype(np.float64), **plain)
sklearn("forest_texts_zipmap", RandomForestClassifier(30, max_depth=6, random_state=seed), three)
sklearn("boosting", GradientBoostingClassifier(n_estimators=40, random_state=seed), two, **plain)
sklearn("boosting_regression", GradientBoostingRegressor(n_estimators=40, random_state=seed), signal)
sklearn("mlp_three", MLPClassifier(hidden_layer_sizes=(16,), max_iter=60, random_state=seed), np.digitize(signal, [-0.7, 0.8]), **plain)
sklearn("mlp_regression", MLPRegressor(hidden_layer_sizes=(16,), max_iter=60, random_state=seed), signal)
sklearn("calibrated", CalibratedClassifierCV(LogisticRegression(), cv=3), two)


def catboosts(name, kind, y):
    model = kind(iterations=60, depth=5, verbose=0, random_seed=seed, thread_count=1, allow_writing_files=False).fit(X, y)
    splits = [(i, v) for i, borders in model.get_borders().items() for v in borders]
    rows, file = matrix_rows(splits), f"{folder}/catboost.tmp"
    model.save_model(file, format="onnx")
    save("catboost_" + name, file, rows, model.predict_proba(rows) if hasattr(model, "predict_proba") else model.predict(rows))
    os.remove(file)


catboosts("two", catboost.CatBoostClassifier, two)
catboosts("three_texts", catboost.CatBoostClassifier, three)
catboosts("regression", catboost.CatBoostRegressor, signal)


def network(name, classes, last):
    """A graph as torch.onnx.export writes one of two Linear layers; the library is numpy, in float64."""
    w1, b1, w2, b2 = [(r.uniform(-1, 1, size=s) / np.sqrt(fan)).astype(np.float32) for s, fan in
                      (((16, WIDTH), WIDTH), (16, WIDTH), ((classes, 16), 16), (classes, 16))]
    nodes = [helper.make_node("Gemm", ["input", "w1", "b1"], ["h"], transB=1), helper.make_node("Relu", ["h"], ["a"]),
             helper.make_node("Gemm", ["a", "w2", "b2"], ["z"], transB=1), helper.make_node(last, ["z"], ["output"], **({"axis": 1} if last == "Softmax" else {}))]
    graph = helper.make_graph(nodes, "main_graph", [helper.make_tensor_value_info("input", TensorProto.FLOAT, ["batch", WIDTH])],
                              [helper.make_tensor_value_info("output", TensorProto.FLOAT, ["batch", classes])],
                              [numpy_helper.from_array(v, k) for k, v in {"w1": w1, "b1": b1, "w2": w2, "b2": b2}.items()])
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 18)], producer_name="pytorch-like", ir_version=10)
    onnx.checker.check_model(model)
    rows = np.clip(matrix_rows(), -10, 10)
    z = np.maximum(rows.astype(np.float64) @ w1.T + b1, 0) @ w2.T + b2
    e = np.exp(z - z.max(axis=1, keepdims=True))
    save("torch_" + name, model, rows, 1 / (1 + np.exp(-z)) if last == "Sigmoid" else e / e.sum(axis=1, keepdims=True))


network("sigmoid", 1, "Sigmoid")
network("softmax", 4, "Softmax")
