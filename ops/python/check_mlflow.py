"""What mlflow logs of LightGBM and XGBoost is imported with the library's bits. HINDSIGHT names the program; `make python-mlflow` runs it."""

import os
import unittest

import lightgbm as lgb
import mlflow
import numpy as np
import pandas as pd
import xgboost as xgb
from sklearn.datasets import make_classification

from hindsight_bundle import write_tests
from test_hindsight_bundle import BundleCase


class MLflowTest(BundleCase):
    def imported(self, flavour, model, booster, X, y, predict):
        """Saves the model by mlflow, imports it, gives it tests, and scores all of X with both."""
        logged, bundle = (os.path.join(self.folder.name, name) for name in ("logged", "m@1"))
        signature = mlflow.models.infer_signature(X, predict(X))
        flavour.save_model(model, logged, signature=signature, pip_requirements=[])
        self.run_hindsight("model", "import", "--from", "mlflow", logged, "--name", "m", "--output", bundle)
        write_tests(bundle, booster, X, y)
        self.run_hindsight("model", "test", bundle, "--require", "golden,performance")
        np.testing.assert_array_equal(self.scored(bundle, X)[:, 0], predict(X))

    def setUp(self):
        super().setUp()
        X, self.y = make_classification(600, 6, random_state=8)
        self.X = pd.DataFrame(X, columns=list("abcdef"))

    def test_lightgbm(self):
        model = lgb.LGBMClassifier(n_estimators=20, n_jobs=1, verbose=-1).fit(self.X, self.y)
        self.imported(mlflow.lightgbm, model.booster_, model.booster_, self.X, self.y, model.booster_.predict)

    def test_xgboost(self):
        booster = xgb.train({"objective": "binary:logistic", "nthread": 1}, xgb.DMatrix(self.X, self.y), 20)
        self.imported(mlflow.xgboost, booster, booster, self.X, self.y, lambda X: booster.predict(xgb.DMatrix(X)))

    def test_an_xgboost_estimator(self):
        model = xgb.XGBClassifier(n_estimators=20, n_jobs=1).fit(self.X, self.y)
        self.imported(mlflow.xgboost, model, model, self.X, self.y, lambda X: model.predict_proba(X)[:, 1])

    def test_a_pickled_estimator_is_refused(self):
        model = lgb.LGBMClassifier(n_estimators=2, n_jobs=1, verbose=-1).fit(self.X, self.y)
        logged = os.path.join(self.folder.name, "logged")
        mlflow.lightgbm.save_model(model, logged, serialization_format="pickle", pip_requirements=[])
        with self.assertRaisesRegex(AssertionError, "pickle"):
            self.run_hindsight("model", "import", "--from", "mlflow", logged, "--name", "m", "--output", os.path.join(self.folder.name, "m@1"))


if __name__ == "__main__":
    unittest.main()
