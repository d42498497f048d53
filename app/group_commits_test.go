package app

import (
	"errors"
	"testing"

	"github.com/twmb/franz-go/pkg/kadm"
	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kfake"
	"github.com/twmb/franz-go/pkg/kgo"
	"github.com/twmb/franz-go/pkg/kmsg"
)

// After a start of the brokers a group has no coordinator for longer than the
// client has patience: a start, and an audit, wait for it and say so.
func TestCommitsWaitForTheCoordinator(t *testing.T) {
	cluster, err := kfake.NewCluster(kfake.NumBrokers(1))
	if err != nil {
		t.Fatal(err)
	}
	defer cluster.Close()
	client, err := kgo.NewClient(kgo.SeedBrokers(cluster.ListenAddrs()...), kgo.RequestRetries(0))
	if err != nil {
		t.Fatal(err)
	}
	defer client.Close()
	fault := cluster.Fault(kfake.Fault{Keys: []kmsg.Key{kmsg.OffsetFetch}, Err: kerr.CoordinatorLoadInProgress, Count: 3})
	waited := 0
	commits, err := electedCommits(t.Context(), kadm.NewClient(client), "g", func(err error) {
		if !errors.Is(err, kerr.CoordinatorLoadInProgress) {
			t.Errorf("waits because of %v", err)
		}
		waited++
	})
	if err != nil || len(commits) != 0 {
		t.Errorf("commits %v, %v", commits, err)
	}
	if fault.Hits() != 3 || waited == 0 {
		t.Errorf("refused %d times, waited %d times", fault.Hits(), waited)
	}
}
