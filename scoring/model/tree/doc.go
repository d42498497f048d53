// Package tree sums decision trees: one form for the trees of every library, a
// readable Reference that says what they mean, and fast evaluators that have to
// agree with it bit for bit.
//
// It must not know files, objectives or bundles: it is given a Forest and
// prepared rows and returns sums. A new way to walk trees is a new Summer.
package tree
