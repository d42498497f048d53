// Package parity measures how far a model's answers are from those of the
// library that trained it, and reads the files that hold both.
//
// It must not know formats: it is given a model and rows.
package parity
