package main

import (
	"context"
	"crypto/rand"
	"encoding/base64"
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"syscall"
	"time"
)

// broker is a real Kafka: a controller and a broker, bare processes. As on a
// cluster the controller outlives the broker, which alone is tormented. The
// broker has a listener for the programs (whose address is that of the proxy)
// and one for the oracle.
type broker struct {
	dir        string
	libs       string // jars
	port       int
	direct     string // address that the oracle dials
	proxy      *proxy
	controller *exec.Cmd
	server     *exec.Cmd
	ended      chan struct{} // closed when server has ended
}

// startBroker starts a Kafka on ports from port on: the oracle's, the
// controller's, and behind the proxy that of the programs.
func startBroker(ctx context.Context, root, dir string, port int) (*broker, error) {
	b := &broker{dir: dir, port: port, direct: address(port)}
	var err error
	if b.libs, err = jars(ctx, root); err != nil {
		return nil, err
	}
	if b.proxy, err = newProxy(address(port + 2)); err != nil {
		return nil, err
	}
	id := make([]byte, 16)
	_, _ = rand.Read(id)
	id[0] &= 0x7f // no leading dash
	cluster := base64.RawURLEncoding.EncodeToString(id)
	common := fmt.Sprintf(`broker.session.timeout.ms=%d
broker.heartbeat.interval.ms=500
controller.quorum.bootstrap.servers=%s
controller.listener.names=CONTROLLER
listener.security.protocol.map=PLAINTEXT:PLAINTEXT,PROXIED:PLAINTEXT,CONTROLLER:PLAINTEXT
`, noticed.Milliseconds(), address(port+1))
	controller := common + fmt.Sprintf("process.roles=controller\nnode.id=1\nlisteners=CONTROLLER://%s\n", address(port+1))
	if err := b.format(ctx, "controller", cluster, controller, "--standalone"); err != nil {
		return nil, err
	}
	server := common + fmt.Sprintf(`process.roles=broker
node.id=2
listeners=PLAINTEXT://%s,PROXIED://%s
advertised.listeners=PLAINTEXT://%s,PROXIED://%s
inter.broker.listener.name=PLAINTEXT
offsets.topic.replication.factor=1
offsets.topic.num.partitions=4
transaction.state.log.replication.factor=1
transaction.state.log.min.isr=1
transaction.state.log.num.partitions=4
share.coordinator.state.topic.replication.factor=1
share.coordinator.state.topic.min.isr=1
group.initial.rebalance.delay.ms=0
group.min.session.timeout.ms=1000
auto.create.topics.enable=false
transaction.abort.timed.out.transaction.cleanup.interval.ms=1000
`, address(port), address(port+2), address(port), b.proxy.address())
	if err := b.format(ctx, "broker", cluster, server, "--no-initial-controllers"); err != nil {
		return nil, err
	}
	if b.controller, err = b.java("controller", "-Xmx256m"); err != nil {
		return nil, err
	}
	go func() { _ = b.controller.Wait() }()
	if err := b.answers(ctx, port+1); err != nil {
		return nil, err
	}
	return b, b.start(ctx)
}

func address(port int) string { return net.JoinHostPort("127.0.0.1", strconv.Itoa(port)) }

// jars returns the folder of Kafka's jars, fetched if need be.
func jars(ctx context.Context, root string) (string, error) {
	if out, err := exec.CommandContext(ctx, filepath.Join(root, "integration", "real-kafka", "kafka"), "fetch").CombinedOutput(); err != nil {
		return "", fmt.Errorf("kafka fetch: %w\n%s", err, out)
	}
	if libs := os.Getenv("KAFKA_LIBS"); libs != "" {
		return libs, nil
	}
	version := os.Getenv("KAFKA_VERSION")
	if version == "" {
		version = "4.3.0"
	}
	home, err := os.UserHomeDir()
	return filepath.Join(home, ".cache", "real-kafka", version), err
}

// format prepares the data of one node.
func (b *broker) format(ctx context.Context, node, cluster, properties, how string) error {
	if err := os.MkdirAll(filepath.Join(b.dir, node), 0o755); err != nil {
		return err
	}
	path := b.properties(node)
	properties += "log.dirs=" + filepath.Join(b.dir, node, "data") + "\n"
	if err := os.WriteFile(path, []byte(properties), 0o644); err != nil {
		return err
	}
	cmd := exec.CommandContext(ctx, "java", "-cp", b.libs+"/*", "kafka.tools.StorageTool", "format", how, "-t", cluster, "-c", path)
	if out, err := cmd.CombinedOutput(); err != nil {
		return fmt.Errorf("format %s: %w\n%s", node, err, out)
	}
	return nil
}

func (b *broker) properties(node string) string { return filepath.Join(b.dir, node+".properties") }

// java starts one node, out of reach of a Ctrl-C, which is for us to act upon.
func (b *broker) java(node, heap string) (*exec.Cmd, error) {
	log, err := os.OpenFile(filepath.Join(b.dir, node+".log"), os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o644)
	if err != nil {
		return nil, err
	}
	defer log.Close()
	cmd := exec.Command("java", heap, "-cp", b.libs+"/*", "kafka.Kafka", b.properties(node))
	cmd.Stdout, cmd.Stderr = log, log
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	return cmd, cmd.Start()
}

// start starts the broker and returns when it answers.
func (b *broker) start(ctx context.Context) (err error) {
	if b.server, err = b.java("broker", "-Xmx512m"); err != nil {
		return err
	}
	server, ended := b.server, make(chan struct{})
	b.ended = ended
	go func() {
		_ = server.Wait()
		close(ended)
	}()
	return b.answers(ctx, b.port)
}

// answers waits until somebody listens on a port.
func (b *broker) answers(ctx context.Context, port int) error {
	for began := time.Now(); ; {
		c, err := net.Dial("tcp", address(port))
		if err == nil {
			return c.Close()
		}
		if time.Since(began) > 10*time.Minute {
			return fmt.Errorf("nothing answers on %s (logs: %s): %w", address(port), b.dir, err)
		}
		if err := wait(ctx, 50*time.Millisecond); err != nil {
			return err
		}
	}
}

func (b *broker) signal(s syscall.Signal) error { return b.server.Process.Signal(s) }

func (b *broker) kill() {
	_ = b.signal(syscall.SIGKILL) // it may have ended
	<-b.ended
}

// noticed is after what time the controller knows that a broker is gone.
const noticed = 3 * time.Second

// restart kills the broker and starts it again on its data after a rest: the
// controller has taken its partitions from it meanwhile, unless it is hasty.
// One that comes back sooner goes on as the leader that it was, and then loses
// markers of transactions for good (Kafka 4.3.0; markers.go).
func (b *broker) restart(ctx context.Context, rest time.Duration, hasty bool) error {
	b.kill()
	if !hasty {
		rest += noticed + time.Second
	}
	if err := wait(ctx, rest); err != nil {
		return err
	}
	return b.start(ctx)
}

// stop ends everything, whatever state it is in; the data stay.
func (b *broker) stop() error {
	b.proxy.stop()
	b.kill()
	if err := b.controller.Process.Kill(); err != nil && !errors.Is(err, os.ErrProcessDone) {
		return err
	}
	return nil
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
