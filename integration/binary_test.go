//go:build integration

package integration

import (
	"bytes"
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
)

// hindsight builds the program, once for all tests, into dist/, which git ignores.
var hindsight = sync.OnceValues(func() (string, error) {
	path, err := filepath.Abs("../dist/integration/hindsight")
	if err != nil {
		return "", err
	}
	build := exec.Command("go", "build", "-o", path, "hindsight")
	build.Env = append(os.Environ(), "CGO_ENABLED=0") // as it is released
	if out, err := build.CombinedOutput(); err != nil {
		return "", &exec.Error{Name: "go build: " + string(out), Err: err}
	}
	return path, nil
})

// command prepares a call of the program in dir.
func command(ctx context.Context, t *testing.T, dir string, args ...string) *exec.Cmd {
	t.Helper()
	path, err := hindsight()
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.CommandContext(ctx, path, args...)
	cmd.Dir = dir
	return cmd
}

// succeed runs the program to its end, which must be a good one, and returns
// what it printed. One that stands still tells where before it is ended.
func succeed(t *testing.T, dir string, args ...string) string {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 5*patience)
	defer cancel()
	cmd := command(ctx, t, dir, args...)
	cmd.Cancel = func() error { return cmd.Process.Signal(syscall.SIGQUIT) } // Go's runtime then prints its goroutines
	cmd.WaitDelay = patience
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("hindsight %s: %v\n%s%s", strings.Join(args, " "), err, out, tail(stderr.Bytes()))
	}
	return string(out)
}

// process is the program while it runs.
type process struct {
	t    *testing.T
	name string
	cmd  *exec.Cmd
	log  *os.File
	done chan struct{} // closed at its end
	err  error         // of its end, once done
}

// start runs the program in the background; it is killed at the end of the test if it still runs.
func start(t *testing.T, name, dir string, args ...string) *process {
	t.Helper()
	return startCommand(t, name, command(context.Background(), t, dir, args...))
}

// startBinary is start for another build of the program.
func startBinary(t *testing.T, binary, name, dir string, args ...string) *process {
	t.Helper()
	cmd := exec.Command(binary, args...)
	cmd.Dir = dir
	return startCommand(t, name, cmd)
}

func startCommand(t *testing.T, name string, cmd *exec.Cmd) *process {
	t.Helper()
	log, err := os.CreateTemp(t.TempDir(), name+"-*.log")
	if err != nil {
		t.Fatal(err)
	}
	p := &process{t: t, name: name, cmd: cmd, log: log, done: make(chan struct{})}
	p.cmd.Stdout, p.cmd.Stderr = log, log
	if err := p.cmd.Start(); err != nil {
		t.Fatalf("%s: %v", name, err)
	}
	go func() {
		p.err = p.cmd.Wait()
		close(p.done)
	}()
	t.Cleanup(func() {
		_ = p.cmd.Process.Kill() // it may have ended by now, which is as well
		<-p.done
		if t.Failed() {
			text, _ := os.ReadFile(log.Name())
			t.Logf("%s:\n%s", name, tail(text))
		}
		log.Close()
	})
	return p
}

// running fails the test if the process has ended by itself.
func (p *process) running() {
	p.t.Helper()
	select {
	case <-p.done:
		p.t.Fatalf("%s has ended by itself: %v", p.name, p.err)
	default:
	}
}

// stop sends SIGTERM and waits for a clean end.
func (p *process) stop() {
	p.t.Helper()
	p.running()
	if err := p.cmd.Process.Signal(syscall.SIGTERM); err != nil {
		p.t.Fatalf("%s: %v", p.name, err)
	}
	<-p.done
	if p.err != nil {
		p.t.Fatalf("%s did not stop cleanly: %v", p.name, p.err)
	}
}

// kill sends SIGKILL and waits for the end.
func (p *process) kill() {
	p.t.Helper()
	p.running()
	if err := p.cmd.Process.Kill(); err != nil {
		p.t.Fatalf("%s: %v", p.name, err)
	}
	<-p.done
}

// text is the log so far.
func (p *process) text() string {
	p.t.Helper()
	text, err := os.ReadFile(p.log.Name())
	if err != nil {
		p.t.Fatal(err)
	}
	return string(text)
}

// tail keeps the end of a log, where the reason stands.
func tail(text []byte) string {
	const most = 32 << 10
	if len(text) > most {
		text = append([]byte("…"), text[len(text)-most:]...)
	}
	return string(text)
}
