// Hindsight scores events on Kafka and tells, once the truth arrives, whether
// its scores were right.
package main

import (
	"context"
	"os"
	"os/signal"
	"syscall"

	"hindsight/cli"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	context.AfterFunc(ctx, stop) // so that a second signal ends the process at once
	os.Exit(cli.Main(ctx, os.Args[1:], os.Stdin, os.Stdout, os.Stderr))
}
