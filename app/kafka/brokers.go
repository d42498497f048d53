package kafka

import (
	"cmp"
	"context"
	"fmt"
	"maps"
	"slices"

	"github.com/twmb/franz-go/pkg/kadm"

	"hindsight/app/config"
)

// Brokers are what runs on the other side.
type Brokers struct {
	N                  int
	Version            string // a guess by the requests that they know, of the oldest where they differ
	TransactionVersion int16  // finalised transaction.version; 0: none
}

// BrokersOf asks every broker what it is.
func BrokersOf(ctx context.Context, admin *kadm.Client) (Brokers, error) {
	all, err := admin.ApiVersions(ctx)
	if err != nil {
		return Brokers{}, fmt.Errorf("versions of the brokers: %w", err)
	}
	b := Brokers{N: len(all)}
	first := true
	for _, id := range slices.Sorted(maps.Keys(all)) {
		v := all[id]
		if v.Err != nil {
			continue // it is down, which does not keep the others from working
		}
		transactions := int16(0)
		for _, f := range v.Raw().FinalizedFeatures {
			if f.Name == "transaction.version" {
				transactions = f.MaxVersionLevel
			}
		}
		if first || transactions < b.TransactionVersion {
			b.TransactionVersion, b.Version = transactions, v.VersionGuess()
		}
		first = false
	}
	b.Version = cmp.Or(b.Version, "unknown")
	return b, nil
}

// Risk says what exactly-once cannot promise on these brokers, and what to do;
// "" where it can.
func (b Brokers) Risk(cfg config.Kafka) string {
	if cfg.Delivery == config.AtLeastOnce || b.TransactionVersion >= 2 {
		return ""
	}
	return fmt.Sprintf("transaction.version is %d: below 2, a request to end a transaction that the network delays past the next one may end that one instead, "+
		"and records are lost or torn apart (Jepsen 2024; KIP-890). Exactly-once needs Kafka 4.0 and "+
		"kafka-features.sh upgrade --feature transaction.version=2; else kafka.delivery: at-least-once promises no more than it keeps", b.TransactionVersion)
}
