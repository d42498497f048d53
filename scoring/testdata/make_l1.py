"""Writes l1.json: coefficients under L1 and elastic penalties by scikit-learn, whose solvers are driven to their limits.

    ../../dist/python/bin/python make_l1.py     (`make python` makes that environment)
"""

import json

import pandas as pd
from sklearn.linear_model import ElasticNet, Lasso, LogisticRegression
from sklearn.preprocessing import StandardScaler

iris, diabetes = pd.read_csv("iris.csv"), pd.read_csv("diabetes.csv")
out = []


def case(name, data, kind, classes, l1, l2, fit, scale=True):
    frame = {"iris": iris, "diabetes": diabetes}[data]
    if kind == "logistic":
        frame = frame[frame.target != "setosa"]
    x, y = frame.drop(columns="target"), frame.target
    scaler = StandardScaler().fit(x)
    fit.fit(scaler.transform(x) if scale else x, y)
    out.append({"name": name, "data": data, "kind": kind, "classes": classes, "l1": l1, "l2": l2, "scaled": scale,
                "coef": fit.coef_.reshape(-1, x.shape[1]).tolist(), "intercept": fit.intercept_.reshape(-1).tolist()})


def logistic(l1, l2):
    return LogisticRegression(C=1 / (l1 + l2), l1_ratio=l1 / (l1 + l2), solver="saga", tol=1e-15, max_iter=200_000, random_state=0)


rows = len(diabetes)
for l1 in 1, 50, 2000, 30_000:
    case(f"lasso {l1}", "diabetes", "linear", [], l1, 0, Lasso(alpha=l1 / rows, tol=1e-15, max_iter=1_000_000))
case("lasso unscaled", "diabetes", "linear", [], 400, 0, Lasso(alpha=400 / rows, tol=1e-15, max_iter=10_000_000), scale=False)
case("elastic net", "diabetes", "linear", [], 300, 100, ElasticNet(alpha=400 / rows, l1_ratio=0.75, tol=1e-15, max_iter=1_000_000))
for l1, l2 in (0.5, 0), (5, 0), (20, 0), (2, 3):
    case(f"logistic {l1} {l2}", "iris", "logistic", ["versicolor", "virginica"], l1, l2, logistic(l1, l2))
    case(f"softmax {l1} {l2}", "iris", "softmax", ["setosa", "versicolor", "virginica"], l1, l2, logistic(l1, l2))
with open("l1.json", "w") as f:
    json.dump(out, f, indent=1)
    f.write("\n")
