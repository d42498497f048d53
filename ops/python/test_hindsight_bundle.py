"""Bundles made of fitted estimators load in hindsight and score alike. HINDSIGHT names the program; `make python` runs it."""

import csv
import gzip
import os
import shutil
import subprocess
import tempfile
import unittest
import warnings

import numpy as np
import pandas as pd
from sklearn.compose import ColumnTransformer
from sklearn.datasets import load_diabetes, load_iris, make_classification
from sklearn.ensemble import RandomForestClassifier
from sklearn.impute import SimpleImputer
from sklearn.linear_model import ElasticNet, LinearRegression, LogisticRegression, SGDClassifier
from sklearn.model_selection import train_test_split
from sklearn.pipeline import Pipeline, make_pipeline
from sklearn.preprocessing import (FunctionTransformer, KBinsDiscretizer, MaxAbsScaler, MinMaxScaler, OneHotEncoder,
                                   PolynomialFeatures, RobustScaler, StandardScaler)

import car_loan
from hindsight_bundle import NotTranslatable, _canonical, _go_float, write_bundle, write_tests

HINDSIGHT = os.environ["HINDSIGHT"]


def loans(rows=3000, seed=7):
    """A frame with gaps, texts, coded categories and booleans, and whether the loan was repaid."""
    random = np.random.default_rng(seed)
    frame = pd.DataFrame({
        "amount": np.exp(random.normal(8, 1.5, rows)),
        "age": random.integers(18, 90, rows).astype(float),
        "country": random.choice(["DE", "FR", "été, \"quoted\"", "1.0"], rows).astype(object),
        "channel": random.integers(1, 5, rows),
        "member": random.random(rows) < 0.4,
        "note": random.choice(["x", "y"], rows).astype(object),
    })
    z = 0.5 * (np.log(frame.amount) - 8) - 0.02 * (frame.age - 50) + (frame.country == "FR") - (frame.channel == 3) + frame.member
    y = (random.random(rows) < 1 / (1 + np.exp(-z))).map({True: "repaid", False: "lost"})
    frame.loc[random.random(rows) < 0.05, "age"] = np.nan
    frame.loc[random.random(rows) < 0.05, "country"] = np.nan
    return train_test_split(frame, y, test_size=0.4, random_state=seed)


def loan_pipeline(model):
    log = make_pipeline(FunctionTransformer(np.log1p), FunctionTransformer(np.clip, kw_args={"a_min": 2, "a_max": 12}), StandardScaler())
    return Pipeline([("columns", ColumnTransformer([
        ("country", make_pipeline(SimpleImputer(strategy="most_frequent"), OneHotEncoder(handle_unknown="ignore")), ["country"]),
        ("amount", log, ["amount"]),
        ("age", make_pipeline(SimpleImputer(strategy="median"), RobustScaler()), ["age"]),
        ("bins", make_pipeline(SimpleImputer(), KBinsDiscretizer(5, encode="onehot-dense")), ["age"]),
        ("channel", OneHotEncoder(drop="first"), ["channel"]),
        ("member", "passthrough", ["member"]),
    ])), ("model", model)])


class BundleCase(unittest.TestCase):
    def setUp(self):
        self.folder = tempfile.TemporaryDirectory()
        self.addCleanup(self.folder.cleanup)
        warnings.simplefilter("ignore")

    def run_hindsight(self, *args):
        done = subprocess.run([HINDSIGHT, *args], capture_output=True, text=True)
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
        return done.stdout

    def scored(self, bundle, frame):
        """[rows × columns] of what hindsight answers."""
        rows, out = os.path.join(self.folder.name, "rows.csv"), os.path.join(self.folder.name, "scores.csv")
        frame.to_csv(rows, index=False)
        self.run_hindsight("model", "score", bundle, "--input", rows, "--output", out)
        with open(out) as f:
            return np.array([[float(v) for v in row] for row in list(csv.reader(f))[1:]])

    def check(self, estimator, X, y, tolerance=1e-12, predict=None, **arguments):
        """Writes a bundle, lets hindsight test it, and scores all of X with both."""
        bundle = os.path.join(self.folder.name, "bundles", "tried@7")
        shutil.rmtree(bundle, ignore_errors=True)
        write_bundle(bundle, estimator, X, y, name="tried", tolerance=tolerance, **arguments)
        report = self.run_hindsight("model", "test", bundle, "--require", "golden,performance")
        self.assertIn("tried@7", report)
        frame = X if hasattr(X, "columns") else pd.DataFrame(X, columns=arguments.get("features") or [f"x{i}" for i in range(X.shape[1])])
        got = self.scored(bundle, frame)
        want = (predict or getattr(estimator, "predict_proba", estimator.predict))(X)
        want = want.reshape(-1, 1) if want.ndim == 1 else want[:, 1:] if want.shape[1] == 2 else want
        np.testing.assert_allclose(got, want, rtol=tolerance, atol=tolerance)
        return bundle


class BundleTest(BundleCase):

    def test_a_pipeline_of_everything(self):
        X, held, y, truth = loans()
        bundle = self.check(loan_pipeline(LogisticRegression(max_iter=2000)).fit(X, y), held, truth, reference=X)
        with open(os.path.join(bundle, "golden.csv")) as f:
            rows = list(csv.DictReader(f))
        self.assertEqual(len(rows), 200 + 2 * 6)
        self.assertEqual([r["value"] for r in rows if r["channel"] == ""], ["error"], "OneHotEncoder refuses the unknown")
        text = open(os.path.join(bundle, "bundle.yaml")).read()
        self.assertNotIn("note", text.partition("inputs:")[2].partition("tests:")[0], "an input that nothing uses")

    def test_binary_of_an_array(self):
        X, y = make_classification(800, 6, random_state=1)
        self.check(make_pipeline(StandardScaler(), MinMaxScaler(), LogisticRegression(C=0.3)).fit(X, y), X, y, threshold=0.4,
                   features=["a", "b.c", "d e", "f=g", "h,i", 'j"k'])

    def test_several_classes(self):
        X, y = load_iris(return_X_y=True, as_frame=True)
        self.check(make_pipeline(MaxAbsScaler(), LogisticRegression()).fit(X, y), X, y, minimum={"accuracy": 0.9}, maximum={"log_loss": 0.5})

    def test_regression(self):
        X, y = load_diabetes(return_X_y=True, as_frame=True)
        for model in LinearRegression(), make_pipeline(StandardScaler(), ElasticNet(alpha=0.1)):
            self.check(model.fit(X, y), X, y, minimum={"r2": 0.4})

    def test_an_input_called_like_an_answer(self):
        X, y = make_classification(300, 4, random_state=2)
        self.check(SGDClassifier(loss="log_loss", random_state=0).fit(X, y), X, y, features=["value", "label", "p0", "x"])

    def test_a_bundle_that_is_wrong_fails(self):
        X, held, y, truth = loans()
        bundle = self.check(loan_pipeline(LogisticRegression(max_iter=2000)).fit(X, y), held, truth)
        path = os.path.join(bundle, "linear.json")
        with open(path) as f:
            text = f.read()
        with open(path, "w") as f:
            f.write(text.replace('"intercept": [\n  ', '"intercept": [\n  1'))
        done = subprocess.run([HINDSIGHT, "model", "test", bundle], capture_output=True, text=True)
        self.assertEqual(done.returncode, 1)
        self.assertIn("golden.csv line 2: value: expected", done.stderr)

    def test_tests_for_a_bundle_that_is_there(self):
        X, y = make_classification(500, 5, random_state=3)
        bundle = os.path.join(self.folder.name, "b@1")
        model = LogisticRegression().fit(X, y)
        write_bundle(bundle, model, X, y, name="b")
        path = os.path.join(bundle, "bundle.yaml")
        with open(path) as f:
            text = f.read()
        with open(path, "w") as f:
            f.write(text.partition("tests:")[0])
        write_tests(bundle, model, X[:50], y[:50], minimum={"auc": 0.7})
        self.assertIn("auc", self.run_hindsight("model", "test", bundle))

    def test_the_lines_of_the_readme(self):
        with open(os.path.join(os.path.dirname(__file__), "..", "..", "README.md"), encoding="utf-8") as f:
            block = f.read().partition("```python\n")[2].partition("```")[0]
        X, y = make_classification(1000, 8, class_sep=2, random_state=5)
        X = pd.DataFrame(X, columns=list("abcdefgh")).assign(a=pd.cut(X[:, 0], 3, labels=["low", "mid", "high"]))
        X_train, X_test, y_train, y_test = train_test_split(X, y, random_state=5)
        before = os.getcwd()
        os.chdir(self.folder.name)
        try:
            exec(block, {**globals(), "X_train": X_train, "X_test": X_test, "y_train": y_train, "y_test": y_test})
        finally:
            os.chdir(before)
        self.assertIn("fraud@1", self.run_hindsight("model", "test", os.path.join(self.folder.name, "bundles", "fraud@1")))

    def test_the_bundle_of_the_demo_is_what_its_script_makes(self):
        root = os.path.join(os.path.dirname(__file__), "..", "..")
        made, said = os.path.join(self.folder.name, "made"), os.path.join(self.folder.name, "said.gz")
        kept = os.path.join(root, "app", "demo", "lightgbm")
        car_loan.main(os.path.join(root, "app", "demo", "data", "car_loan.csv.gz"), made, said)
        for name in os.listdir(made):
            with open(os.path.join(made, name), "rb") as new, open(os.path.join(kept, name), "rb") as old:
                self.assertTrue(new.read() == old.read(), f"{name} is another; make demo-bundle writes it")
        with gzip.open(said) as new, gzip.open(os.path.join(root, "cli", "testdata", "car-loan-2.predictions.gz")) as old:
            self.assertTrue(new.read() == old.read(), "the predictions are others; make demo-bundle writes them")

    def test_what_cannot_be_said_is_refused_by_name(self):
        X, y = make_classification(300, 4, random_state=4)
        for model, text in [
            (RandomForestClassifier(3), "RandomForestClassifier"),
            (make_pipeline(PolynomialFeatures(), LogisticRegression()), "PolynomialFeatures"),
            (make_pipeline(StandardScaler(), FunctionTransformer(np.clip, kw_args={"a_min": 0, "a_max": 1}), LogisticRegression()), "clip after scale"),
            (make_pipeline(FunctionTransformer(np.tanh), LogisticRegression()), "tanh"),
            (SGDClassifier(loss="modified_huber"), "SGDClassifier"),
        ]:
            with self.assertRaisesRegex(NotTranslatable, text):
                write_bundle(os.path.join(self.folder.name, "no"), model.fit(X, y), X, y, name="no")

    def test_texts_are_those_of_hindsight(self):
        for v, text in [(1, "1"), (1.0, "1"), (True, "1"), ("False", "0"), ("-0.0", "0"), ("1e3", "1000"), (1e21, "1e+21"), (1.5e-7, "1.5e-7"),
                        (0.000001, "0.000001"), ("01.50", "1.5"), ("DE", "DE"), (" a ", "a"), (".5", "0.5"), ("-12.34e1", "-123.4"), ("+", "+")]:
            self.assertEqual(_canonical(v), text, v)
        for v, text in [(0.0, "0"), (-2.5, "-2.5"), (1e6, "1e+06"), (123456789.0, "1.23456789e+08"), (123456.0, "123456"),
                        (0.0001, "0.0001"), (0.00001234, "1.234e-05"), (0.1 + 0.2, "0.30000000000000004"), (1e-300, "1e-300")]:
            self.assertEqual(_go_float(v), text, v)


if __name__ == "__main__":
    unittest.main()
