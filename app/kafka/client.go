package kafka

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"strings"

	"github.com/twmb/franz-go/pkg/kgo"
	"github.com/twmb/franz-go/plugin/kslog"

	"hindsight/app/config"
)

// ErrUnreachable is wrapped by errors that say that no broker answers.
var ErrUnreachable = errors.New("kafka is out of reach")

// clientID names the program in the brokers' logs and quotas.
const clientID = "hindsight"

// Options returns the client options that cfg asks for: brokers, TLS, SASL and
// the log (nil: none). Certificates that cannot be loaded are an error.
func Options(cfg config.Kafka, log *slog.Logger, more ...kgo.Opt) ([]kgo.Opt, error) {
	opts := []kgo.Opt{
		kgo.SeedBrokers(cfg.Brokers...),
		kgo.ClientID(clientID),
		kgo.FetchIsolationLevel(kgo.ReadCommitted()),
	}
	if log != nil {
		opts = append(opts, kgo.WithLogger(kslog.New(log)))
	}
	if cfg.TLS != nil {
		tls, err := tlsConfig(*cfg.TLS)
		if err != nil {
			return nil, err
		}
		opts = append(opts, kgo.DialTLSConfig(tls))
	}
	if cfg.SASL != nil {
		mechanism, err := saslMechanism(*cfg.SASL)
		if err != nil {
			return nil, err
		}
		opts = append(opts, kgo.SASL(mechanism))
	}
	return append(opts, more...), nil
}

// Connect returns a client that has reached a broker. The error wraps
// [ErrUnreachable] where none answers; the caller closes the client.
func Connect(ctx context.Context, cfg config.Kafka, log *slog.Logger, more ...kgo.Opt) (*kgo.Client, error) {
	opts, err := Options(cfg, log, more...)
	if err != nil {
		return nil, err
	}
	client, err := kgo.NewClient(opts...)
	if err != nil {
		return nil, fmt.Errorf("kafka client: %w", err)
	}
	if err := Ping(ctx, client, cfg); err != nil {
		client.Close()
		return nil, err
	}
	return client, nil
}

// Ping asks each broker once whether it is there and lets us in. The error
// wraps [ErrUnreachable], names the brokers and the next step.
func Ping(ctx context.Context, client *kgo.Client, cfg config.Kafka) error {
	err := client.Ping(ctx)
	if err == nil {
		return nil
	}
	next := "start it, or correct kafka.brokers"
	switch {
	case cfg.SASL != nil:
		next += ", kafka.tls and kafka.sasl"
	case cfg.TLS != nil:
		next += " and kafka.tls"
	default:
		next += " (a broker that wants TLS or a login answers nothing without kafka.tls or kafka.sasl)"
	}
	return fmt.Errorf("%w at %s: %w; %s", ErrUnreachable, strings.Join(cfg.Brokers, ", "), err, next)
}

// Unreachable wraps [ErrUnreachable] around the error of a request whose broker
// went away, which a start may meet after [Ping] was answered.
func Unreachable(err error) error {
	var dialed *net.OpError
	if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) || errors.As(err, &dialed) {
		return fmt.Errorf("%w: %w", ErrUnreachable, err)
	}
	return err
}
