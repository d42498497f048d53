// Package xgboost reads models that XGBoost saved as JSON or UBJSON and answers
// with XGBoost's bits, margins and predictions, computing in float32 as it does.
//
// What it does not know it refuses by name; nothing is approximated. The
// meaning of every field is that of XGBoost's learner.cc, gbtree_model.cc,
// tree_model.cc, predict_fn.h and its objectives.
package xgboost
