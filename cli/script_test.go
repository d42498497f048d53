package cli

import (
	"context"
	"errors"
	"os"
	"os/exec"
	"strconv"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"
	"github.com/twmb/franz-go/pkg/kfake"
)

func TestMain(m *testing.M) {
	//lint:ignore SA1019 Main in its place would need os.Exit here, which belongs to main.go alone.
	testscript.RunMain(m, map[string]func() int{"hindsight": func() int {
		return Main(context.Background(), os.Args[1:], os.Stdin, os.Stdout, os.Stderr)
	}})
}

// TestScripts runs testdata/*.txtar: the program as a user meets it. $BROKER is
// an empty Kafka of their own.
func TestScripts(t *testing.T) {
	testscript.Run(t, testscript.Params{
		Dir: "testdata",
		Setup: func(e *testscript.Env) error {
			c, err := kfake.NewCluster(kfake.NumBrokers(1))
			if err != nil {
				return err
			}
			e.Defer(c.Close)
			e.Setenv("BROKER", c.ListenAddrs()[0])
			return nil
		},
		Cmds: map[string]func(*testscript.TestScript, bool, []string){"exits": exits},
	})
}

// exits is `exits CODE COMMAND...`: exec with an exit code.
func exits(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) < 2 {
		ts.Fatalf("usage: exits CODE COMMAND...")
	}
	want, err := strconv.Atoi(args[0])
	ts.Check(err)
	got := 0
	if err := ts.Exec(args[1], args[2:]...); err != nil {
		var exit *exec.ExitError
		if !errors.As(err, &exit) {
			ts.Fatalf("%v", err)
		}
		got = exit.ExitCode()
	}
	if got != want {
		ts.Fatalf("exit code %d, want %d", got, want)
	}
}
