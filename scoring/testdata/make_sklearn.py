"""Writes sklearn.json, iris.csv and diabetes.csv: what scikit-learn makes of
the data that the tests of training and of the figures use.

    python3 -m venv v && v/bin/pip install scikit-learn==1.9.1 pandas==3.1.1
    v/bin/python make_sklearn.py

car_loan is fitted to the first 25,000 rows of ../../app/demo/data/car_loan.csv.gz.
sk_logreg.* are of another script: breast cancer, StandardScaler and
LogisticRegression, rows with raw score and probability.
"""

import json

import numpy as np
import pandas as pd
from sklearn import metrics
from sklearn.datasets import load_diabetes, load_iris
from sklearn.linear_model import LogisticRegression, Ridge
from sklearn.preprocessing import StandardScaler

out = {}


def standardised(column):
    return StandardScaler().fit_transform(column.to_numpy(float).reshape(-1, 1))[:, 0]


# Binary, with numbers, a boolean and categories.
loans = pd.read_csv("../../app/demo/data/car_loan.csv.gz")[:25000]
columns = []
for name in ["car_value", "salary_range", "debt_to_income_ratio", "loan_length",
             "repaid_loan_on_prev_car", "size_of_downpayment", "driver_tenure"]:
    if loans[name].dtype == bool:
        columns.append(loans[name].to_numpy(float))
    elif pd.api.types.is_numeric_dtype(loans[name]):
        columns.append(standardised(loans[name]))
    else:
        columns += [(loans[name] == level).to_numpy(float) for level in sorted(loans[name].unique())]
fit = LogisticRegression(C=1.0, tol=1e-14, max_iter=10000, solver="newton-cholesky")
fit.fit(np.column_stack(columns), loans.repaid.astype(int))
out["car_loan"] = {"coef": fit.coef_.tolist(), "intercept": fit.intercept_.tolist()}

# Three classes, unscaled, C = 2 (l2 0.5).
iris = load_iris(as_frame=True)
frame = iris.frame.rename(columns={n: n.split(" (")[0].replace(" ", "_") for n in iris.feature_names})
frame["target"] = [iris.target_names[t] for t in iris.target]
frame.to_csv("iris.csv", index=False)
fit = LogisticRegression(C=2.0, tol=1e-14, max_iter=10000, solver="newton-cholesky").fit(frame.iloc[:, :4], frame.target)
p = fit.predict_proba(frame.iloc[:, :4])
out["iris"] = {"classes": fit.classes_.tolist(), "coef": fit.coef_.tolist(), "intercept": fit.intercept_.tolist(),
               "accuracy": metrics.accuracy_score(frame.target, fit.predict(frame.iloc[:, :4])),
               "log_loss": metrics.log_loss(frame.target, p)}

# Regression, alpha = 3.
diabetes = load_diabetes(as_frame=True, scaled=False).frame
diabetes.to_csv("diabetes.csv", index=False)
fit = Ridge(alpha=3.0, solver="cholesky").fit(diabetes.iloc[:, :10], diabetes.target)
out["diabetes"] = {"coef": [fit.coef_.tolist()], "intercept": [float(fit.intercept_)]}
predicted = fit.predict(diabetes.iloc[:, :10])
out["diabetes"]["figures"] = {
    "r2": metrics.r2_score(diabetes.target, predicted),
    "mae": metrics.mean_absolute_error(diabetes.target, predicted),
    "rmse": float(np.sqrt(metrics.mean_squared_error(diabetes.target, predicted)))}

# Figures of two classes, with ties.
random = np.random.default_rng(1)
p = np.round(random.beta(2, 2, 400), 2)
y = (random.random(400) < p).astype(int)
decided = (p >= 0.6).astype(int)
out["figures"] = {
    "p": p.tolist(), "y": y.tolist(), "threshold": 0.6,
    "want": {"accuracy": metrics.accuracy_score(y, decided),
             "balanced_accuracy": metrics.balanced_accuracy_score(y, decided),
             "precision": metrics.precision_score(y, decided), "recall": metrics.recall_score(y, decided),
             "f1": metrics.f1_score(y, decided), "auc": metrics.roc_auc_score(y, p),
             "log_loss": metrics.log_loss(y, np.clip(p, 1e-15, 1 - 1e-15)),
             "brier": metrics.brier_score_loss(y, p)}}

with open("sklearn.json", "w") as f:
    json.dump(out, f, indent=1)
    f.write("\n")
