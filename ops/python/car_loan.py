"""Makes car-loan@2, the demo's LightGBM bundle, and what LightGBM itself predicts of every loan: `make demo-bundle`.

    python car_loan.py LOANS.csv.gz BUNDLE_DIR PREDICTIONS.gz

The same rows give the same bytes. It learns from rows 1 to 25,000 and is judged on rows 25,001 to 30,000, as car-loan@1 is.
"""

import gzip
import sys

import lightgbm
import pandas as pd

from hindsight_bundle import write_bundle


def main(data, directory, predictions):
    loans = pd.read_csv(data)
    truth = loans.repaid.astype(int)
    X = loans.loc[:, "car_value":"driver_tenure"].astype({"salary_range": "category", "size_of_downpayment": "category"})
    train, held = slice(0, 25_000), slice(25_000, 30_000)
    model = lightgbm.LGBMClassifier(n_estimators=80, num_leaves=15, min_child_samples=50, random_state=1,
                                    n_jobs=1, deterministic=True, force_row_wise=True, verbose=-1)
    model.fit(X[train], truth[train])
    write_bundle(directory, model, X[held], truth[held], name="car-loan", version="2", reference=X[train],
                 description="LightGBM on rows 1 to 25,000 of the car loans, judged on the next 5,000",
                 minimum={"accuracy": 0.92, "auc": 0.96})
    with gzip.GzipFile(predictions, "wb", mtime=0) as f:
        f.write("".join(map(str, model.predict(X))).encode())


if __name__ == "__main__":
    main(*sys.argv[1:])
