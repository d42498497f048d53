package main

import (
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"time"
)

// process is one place at which the program under test runs, again and again:
// a configuration, a state directory and a log.
type process struct {
	name   string
	dir    string
	binary string
	stages []string

	mu      sync.Mutex
	running *exec.Cmd
	done    chan struct{} // closed when running has ended
	began   time.Time
	ending  bool // its end is our doing
	exits   []exit
}

// exit is an end that was not asked for, or not of the kind that was.
type exit struct {
	Process string   `json:"process"`
	How     string   `json:"how"`
	At      string   `json:"at"`
	Words   []string `json:"words"` // the last ones of its log
}

// start runs the program, with other arguments than usual where there are any.
func (p *process) start(args ...string) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	log, err := os.OpenFile(filepath.Join(p.dir, p.name+".log"), os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o644)
	if err != nil {
		return err
	}
	defer log.Close()
	line := append([]string{"run", "-c", p.name + ".yaml"}, args...)
	if len(p.stages) > 0 && len(args) == 0 {
		line = append(line, "--stages", strings.Join(p.stages, ","))
	}
	fmt.Fprintf(log, "--- %s hindsight %s\n", time.Now().UTC().Format("15:04:05.000"), strings.Join(line, " "))
	cmd := exec.Command(p.binary, line...)
	cmd.Dir, cmd.Stdout, cmd.Stderr = p.dir, log, log
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	if err := cmd.Start(); err != nil {
		return err
	}
	done := make(chan struct{})
	p.running, p.done, p.began, p.ending = cmd, done, time.Now(), false
	go func() {
		err := cmd.Wait()
		p.mu.Lock()
		if e := (exit{p.name, how(err), time.Now().UTC().Format("15:04:05.000"), nil}); len(args) == 0 && e.bad(p.ending) {
			e.Words = lastWords(filepath.Join(p.dir, p.name+".log"))
			p.exits = append(p.exits, e)
		}
		p.running = nil
		p.mu.Unlock()
		close(done)
	}()
	return nil
}

// how says how a process ended.
func how(err error) string {
	var exit *exec.ExitError
	switch {
	case err == nil:
		return "exit 0"
	case errors.As(err, &exit) && exit.Exited():
		return fmt.Sprintf("exit %d", exit.ExitCode())
	}
	return err.Error()
}

// bad reports whether the program ended without being asked to, or otherwise than well.
func (e exit) bad(asked bool) bool {
	return !asked || strings.HasPrefix(e.How, "exit ") && e.How != "exit 0"
}

// lastWords are the last lines of a log, each cut to what a reader takes in.
func lastWords(file string) []string {
	text, err := os.ReadFile(file)
	if err != nil {
		return []string{err.Error()}
	}
	const most, width = 4, 600
	lines := strings.Split(strings.TrimRight(string(text), "\n"), "\n")
	lines = lines[max(0, len(lines)-most):]
	for i, line := range lines {
		lines[i] = line[:min(len(line), width)]
	}
	return lines
}

// alive returns since when it runs; false if it does not.
func (p *process) alive() (time.Time, bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.began, p.running != nil
}

// signal sends s to what runs. end says that it will end by it.
func (p *process) signal(s syscall.Signal, end bool) (ended <-chan struct{}) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.running == nil {
		closed := make(chan struct{})
		close(closed)
		return closed
	}
	p.ending = p.ending || end
	_ = p.running.Process.Signal(s) // it may be gone by now, which Wait tells
	return p.done
}

// kill ends it at once.
func (p *process) kill() { <-p.signal(syscall.SIGKILL, true) }

// errHangs is a program that does not end.
var errHangs = errors.New("did not end")

// await waits for the end; one that stands still shows its goroutines in its log first.
func (p *process) await(ended <-chan struct{}, patience time.Duration) error {
	timer := time.NewTimer(patience)
	defer timer.Stop()
	select {
	case <-ended:
		return nil
	case <-timer.C:
	}
	<-p.signal(syscall.SIGQUIT, true)
	return fmt.Errorf("%s: %w within %v (goroutines: %s.log)", p.name, errHangs, patience, p.name)
}

// terminate asks for a clean end and waits for it.
func (p *process) terminate(patience time.Duration) error {
	return p.await(p.signal(syscall.SIGTERM, true), patience)
}

// loseDisk removes the state. Without its identity, too, it is another member
// with other transactional ids afterwards.
func (p *process) loseDisk(identity bool) error {
	state := filepath.Join(p.dir, "state-"+p.name)
	id, err := os.ReadFile(filepath.Join(state, "instance"))
	if err := errors.Join(err, os.RemoveAll(state)); err != nil && !errors.Is(err, os.ErrNotExist) {
		return err
	}
	if identity || err != nil {
		return nil
	}
	if err := os.MkdirAll(state, 0o755); err != nil {
		return err
	}
	return os.WriteFile(filepath.Join(state, "instance"), id, 0o644)
}

// once runs a command of the program to its end.
func (p *process) once(stdout io.Writer, args ...string) error {
	cmd := exec.Command(p.binary, args...)
	cmd.Dir, cmd.Stdout = p.dir, stdout
	var stderr strings.Builder
	cmd.Stderr = &stderr
	if err := cmd.Run(); err != nil {
		return fmt.Errorf("hindsight %s: %w\n%s", strings.Join(args, " "), err, stderr.String())
	}
	return nil
}
