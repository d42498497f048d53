// Package lightgbm reads models that LightGBM saved as text (versions v2 to
// v4) and answers with LightGBM's bits, raw and transformed.
//
// What it does not know it refuses by name; nothing is approximated. The
// meaning of every field is that of LightGBM's tree.h, gbdt_prediction.cpp,
// c_api.cpp and its objectives.
package lightgbm
