package kafka

import (
	"strings"
	"testing"

	"github.com/twmb/franz-go/pkg/kadm"
	"github.com/twmb/franz-go/pkg/kfake"
	"github.com/twmb/franz-go/pkg/kversion"

	"hindsight/app/config"
)

// An EndTxn that is delayed past the next transaction (GUARANTEES.md R9):
// brokers that cannot tell it from the next one's are named, with the risk.
func TestBrokersBelowTransactionVersion2(t *testing.T) {
	for _, c := range []struct {
		name     string
		opts     []kfake.Opt
		version  int16
		delivery string
		risky    bool
	}{
		{"today's", nil, 2, config.ExactlyOnce, false},
		{"3.7", []kfake.Opt{kfake.MaxVersions(kversion.V3_7_0())}, 0, config.ExactlyOnce, true},
		{"3.7 at least once", []kfake.Opt{kfake.MaxVersions(kversion.V3_7_0())}, 0, config.AtLeastOnce, false},
	} {
		t.Run(c.name, func(t *testing.T) {
			cluster, err := kfake.NewCluster(append(c.opts, kfake.NumBrokers(2))...)
			if err != nil {
				t.Fatal(err)
			}
			defer cluster.Close()
			cfg := config.Kafka{Brokers: cluster.ListenAddrs(), Delivery: c.delivery}
			client, err := Connect(t.Context(), cfg, nil)
			if err != nil {
				t.Fatal(err)
			}
			defer client.Close()
			got, err := BrokersOf(t.Context(), kadm.NewClient(client))
			if err != nil {
				t.Fatal(err)
			}
			if got.N != 2 || got.TransactionVersion != c.version || got.Version == "" {
				t.Errorf("%+v, want 2 brokers of transaction.version %d", got, c.version)
			}
			if risk := got.Risk(cfg); (risk != "") != c.risky || c.risky && !strings.Contains(risk, "transaction.version=2") {
				t.Errorf("risk %q, want one: %v", risk, c.risky)
			}
		})
	}
}
