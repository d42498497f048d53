package cli

import (
	"context"
	"errors"
	"fmt"
	"io"

	"hindsight/app/config"
	"hindsight/app/kafka"
	"hindsight/schemas"
)

// The exit codes.
const (
	exitWell        = 0
	exitFailed      = 1 // a check or test failed, or something went wrong
	exitUsage       = 2 // usage or configuration
	exitUnreachable = 3 // a service that is needed is out of reach
)

// What commands wrap, so that Main knows the exit code.
var (
	errFailed      = errors.New("failed")
	errUsage       = errors.New("usage")
	errUnreachable = errors.New("out of reach")
)

// errSilent ends the program with exit code 1 after everything was said.
var errSilent = fmt.Errorf("%w", errFailed)

// usageError is a fault in the arguments; it shows without the word "usage".
type usageError struct{ text string }

func (e *usageError) Error() string        { return e.text }
func (e *usageError) Is(target error) bool { return target == errUsage }

// usagef returns an error that ends the program with exit code 2.
func usagef(format string, args ...any) error { return &usageError{fmt.Sprintf(format, args...)} }

// failedError is a check that did not pass; it shows without the word "failed".
type failedError struct{ text string }

func (e *failedError) Error() string        { return e.text }
func (e *failedError) Is(target error) bool { return target == errFailed }

// failedf returns an error that ends the program with exit code 1.
func failedf(format string, args ...any) error { return &failedError{fmt.Sprintf(format, args...)} }

// exitCode returns the code for what a command returned.
func exitCode(err error) int {
	var faults config.Faults
	switch {
	case err == nil:
		return exitWell
	case errors.Is(err, errUsage), errors.As(err, &faults), errors.Is(err, config.ErrNoFile):
		return exitUsage
	case errors.Is(err, errUnreachable), errors.Is(err, kafka.ErrUnreachable), errors.Is(err, schemas.ErrUnavailable):
		return exitUnreachable
	}
	return exitFailed
}

// report tells err once; command is the path of the command that returned it.
func report(w io.Writer, command string, err error) {
	var faults config.Faults
	var usage *usageError
	switch {
	case err == errSilent:
	case errors.Is(err, context.Canceled):
		fmt.Fprintf(w, "%s: interrupted\n", command)
	case errors.As(err, &faults):
		fmt.Fprintln(w, err)
		if len(faults) > 1 {
			fmt.Fprintf(w, "%s: %d faults in the configuration\n", command, len(faults))
		}
	case errors.As(err, &usage):
		fmt.Fprintf(w, "%s: %v\nsee: %s --help\n", command, err, command)
	default:
		fmt.Fprintf(w, "%s: %v\n", command, err)
	}
}
