package main

import (
	"context"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"time"
)

// broker is one real Kafka, a bare process, with a listener for the programs
// (whose address is that of the proxy) and one for the oracle.
type broker struct {
	root   string // of the repository
	dir    string
	port   int
	direct string // address that the oracle dials
	proxy  *proxy
}

// startBroker starts a broker on ports from port on: the oracle's, the
// controller's, and behind the proxy that of the programs.
func startBroker(ctx context.Context, root, dir string, port int) (*broker, error) {
	b := &broker{root: root, dir: dir, port: port, direct: address(port)}
	var err error
	if b.proxy, err = newProxy(address(port + 2)); err != nil {
		return nil, err
	}
	props := filepath.Join(dir, "more.properties")
	text := fmt.Sprintf(`listeners=PLAINTEXT://%s,PROXIED://%s,CONTROLLER://%s
advertised.listeners=PLAINTEXT://%s,PROXIED://%s
listener.security.protocol.map=PLAINTEXT:PLAINTEXT,PROXIED:PLAINTEXT,CONTROLLER:PLAINTEXT
inter.broker.listener.name=PLAINTEXT
group.min.session.timeout.ms=1000
transaction.abort.timed.out.transaction.cleanup.interval.ms=1000
`, address(port), address(port+2), address(port+1), address(port), b.proxy.address())
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return nil, err
	}
	if err := os.WriteFile(props, []byte(text), 0o644); err != nil {
		return nil, err
	}
	return b, b.script(ctx, "start")
}

func address(port int) string { return net.JoinHostPort("127.0.0.1", strconv.Itoa(port)) }

// script runs integration/real-kafka/kafka, which knows how to start a broker from jars.
func (b *broker) script(ctx context.Context, verb string) error {
	cmd := exec.CommandContext(ctx, filepath.Join(b.root, "integration", "real-kafka", "kafka"), verb, filepath.Join(b.dir, "kafka"))
	cmd.Env = append(os.Environ(), fmt.Sprintf("KAFKA_PORT=%d", b.port), "KAFKA_PROPS="+filepath.Join(b.dir, "more.properties"), "KAFKA_HEAP=512m")
	// Out of reach of a Ctrl-C, which is for us to act upon.
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	log, err := os.OpenFile(filepath.Join(b.dir, "script.log"), os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o644)
	if err != nil {
		return err
	}
	defer log.Close()
	cmd.Stdout, cmd.Stderr = log, log
	if err := cmd.Run(); err != nil {
		return fmt.Errorf("kafka %s %s: %w (see script.log and kafka/broker.log there)", verb, b.dir, err)
	}
	return nil
}

func (b *broker) signal(s syscall.Signal) error {
	text, err := os.ReadFile(filepath.Join(b.dir, "kafka", "pid"))
	if err != nil {
		return err
	}
	pid, err := strconv.Atoi(strings.TrimSpace(string(text)))
	if err != nil {
		return err
	}
	return syscall.Kill(pid, s)
}

// restart kills the broker and starts it again on its data.
func (b *broker) restart(ctx context.Context, rest time.Duration) error {
	if err := b.script(ctx, "kill"); err != nil {
		return err
	}
	if err := wait(ctx, rest); err != nil {
		return err
	}
	return b.script(ctx, "start")
}

// stop ends the broker whatever state it is in; its data stay.
func (b *broker) stop() error {
	b.proxy.stop()
	return b.script(context.Background(), "kill")
}

// wait returns after d, or when ctx ends.
func wait(ctx context.Context, d time.Duration) error {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-timer.C:
		return nil
	}
}
