"""Trains small models of random kinds and writes each with rows and the library's own answers.

usage: train.py DIR N SEED. Needs lightgbm, xgboost and numpy. `bench/models` compares the answers.
"""
import gzip, json, os, re, sys

os.environ.setdefault("OMP_NUM_THREADS", "1")
import numpy as np, lightgbm as lgb, xgboost as xgb

folder, count, seed = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
os.makedirs(folder, exist_ok=True)
EDGES = [0.0, -0.0, np.nan, 5e-324, 1e-36, -1e-36, 1e-35, 1.1e-35, 1e-30, -1.0, -0.5, 0.5, 4.7, 31, 32, 63, 64, 1e6, 2.0**24, 2.0**31]


def data(r, width, categories, holes):
    n = 1500
    x = r.normal(size=(n, width)) * r.choice([0.1, 1, 100], size=width)
    x[:, 0] = np.round(x[:, 0] * 2)
    x[r.random(n) < 0.3, min(1, width - 1)] = 0
    for c in categories:
        x[:, c] = r.integers(0, r.choice([3, 12, 90]), n)
    signal = np.nan_to_num(x[:, 0]) / 2 + np.sin(x[:, -1]) + (x[:, width // 2] > 0)
    if holes:
        x[r.random(x.shape) < 0.1] = np.nan
    return x, signal + 0.3 * r.normal(size=n)


def probes(r, x, thresholds, infinite):
    """Rows that were trained on, and such with features at thresholds, beside them and at the edges."""
    x = x[r.permutation(len(x))[:300]].copy()
    edges = EDGES + ([np.inf, -np.inf] if infinite else [1e30, -1e30])
    for row in x[100:]:
        for _ in range(r.integers(1, 6)):
            at = r.integers(len(row))
            if thresholds and r.random() < 0.6:
                at, v = thresholds[r.integers(len(thresholds))]
                row[at] = r.choice([v, np.nextafter(v, np.inf), np.nextafter(v, -np.inf), np.float32(v)])
            else:
                row[at] = r.choice(edges)
    return x


def write(name, x, raw, out):
    raw, out = np.asarray(raw, float).reshape(len(x), -1), np.asarray(out, float).reshape(len(x), -1)
    text = lambda v: "" if np.isnan(v) else repr(float(v))
    with gzip.open(f"{folder}/{name}.csv.gz", "wt", 3) as f:
        heads = [f"f{i}" for i in range(x.shape[1])] + [f"raw{i}" for i in range(raw.shape[1])] + [f"pred{i}" for i in range(out.shape[1])]
        f.write(",".join(heads) + "\n")
        for row in zip(x, raw, out):
            f.write(",".join(text(v) for part in row for v in part) + "\n")


def labels(r, objective, signal):
    if objective in ("multiclass", "multiclassova", "multi:softprob"):
        return np.digitize(signal, [-1, 0.5, 1.5])
    if objective in ("binary", "binary:logistic", "binary:logitraw", "binary:hinge", "rank:pairwise", "rank:ndcg", "rank:map", "lambdarank", "rank_xendcg"):
        return (signal > 0.5).astype(int)
    if objective in ("cross_entropy", "cross_entropy_lambda", "reg:logistic"):
        return 1 / (1 + np.exp(-signal))
    if objective in ("poisson", "count:poisson"):
        return r.poisson(np.exp(np.clip(signal, -3, 3)))
    if objective in ("gamma", "tweedie", "reg:gamma", "reg:tweedie", "survival:cox", "survival:aft", "mape", "reg:squaredlogerror"):
        return np.exp(np.clip(signal, -3, 3)) + 0.01
    return signal


LIGHTGBM = ["binary", "multiclass", "multiclassova", "regression", "regression_l1", "huber", "fair", "quantile", "mape", "poisson", "gamma",
            "tweedie", "cross_entropy", "cross_entropy_lambda", "lambdarank", "rank_xendcg", None]


def train_lightgbm(name, r, objective):
    width = int(r.integers(3, 14))
    categories = [width - 2] if r.random() < 0.5 else []
    x, signal = data(r, width, categories, r.random() < 0.7)
    y = labels(r, objective, signal)
    p = dict(num_threads=1, verbose=-1, seed=int(r.integers(1000)), num_leaves=int(r.choice([3, 8, 31, 63, 90])), min_data_in_leaf=int(r.choice([1, 20])),
             use_missing=bool(r.random() < 0.8), zero_as_missing=bool(r.random() < 0.25), boosting=str(r.choice(["gbdt", "gbdt", "dart", "rf"])),
             max_bin=int(r.choice([15, 255])), learning_rate=0.1)
    if p["boosting"] == "rf":
        p.update(bagging_freq=1, bagging_fraction=0.6)
    if objective == "multiclass" or objective == "multiclassova":
        p["num_class"] = 4
    if objective in ("binary", "multiclassova"):
        p["sigmoid"] = float(r.choice([1, 0.7, 2.5]))
    if objective == "regression":
        p["reg_sqrt"] = bool(r.random() < 0.5)
        p["linear_tree"] = bool(r.random() < 0.4) and p["boosting"] == "gbdt" and not p["zero_as_missing"]
    group = [100] * 15 if objective in ("lambdarank", "rank_xendcg") else None
    p["objective"] = objective or (lambda pred, d: (pred - d.get_label(), np.ones_like(pred)))
    if objective is None:
        p["boosting"] = "gbdt"
    d = lgb.Dataset(x, y, group=group, categorical_feature=categories, feature_name=[f"f{i}" for i in range(width)], free_raw_data=False)
    b = lgb.train(p, d, int(r.integers(1, 25)))
    b.save_model(f"{folder}/{name}.txt")
    thresholds, text = [], open(f"{folder}/{name}.txt").read()
    for features, values in zip(re.findall(r"^split_feature=(.*)$", text, re.M), re.findall(r"^threshold=(.*)$", text, re.M)):
        thresholds += [(int(f), float(v)) for f, v in zip(features.split(), values.split())]
    x = probes(r, x, thresholds, not p.get("linear_tree"))
    write(name, x, b.predict(x, raw_score=True, num_threads=1), b.predict(x, num_threads=1))


XGBOOST = ["binary:logistic", "binary:logitraw", "binary:hinge", "multi:softprob", "reg:squarederror", "reg:squaredlogerror", "reg:logistic",
           "reg:pseudohubererror", "reg:absoluteerror", "reg:quantileerror", "reg:gamma", "reg:tweedie", "count:poisson", "survival:cox",
           "survival:aft", "rank:pairwise", "rank:ndcg", "rank:map"]


def train_xgboost(name, r, objective):
    width = int(r.integers(3, 14))
    booster = str(r.choice(["gbtree", "gbtree", "dart", "gblinear"]))
    if booster == "gblinear" and objective in ("reg:absoluteerror", "reg:quantileerror", "survival:aft"):
        booster = "gbtree"
    categories = [width - 2] if r.random() < 0.5 and booster != "gblinear" else []
    x, signal = data(r, width, categories, r.random() < 0.7)
    p = dict(objective=objective, booster=booster, nthread=1, verbosity=0, seed=int(r.integers(1000)), eta=0.2)
    if booster != "gblinear":
        p.update(tree_method=str(r.choice(["hist", "approx"] if categories else ["hist", "approx", "exact"])), max_depth=int(r.choice([2, 5, 6, 9])),
                 num_parallel_tree=int(r.choice([1, 1, 3])), max_cat_to_onehot=int(r.choice([2, 20])), subsample=0.8)
        if p["tree_method"] != "exact" and r.random() < 0.4:  # leaf by leaf, to any depth
            p.update(grow_policy="lossguide", max_depth=0, max_leaves=int(r.choice([4, 24, 80])))
    if booster == "dart":
        p.update(rate_drop=0.3)
    if objective == "multi:softprob":
        p["num_class"] = 4
    if objective == "reg:quantileerror":
        p["quantile_alpha"] = 0.3
    if r.random() < 0.3:
        p["base_score"] = 0.3
    types = ["c" if i in categories else "q" for i in range(width)]
    frame = lambda a, y=None: xgb.DMatrix(a.astype(np.float32), y, feature_names=[f"f{i}" for i in range(width)], feature_types=types, enable_categorical=True)
    y = labels(r, objective, signal)
    d = frame(x, y)
    if objective == "survival:aft":
        p["aft_loss_distribution"] = str(r.choice(["normal", "logistic", "extreme"]))
        d.set_float_info("label_lower_bound", y)
        d.set_float_info("label_upper_bound", np.where(r.random(len(y)) < 0.3, np.inf, y))
    if objective.startswith("rank:"):
        d.set_group([100] * 15)
    b = xgb.train(p, d, int(r.integers(1, 25)))
    b.save_model(f"{folder}/{name}.{'json' if r.random() < 0.5 else 'ubj'}")
    thresholds = []
    if booster != "gblinear":
        booster = json.loads(b.save_raw("json"))["learner"]["gradient_booster"]
        for t in booster.get("gbtree", booster)["model"]["trees"]:
            thresholds += [(f, v) for f, v, c, left in zip(t["split_indices"], t["split_conditions"], t["split_type"], t["left_children"]) if c == 0 and left >= 0]
    x = probes(r, x, thresholds, False)
    for c in categories:  # XGBoost refuses what is no category in a frame
        x[:, c] = np.where((x[:, c] >= 0) & (x[:, c] < 1e6), np.floor(x[:, c]), np.nan)
    write(name, x, b.predict(frame(x), output_margin=True), b.predict(frame(x)))


for i in range(count):
    r = np.random.default_rng([seed, i])
    if i % 2 == 0:
        train_lightgbm(f"model{i:04d}", r, LIGHTGBM[i // 2 % len(LIGHTGBM)])
    else:
        train_xgboost(f"model{i:04d}", r, XGBOOST[i // 2 % len(XGBOOST)])
print(f"trained {count} models with lightgbm {lgb.__version__} and xgboost {xgb.__version__}, seed {seed}")
