// Package integration owns the proofs that need a real broker, real processes
// or a real browser: containers, kill signals, clients that are not ours.
//
// Nothing imports it, and it must not know how a package works inside: it
// drives the binary and reads topics. All of it stands behind build tags,
// integration and browser; make integration and make browser run them.
package integration
