"""Bundles made of boosters of LightGBM and XGBoost answer with their bits. HINDSIGHT names the program; `make python` runs it."""

import csv
import os
import unittest

import lightgbm as lgb
import numpy as np
import pandas as pd
import xgboost as xgb
from sklearn.datasets import load_diabetes, load_iris, make_classification
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from hindsight_bundle import NotTranslatable, write_bundle
from test_hindsight_bundle import BundleCase

SMALL = {"n_estimators": 30, "random_state": 1, "n_jobs": 1}


def shop(rows=2000, seed=3, words=("DE", "FR", 'été, "quoted"', "1.0")):
    """A frame with categories of every kind, in no helpful order, with gaps, and whether something was bought."""
    random = np.random.default_rng(seed)
    frame = pd.DataFrame({
        "size of order": pd.Categorical(random.choice(["small", "large", "huge"], rows), categories=["small", "large", "huge"], ordered=True),
        "price": np.exp(random.normal(3, 1, rows)),
        "country": pd.Categorical(random.choice(words, rows)),
        "shelf": pd.Categorical(random.choice([30, 7, 12], rows)),
        "visits": random.integers(0, 9, rows),
        "member": random.random(rows) < 0.3,
        "age": pd.array(random.integers(18, 90, rows), dtype="Int64"),
    })
    z = np.log(frame.price) - 3 + (frame.country == "FR") - (frame.shelf == 7) + frame.member - (frame["size of order"] == "huge")
    y = np.asarray(random.random(rows) < 1 / (1 + np.exp(-z.astype(float))))
    for column in "price", "country", "shelf", "age", "size of order":
        frame.loc[random.random(rows) < 0.05, column] = np.nan
    return frame, y


class TreesTest(BundleCase):
    def bits(self, estimator, X, y, predict=None, **arguments):
        """As check, with every answer the same to the bit."""
        bundle = self.check(estimator, X, y, tolerance=0, predict=predict, **arguments)
        with open(os.path.join(bundle, "bundle.yaml"), encoding="utf-8") as f:
            self.assertIn("tolerance: 0", f.read())
        return bundle

    def test_lightgbm_estimators(self):
        X, y = shop()
        words = np.where(y, "bought", "left")
        bundle = self.bits(lgb.LGBMClassifier(verbose=-1, **SMALL).fit(X, words), X, words, threshold=0.4, reference=X[:500])
        with open(os.path.join(bundle, "golden.csv"), encoding="utf-8") as f:
            rows = list(csv.DictReader(f))
        self.assertEqual(len(rows), 200 + 2 * X.shape[1])
        self.assertEqual([r["value"] for r in rows if r["value"] == "error"], [], "LightGBM takes all that it does not know as missing")
        self.assertEqual(sum(r["country"] == "~never seen" for r in rows), 1)
        X, y = load_iris(return_X_y=True, as_frame=True)
        self.bits(lgb.LGBMClassifier(verbose=-1, **SMALL).fit(X, y), X, y)
        X, y = load_diabetes(return_X_y=True)
        self.bits(lgb.LGBMRegressor(verbose=-1, **SMALL).fit(X, y), X, y, features=[f"f {i}" for i in range(X.shape[1])], minimum={"r2": 0.4})
        self.bits(lgb.LGBMRegressor(verbose=-1, linear_tree=True, **SMALL).fit(X, y), X, y, minimum={"r2": 0.4})

    def test_lightgbm_boosters(self):
        X, y = shop()
        params = {"objective": "binary", "verbose": -1, "num_threads": 1}
        stopped = lgb.train({**params, "learning_rate": 0.3}, rows := lgb.Dataset(X[:900], y[:900]), 200,
                            valid_sets=[rows.create_valid(X[900:], y[900:])], callbacks=[lgb.early_stopping(3, verbose=False)])
        self.assertLess(stopped.best_iteration, 200)
        self.bits(stopped, X, np.where(y, "bought", "left"), predict=stopped.predict, classes=["left", "bought"])
        X, y = load_iris(return_X_y=True)
        several = lgb.train({**params, "objective": "multiclassova", "num_class": 3}, lgb.Dataset(X, y), 10)
        self.bits(several, X, y, predict=several.predict)
        saved = lgb.Booster(model_str=several.model_to_string())
        self.bits(saved, X, y, predict=saved.predict)

    def test_xgboost_estimators(self):
        X, y = shop(words=["DE", "FR", 'fr, "quoted"', "1.0"])
        bundle = self.bits(xgb.XGBClassifier(enable_categorical=True, **SMALL).fit(X, y), X, y)
        with open(os.path.join(bundle, "golden.csv"), encoding="utf-8") as f:
            unseen = [r["value"] for r in csv.DictReader(f) if r["country"] == "~never seen"]
        self.assertEqual(unseen, ["error"], "XGBoost refuses a category that it has not met")
        stopped = xgb.XGBClassifier(n_estimators=200, learning_rate=0.9, early_stopping_rounds=3, n_jobs=1, enable_categorical=True)
        stopped.fit(X[:900], y[:900], eval_set=[(X[900:], y[900:])], verbose=False)
        self.assertLess(stopped.best_iteration + 1, stopped.get_booster().num_boosted_rounds())
        self.bits(stopped, X, y)
        X, y = load_iris(return_X_y=True)
        self.bits(xgb.XGBClassifier(booster="dart", **SMALL).fit(X, y), X, y)
        X, y = load_diabetes(return_X_y=True, as_frame=True)
        self.bits(xgb.XGBRegressor(**SMALL).fit(X, y), X, y, minimum={"r2": 0.4})

    def test_xgboost_boosters(self):
        X, y = shop(words=["DE", "FR", "IT", "a b"])
        params = {"objective": "binary:logistic", "nthread": 1}
        booster = xgb.train(params, xgb.DMatrix(X, y, enable_categorical=True), 20)
        self.bits(booster, X, y, predict=lambda X: booster.predict(xgb.DMatrix(X, enable_categorical=True)), classes=[False, True])
        X, y = load_iris(return_X_y=True)
        several = xgb.train({**params, "objective": "multi:softprob", "num_class": 3}, xgb.DMatrix(X, y), 10)
        self.bits(several, X, y, predict=lambda X: several.predict(xgb.DMatrix(X)))
        X, y = load_diabetes(return_X_y=True)
        linear = xgb.train({"booster": "gblinear", "nthread": 1}, xgb.DMatrix(X, y), 30)
        self.bits(linear, X, y, predict=lambda X: linear.predict(xgb.DMatrix(X)), minimum={"r2": 0.3})

    def test_what_cannot_be_said_is_refused_by_name(self):
        X, y = shop()
        plain, labels = make_classification(300, 4, random_state=4)
        light = lgb.LGBMClassifier(verbose=-1, **SMALL).fit(X, y)
        softmax = xgb.train({"objective": "multi:softmax", "num_class": 2}, xgb.DMatrix(plain, labels), 2)

        def squared(truth, guess):
            return guess - truth, np.ones_like(guess)

        for model, X, text in [
            (light, X[X.columns[::-1]], "column 1 of X is 'age', feature 1 of the model 'size_of_order'"),
            (light, X.assign(country=X.country.astype(object)), r"trained on 3 columns of pandas categories, X has 2 \(size of order, shelf\)"),
            (light, X.drop(columns="age"), "the model has 7 features, X 6 columns"),
            (make_pipeline(StandardScaler(), lgb.LGBMClassifier(verbose=-1, **SMALL)).fit(plain, labels), plain, "behind a preparation"),
            (lgb.LGBMClassifier(objective=squared, verbose=-1, **SMALL).fit(plain, labels), plain, "function of Python"),
            (xgb.XGBClassifier(objective=squared, **SMALL).fit(plain, labels), plain, "function of Python"),
            (xgb.XGBClassifier(enable_categorical=True, **SMALL).fit(shop()[0], y), shop()[0], "'country' are not ASCII"),
            (xgb.XGBClassifier(missing=-1, **SMALL).fit(plain, labels), plain, "missing=-1"),
            (softmax, plain, "multi:softprob"),
        ]:
            with self.subTest(text), self.assertRaisesRegex(NotTranslatable, text):
                write_bundle(os.path.join(self.folder.name, "no"), model, X, (y if len(X) == len(y) else labels), name="no")


if __name__ == "__main__":
    unittest.main()
