// Package cli owns the command line: flags, exit codes, and what a person or a
// script reads in a terminal. Data goes to stdout, messages to stderr.
//
// It must not know how anything is done: each command parses, calls the
// packages below, and shows what they return.
package cli
