// Package onnx owns ONNX files: it reads what a model says of itself, refuses
// by name what it cannot score exactly, and has onnxruntime evaluate the rest.
// That needs the build tag onnx and a shared library; reading needs neither.
//
// It must not know bundles, nor evaluate an operator itself.
package onnx
