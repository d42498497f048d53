"""Trains the models that bench-models measures: 500 trees each, into DIR, with 2,000 rows as binary files.

usage: train_large.py DIR. Needs lightgbm, xgboost and numpy.
"""
import os, sys

os.environ.setdefault("OMP_NUM_THREADS", "1")
import numpy as np, lightgbm as lgb, xgboost as xgb

folder = sys.argv[1]
os.makedirs(folder, exist_ok=True)


def data(width, categories, holes):
    r, n = np.random.default_rng(7), 22000
    x = r.normal(size=(n, width))
    for at, many in categories.items():
        x[:, at] = r.integers(0, many, n)
    w = r.normal(size=width)
    y = (np.tanh(x) @ w + np.sin(3 * x[:, 0]) * x[:, 1] + 0.5 * r.normal(size=n) > 0).astype(int)
    if holes:
        x[r.random(x.shape) < 0.08] = np.nan
    return x[:20000], y[:20000], x[20000:]


for name, width, categories, holes in (("lgb_8", 8, {}, False), ("lgb_30", 30, {}, False), ("lgb_30_nan_categories", 30, {27: 5, 28: 40, 29: 300}, True)):
    x, y, rows = data(width, categories, holes)
    d = lgb.Dataset(x, y, categorical_feature=list(categories), feature_name=[f"f{i}" for i in range(width)])
    lgb.train(dict(objective="binary", num_leaves=31, learning_rate=0.03, num_threads=1, verbose=-1, seed=7), d, 500).save_model(f"{folder}/{name}.txt")
    rows.astype("<f8").tofile(f"{folder}/{name}.f64")
x, y, rows = data(27, {}, True)
d = xgb.DMatrix(x.astype(np.float32), y, feature_names=[f"f{i}" for i in range(27)])
xgb.train(dict(objective="binary:logistic", max_depth=6, eta=0.03, nthread=1, tree_method="hist"), d, 500).save_model(f"{folder}/xgb_27_nan.ubj")
rows.astype("<f8").tofile(f"{folder}/xgb_27_nan.f64")
