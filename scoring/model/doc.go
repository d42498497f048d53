// Package model owns model files and the evaluators that score prepared rows
// with them: strict parsers, a readable Reference evaluator for each format
// and a fast one that must agree with it bit for bit.
//
// It must not know bundles, raw inputs, Kafka or time: it is given bytes and
// prepared feature vectors and returns numbers. A new format is a new Model.
package model
