package cli

import (
	"bytes"
	"context"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// A stop that is asked for during the start is an ordinary stop.
func TestStopDuringTheStart(t *testing.T) {
	silent, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer silent.Close()
	file := filepath.Join(t.TempDir(), "h.yaml")
	text := fmt.Sprintf("kafka: {brokers: [%q], group: g}\nhttp: {listen: 127.0.0.1:0}\n", silent.Addr())
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithCancel(t.Context())
	go func() {
		if conn, err := silent.Accept(); err == nil {
			defer conn.Close()
			stop() // it waits for an answer now
			<-t.Context().Done()
		}
	}()
	var stderr bytes.Buffer
	if code := Main(ctx, []string{"run", "-c", file, "--stages", "watch"}, nil, os.Stdout, &stderr); code != exitWell || ctx.Err() == nil {
		t.Errorf("exit code %d, stopped: %v\n%s", code, ctx.Err() != nil, &stderr)
	}
	if !strings.Contains(stderr.String(), "stopped before it was running") {
		t.Errorf("it said\n%s", &stderr)
	}
}
