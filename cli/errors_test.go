package cli

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
	"testing"

	"hindsight/app/config"
	"hindsight/app/kafka"
	"hindsight/schemas"
)

func TestExitCodes(t *testing.T) {
	faults := config.Faults{{File: "f", Line: 3, Key: "k", Value: "v", Problem: "p"}, {File: "f", Problem: "q"}}
	for _, c := range []struct {
		err  error
		code int
		told string
	}{
		{nil, 0, ""},
		{errors.New("x"), 1, "c: x\n"},
		{failedf("3 faults"), 1, "c: 3 faults\n"},
		{fmt.Errorf("test: %w", failedf("no")), 1, "c: test: no\n"},
		{context.Canceled, 1, "c: interrupted\n"},
		{usagef("no %s", "flag"), 2, "c: no flag\nsee: c --help\n"},
		{faults, 2, "f:3: k: \"v\": p\nf: q\nc: 2 faults in the configuration\n"},
		{faults[:1], 2, "f:3: k: \"v\": p\n"},
		{fmt.Errorf("x: %w", config.ErrNoFile), 2, "c: x: no such configuration file\n"},
		{fmt.Errorf("x: %w", kafka.ErrUnreachable), 3, "c: x: kafka is out of reach\n"},
		{fmt.Errorf("x: %w", schemas.ErrUnavailable), 3, "c: x: schema registry unavailable\n"},
		{fmt.Errorf("x: %w", errUnreachable), 3, "c: x: out of reach\n"},
	} {
		if got := exitCode(c.err); got != c.code {
			t.Errorf("exit code of %v = %d, want %d", c.err, got, c.code)
		}
		var told strings.Builder
		if c.err != nil {
			report(&told, "c", c.err)
		}
		if told.String() != c.told {
			t.Errorf("%v is told as %q, want %q", c.err, told.String(), c.told)
		}
	}
}

// canceller ends a context at the first whole line of data.
type canceller struct {
	strings.Builder
	cancel context.CancelFunc
}

func (c *canceller) Write(p []byte) (int, error) {
	n, err := c.Builder.Write(p)
	if strings.Count(c.String(), "\n") == 1 {
		c.cancel()
	}
	return n, err
}

// To interrupt a tail that follows is its usual end.
func TestTailInterrupted(t *testing.T) {
	l := newLoans(t)
	ctx, cancel := context.WithCancel(t.Context())
	out := &canceller{cancel: cancel}
	if code := Main(ctx, []string{"tail", "-c", l.file, "alarms"}, nil, out, io.Discard); code != exitWell {
		t.Errorf("exit code %d, want %d", code, exitWell)
	}
}
