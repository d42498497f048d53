"""Golden figures of drift/metric, written to golden.json beside this file.

Oracles: scikit-learn (accuracy, balanced accuracy, log loss, ROC AUC),
statsmodels (Wilson), scipy (normal quantile); DeLong is computed from its
definition, placement by placement, on raw and on binned scores.
Run: pip install scikit-learn scipy statsmodels && python make_golden.py
"""
import json, os
import numpy as np, scipy, scipy.stats as ss, sklearn, statsmodels
from sklearn import metrics as M
from statsmodels.stats.proportion import proportion_confint

BINS = 1024
rng = np.random.default_rng(20261123)


def delong(y, s):
    x, z = s[y == 1], s[y == 0]
    psi = (x[:, None] > z[None, :]) + 0.5 * (x[:, None] == z[None, :])
    return float(psi.mean()), float(np.var(psi.mean(1), ddof=1) / len(x) + np.var(psi.mean(0), ddof=1) / len(z))


def mover(recalls, confidence):
    value = np.mean([k / n for k, n in recalls])
    limits = [proportion_confint(k, n, alpha=1 - confidence, method="wilson") for k, n in recalls]
    down = np.sqrt(sum((k / n - l[0]) ** 2 for (k, n), l in zip(recalls, limits))) / len(recalls)
    up = np.sqrt(sum((l[1] - k / n) ** 2 for (k, n), l in zip(recalls, limits))) / len(recalls)
    return [float(max(0, value - down)), float(min(1, value + up))]


def classified(truth, prediction, confidence):
    right = int((truth == prediction).sum())
    recalls = [(int((prediction[truth == c] == c).sum()), int((truth == c).sum())) for c in sorted(set(truth))]
    return dict(
        accuracy=float(M.accuracy_score(truth, prediction)),
        accuracy_interval=list(map(float, proportion_confint(right, len(truth), alpha=1 - confidence, method="wilson"))),
        balanced_accuracy=float(M.balanced_accuracy_score(truth, prediction)),
        balanced_accuracy_interval=mover(recalls, confidence),
    )


def binary(name, y, s, confidence=0.95):
    y, s = np.asarray(y), np.round(np.asarray(s, float), 6)
    z = ss.norm.ppf(0.5 + confidence / 2)
    p = np.clip(s, 1e-15, 1 - 1e-15)
    losses = -np.log(np.where(y == 1, p, 1 - p))
    auc, variance = delong(y, s)
    assert abs(auc - M.roc_auc_score(y, s)) < 1e-12
    bins = np.minimum((s * BINS).astype(int), BINS - 1)
    binned, binned_variance = delong(y, bins)
    shared = float((bins[y == 1][:, None] == bins[y == 0][None, :]).mean())
    half = z * np.sqrt(binned_variance)
    return dict(
        name=name, confidence=confidence, y=y.tolist(), score=s.tolist(),
        log_loss=float(M.log_loss(y, p)),
        log_loss_interval=[float(max(0, losses.mean() - z * ss.sem(losses))), float(losses.mean() + z * ss.sem(losses))],
        auc=auc, auc_interval=[float(auc - z * np.sqrt(variance)), float(auc + z * np.sqrt(variance))],
        binned_auc=binned, binned_variance=binned_variance, shared=shared,
        binned_interval=[float(max(0, binned - half - shared / 2)), float(min(1, binned + half + shared / 2))],
        **classified(y, (s >= 0.5).astype(int), confidence),
    )


def beta(n, rate, a, b):
    y = (rng.random(n) < rate).astype(int)
    return y, np.where(y == 1, rng.beta(a, b, n), rng.beta(b, a, n))


def multi(name, truth, prediction, confidence=0.95):
    truth, prediction = np.asarray(truth), np.asarray(prediction)
    return dict(name=name, confidence=confidence, truth=truth.tolist(), prediction=prediction.tolist(),
                **classified(truth, prediction, confidence))


squeezed = beta(200, 0.4, 3, 2)
drawn = rng.choice(["cat", "dog", "hen"], 240, p=[0.6, 0.3, 0.1])
guessed = np.where(rng.random(240) < 0.7, drawn, rng.choice(["cat", "dog", "hen", "owl"], 240))
out = dict(
    versions=dict(sklearn=sklearn.__version__, scipy=scipy.__version__, statsmodels=statsmodels.__version__, numpy=np.__version__),
    quantile=[dict(confidence=c, z=float(ss.norm.ppf(0.5 + c / 2))) for c in (0.5, 0.8, 0.9, 0.95, 0.99, 0.999, 0.999999)],
    binary=[
        binary("even", *beta(300, 0.5, 3, 2)),
        binary("rare", *beta(400, 0.05, 4, 2), confidence=0.99),
        binary("two decimals", *(lambda y, s: (y, np.round(s, 2)))(*beta(300, 0.3, 3, 2))),
        binary("worse than chance", *beta(150, 0.5, 2, 3), confidence=0.9),
        binary("a handful of bins", squeezed[0], 0.5 + squeezed[1] * 0.004),
        binary("one bin", squeezed[0], 0.5 + squeezed[1] * 0.0009),
        binary("ends of the scale", [0, 0, 1, 1, 0, 1], [0.0, 1e-6, 1.0, 0.999999, 0.4, 0.4]),
    ],
    multi=[
        multi("three classes and a guess that never occurs", drawn, guessed),
        multi("a class never found", ["a"] * 6 + ["b"] * 3, ["a"] * 5 + ["b"] + ["a"] * 3, 0.9),
        multi("all right", ["a"] * 4 + ["b"] * 7, ["a"] * 4 + ["b"] * 7),
    ],
)
with open(os.path.join(os.path.dirname(os.path.abspath(__file__)), "golden.json"), "w") as f:
    json.dump(out, f, separators=(",", ":"))
    f.write("\n")
