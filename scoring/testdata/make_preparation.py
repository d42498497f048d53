"""Writes preparation/*.yaml and *.csv: what scikit-learn's transformers (and pandas, of times) make of raw rows.

    ../../dist/python/bin/python make_preparation.py     (`make python` makes that environment)

Each case is a bundle.yaml whose `preparation` holds what the transformer learnt, and rows of raw cells followed by the
columns wanted, whose names begin with =; `error` stands where the transformer refuses the row. Rows are told as their
cells, so that texts, gaps and numbers exactly at an edge come through.
"""

import csv
import datetime
import json
import os

import numpy as np
import pandas as pd
from sklearn.compose import ColumnTransformer
from sklearn.impute import SimpleImputer
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import (FunctionTransformer, KBinsDiscretizer, MinMaxScaler, OneHotEncoder, OrdinalEncoder,
                                   RobustScaler, StandardScaler)

random = np.random.default_rng(11)
nan = float("nan")
os.makedirs("preparation", exist_ok=True)


def write(name, types, entries, columns, wanted):
    """wanted has a row of numbers, or None for an error, for each row of columns."""
    width = len(next(w for w in wanted if w is not None))
    with open(f"preparation/{name}.yaml", "w") as f:
        f.write(f"name: {name}\nversion: 1\ntask: regression\nmodel: {{format: linear}}\ninputs:\n")
        f.writelines(f"  - {{name: {n}, type: {t}}}\n" for n, t in types.items())
        f.write("preparation:\n")
        f.writelines("  - " + json.dumps(e, ensure_ascii=False) + "\n" for e in entries)
    with open(f"preparation/{name}.csv", "w", newline="") as f:
        out = csv.writer(f, lineterminator="\n")
        out.writerow(list(types) + [f"={i}" for i in range(width)])
        for cells, want in zip(zip(*columns), wanted):
            out.writerow([cell(c) for c in cells] + ([cell(v) for v in want] if want is not None else ["error"] * width))


def cell(v):
    if v is None or isinstance(v, float) and np.isnan(v):
        return ""
    return repr(float(v)) if isinstance(v, (float, np.floating)) else str(v)


def one_by_one(transformer, column):
    """What the transformer makes of each row alone, None where it raises."""
    wanted = []
    for v in column:
        try:
            wanted.append(np.asarray(transformer.transform(np.array([[v]], dtype=column.dtype))).ravel().astype(float))
        except ValueError:
            wanted.append(None)
    return wanted


def numeric(name, transformer, entry, column, fitted_to=None):
    column = np.asarray(column, dtype=float)
    transformer.fit((column if fitted_to is None else np.asarray(fitted_to)).reshape(-1, 1))
    write(name, {"x": "number"}, [{"input": "x", **entry(transformer)}], [column], one_by_one(transformer, column))


def category(name, transformer, entry, fitted_to, column):
    transformer.fit(np.array(fitted_to, dtype=object).reshape(-1, 1))
    column = np.array(column, dtype=object)
    write(name, {"x": "category"}, [{"input": "x", **entry(transformer)}], [column], one_by_one(transformer, column))


numbers = np.concatenate([random.lognormal(3, 2, 40), [0, -0.0, 1e-300, 1e12, 1]])
gaps = np.where(random.random(45) < 0.3, nan, numbers)

numeric("standard_scaler", StandardScaler(), lambda t: {"scale": {"mean": t.mean_[0], "std": t.scale_[0]}}, numbers)
numeric("standard_scaler_of_a_constant", StandardScaler(), lambda t: {"scale": {"mean": t.mean_[0], "std": t.scale_[0]}}, [3.0] * 5)
numeric("min_max_scaler", MinMaxScaler(feature_range=(-1, 3)), lambda t: {"scale": {"mean": -t.min_[0] / t.scale_[0], "std": 1 / t.scale_[0]}}, numbers)
numeric("robust_scaler", RobustScaler(), lambda t: {"scale": {"mean": t.center_[0], "std": t.scale_[0]}}, numbers)
for strategy in "mean", "median", "most_frequent", "constant":
    numeric("imputer_" + strategy, SimpleImputer(strategy=strategy, fill_value=-7.5 if strategy == "constant" else None),
            lambda t: {"missing": t.statistics_[0]}, gaps)
clip = {"a_min": 1.5, "a_max": 6}
numeric("impute_log_clip_scale",
        make_pipeline(SimpleImputer(), FunctionTransformer(np.log1p), FunctionTransformer(np.clip, kw_args=clip), StandardScaler()),
        lambda t: {"missing": t[0].statistics_[0], "log1p": True, "clip": [1.5, 6], "scale": {"mean": t[3].mean_[0], "std": t[3].scale_[0]}}, gaps)
for strategy in "uniform", "quantile", "kmeans":
    for encode in "onehot-dense", "ordinal":
        bins = KBinsDiscretizer(6, strategy=strategy, encode=encode, quantile_method="averaged_inverted_cdf", random_state=0)
        edges = bins.fit(np.log1p(numbers[:40]).reshape(-1, 1)).bin_edges_[0]
        at_edges = np.concatenate([edges, np.nextafter(edges, -np.inf), np.nextafter(edges, np.inf), [-5, 0, 99]])
        numeric(f"bins_{strategy}_{encode.split('-')[0]}", bins,
                lambda t: {"bucket": t.bin_edges_[0][1:-1].tolist(), "encode": "index" if t.encode == "ordinal" else "one-hot"},
                at_edges, fitted_to=np.log1p(numbers[:40]))

seen = ["b", "a", "été", "ß \"q\", r", "b", "B", "a"]
rows = seen + ["c", "A", "", " ", "(never seen)"]
rows = [r for r in rows if r.strip()] + [nan]  # an empty cell is a gap here
levels = lambda t: t.categories_[0].tolist()
category("one_hot_ignore", OneHotEncoder(handle_unknown="ignore", sparse_output=False), lambda t: {"levels": levels(t), "unknown": "ignore"}, seen, rows)
category("one_hot_error", OneHotEncoder(sparse_output=False), lambda t: {"levels": levels(t)}, seen, rows)
category("one_hot_of_codes", OneHotEncoder(handle_unknown="ignore", sparse_output=False), lambda t: {"levels": [str(v) for v in levels(t)], "unknown": "ignore"},
         [3, 1, 20, 1], [1, 20, 3, 2, 0, -1])
category("impute_one_hot", make_pipeline(SimpleImputer(strategy="most_frequent"), OneHotEncoder(handle_unknown="ignore", sparse_output=False)),
         lambda t: {"missing": {"level": t[0].statistics_[0]}, "levels": levels(t[1]), "unknown": "ignore"}, seen, rows)
category("impute_unseen_one_hot", make_pipeline(SimpleImputer(strategy="constant", fill_value="none"), OneHotEncoder(handle_unknown="ignore", sparse_output=False)),
         lambda t: {"missing": {"level": "none"}, "levels": levels(t[1]), "unknown": "ignore"}, seen, rows)
category("ordinal", OrdinalEncoder(handle_unknown="use_encoded_value", unknown_value=5), lambda t: {"levels": levels(t), "unknown": "other", "missing": "error", "encode": "index"},
         seen, rows[:-1])

# Several inputs side by side, in the order of the inputs.
frame = pd.DataFrame({"x": gaps, "c": random.choice(["a", "b", "c"], 45), "on": random.random(45) < 0.5})
both = ColumnTransformer([("x", make_pipeline(SimpleImputer(), StandardScaler()), ["x"]), ("c", OneHotEncoder(sparse_output=False), ["c"]), ("on", "passthrough", ["on"])]).fit(frame)
imputer, scaler = both.named_transformers_["x"]
write("columns", {"x": "number", "c": "category", "on": "boolean"},
      [{"input": "x", "missing": imputer.statistics_[0], "scale": {"mean": scaler.mean_[0], "std": scaler.scale_[0]}}, {"input": "c", "levels": ["a", "b", "c"]}],
      [frame.x, frame.c, frame.on], both.transform(frame).astype(float))

# Parts of times, by pandas.
times = pd.Series(pd.to_datetime(["1969-12-31 23:59:59.5", "1970-01-01", "2000-02-29 12:34:56", "2026-12-31 23:59:59.999", "2027-01-01", "2024-12-31 00:00:00.001"]
                                 + [str(datetime.datetime(1990, 1, 1) + datetime.timedelta(minutes=int(m))) for m in random.integers(0, 30_000_000, 40)], format="mixed"))
parts = {"year": times.dt.year, "month": times.dt.month, "day": times.dt.day, "yearday": times.dt.day_of_year, "weekday": times.dt.day_of_week,
         "hour": times.dt.hour, "minute": times.dt.minute, "second": times.dt.second, "unix": times.map(lambda t: t.timestamp() // 1)}
write("time_parts", {"x": "time"}, [{"input": "x", "part": p} for p in parts], [times.dt.strftime("%Y-%m-%d %H:%M:%S.%f").str[:-3]],
      np.column_stack([v.to_numpy(float) for v in parts.values()]))

# Hashing is FNV-1a of 64 bits over the text's UTF-8.
texts = ["a", "été", "DE", "a longer text, with a comma", "1", "007x"]


def fnv(text):
    h = 0xcbf29ce484222325
    for b in text.encode():
        h = (h ^ b) * 0x100000001b3 % 2**64
    return h


write("hash", {"x": "category"}, [{"input": "x", "hash": 11}], [texts], [np.eye(11)[fnv(t) % 11] for t in texts])
