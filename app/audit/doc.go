// Package audit owns the check of the laws on what a system has left behind:
// the records of its topics and the commits of its groups, given in order. It
// knows what each law demands and which records a retention or a commit that is
// still under way puts out of reach, so that a sound system passes at any
// moment.
//
// It must not know Kafka, files, the state of a stage or how a stage works: it
// counts and adds for itself what the stages claim. Only the arithmetic of
// schemas.Sums and of the metrics is shared with them.
package audit
