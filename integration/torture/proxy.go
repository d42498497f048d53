package main

import (
	"context"
	"fmt"
	"strings"
	"time"

	toxiproxy "github.com/Shopify/toxiproxy/v2"
	"github.com/rs/zerolog"
)

// proxy stands between the programs and their broker.
type proxy struct{ p *toxiproxy.Proxy }

func newProxy(upstream string) (*proxy, error) {
	zerolog.SetGlobalLevel(zerolog.Disabled) // toxics write to stdout by a logger of their own
	quiet := zerolog.Nop()
	server := toxiproxy.NewServer(toxiproxy.NewMetricsContainer(nil), quiet)
	p := toxiproxy.NewProxy(server, "broker", "127.0.0.1:0", upstream)
	return &proxy{p}, p.Start()
}

func (x *proxy) address() string { return x.p.Listen }

func (x *proxy) stop() { x.p.Stop() }

// toxics are what each fault of the network does to the two directions.
var toxics = map[string][]string{
	"black-hole": {
		`{"name": "up", "type": "timeout", "stream": "upstream", "attributes": {"timeout": 0}}`,
		`{"name": "down", "type": "timeout", "stream": "downstream", "attributes": {"timeout": 0}}`,
	},
	"hole-up":   {`{"name": "up", "type": "timeout", "stream": "upstream", "attributes": {"timeout": 0}}`},
	"hole-down": {`{"name": "down", "type": "timeout", "stream": "downstream", "attributes": {"timeout": 0}}`},
	"latency":   {`{"name": "down", "type": "latency", "stream": "downstream", "attributes": {"latency": 100, "jitter": 50}}`},
	"bandwidth": {
		`{"name": "up", "type": "bandwidth", "stream": "upstream", "attributes": {"rate": 400}}`,
		`{"name": "down", "type": "bandwidth", "stream": "downstream", "attributes": {"rate": 400}}`,
	},
}

// cut closes every connection; new ones are taken again after rest.
func (x *proxy) cut(ctx context.Context, rest time.Duration) error {
	x.p.Stop()
	if err := wait(ctx, rest); err != nil {
		return err
	}
	if err := x.p.Start(); err != nil {
		return fmt.Errorf("proxy: %w", err)
	}
	return nil
}

// spoil lets the network be bad for a while. What a black hole swallowed is
// gone, so its connections are closed when it ends.
func (x *proxy) spoil(ctx context.Context, fault string, hold time.Duration) error {
	for _, toxic := range toxics[fault] {
		if _, err := x.p.Toxics.AddToxicJson(strings.NewReader(toxic)); err != nil {
			return fmt.Errorf("proxy: %s: %w", fault, err)
		}
	}
	err := wait(ctx, hold)
	x.p.Toxics.ResetToxics(context.WithoutCancel(ctx))
	return err
}
