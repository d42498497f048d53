// Package scoring owns bundles: the directory that holds a model, the declared
// preparation of its inputs, and the tests that it has to pass before it may
// score anything; the Scorer of the hot path; and training.
//
// It must not know Kafka, Avro, labels or windows, nor the time: it is given
// projected fields or CSV text and returns answers. What is learnt at training
// stands in files of the bundle, nothing is learnt while scoring.
package scoring
