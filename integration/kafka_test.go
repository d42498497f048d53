//go:build integration

package integration

import (
	"context"
	"fmt"
	"net"
	"net/netip"
	"os"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/moby/moby/api/types/container"
	"github.com/moby/moby/api/types/network"
	"github.com/testcontainers/testcontainers-go"
	"github.com/testcontainers/testcontainers-go/wait"
	"github.com/twmb/franz-go/pkg/kadm"
	"github.com/twmb/franz-go/pkg/kgo"
)

// patience is how long anything here may stand still before the run is given up; nothing is judged by it.
const patience = 2 * time.Minute

// cluster is a real Kafka with names of this test's own on it.
type cluster struct {
	t       *testing.T
	brokers []string
	client  *kgo.Client
	admin   *kadm.Client
	prefix  string

	settings string // more of the section kafka
}

// newCluster uses the brokers in KAFKA_BROKERS, or starts one in a container.
func newCluster(t *testing.T) *cluster {
	t.Helper()
	c := &cluster{t: t, brokers: kafkaBrokers(t), prefix: fmt.Sprintf("%s-%d-", strings.ToLower(t.Name()), time.Now().UnixMilli())}
	client, err := kgo.NewClient(kgo.SeedBrokers(c.brokers...), kgo.RecordPartitioner(kgo.ManualPartitioner()), kgo.ProducerBatchMaxBytes(16<<20))
	if err != nil {
		t.Fatal(err)
	}
	c.client, c.admin = client, kadm.NewClient(client)
	t.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), patience)
		defer cancel()
		c.removeTopics(ctx)
		client.Close()
	})
	c.await(fmt.Sprintf("a broker at %v", c.brokers), func() error {
		_, err := c.admin.ListBrokers(t.Context())
		return err
	})
	return c
}

// within is the same cluster for a subtest, with names of its own.
func (c *cluster) within(t *testing.T, name string) *cluster {
	sub := *c
	sub.t, sub.prefix = t, c.prefix+name+"-"
	return &sub
}

// await tries until what is wanted is so; it gives up when patience does.
func (c *cluster) await(what string, try func() error) {
	c.t.Helper()
	again := time.NewTicker(100 * time.Millisecond)
	defer again.Stop()
	deadline := time.After(patience)
	for {
		err := try()
		if err == nil {
			return
		}
		select {
		case <-again.C:
		case <-deadline:
			c.t.Fatalf("still waiting for %s after %v: %v", what, patience, err)
		}
	}
}

// topic returns the name on the cluster of what this test calls name.
func (c *cluster) topic(name string) string { return c.prefix + name }

// create makes a topic for records whose stamps lie in the past.
func (c *cluster) create(name string, partitions int32, configs map[string]string) {
	c.t.Helper()
	all := map[string]*string{"retention.ms": kadm.StringPtr("-1")}
	for key, value := range configs {
		all[key] = kadm.StringPtr(value)
	}
	if _, err := c.admin.CreateTopic(c.t.Context(), partitions, 1, all, c.topic(name)); err != nil {
		c.t.Fatalf("topic %s: %v", c.topic(name), err)
	}
}

func (c *cluster) removeTopics(ctx context.Context) {
	topics, err := c.admin.ListTopics(ctx)
	if err != nil {
		c.t.Logf("topics are left behind: %v", err)
		return
	}
	for _, name := range topics.Names() {
		if strings.HasPrefix(name, c.prefix) {
			if _, err := c.admin.DeleteTopic(ctx, name); err != nil {
				c.t.Logf("topic %s is left behind: %v", name, err)
			}
		}
	}
}

// kafkaBrokers returns the addresses of a broker that lives as long as t.
func kafkaBrokers(t *testing.T) []string {
	t.Helper()
	if brokers := os.Getenv("KAFKA_BROKERS"); brokers != "" {
		return strings.Split(brokers, ",")
	}
	image := os.Getenv("KAFKA_IMAGE")
	if image == "" {
		image = "apache/kafka:4.3.0"
	}
	port := freePort(t)
	address := net.JoinHostPort("127.0.0.1", strconv.Itoa(int(port)))
	ctr, err := testcontainers.Run(t.Context(), image,
		testcontainers.WithExposedPorts("9092/tcp"),
		// The broker must advertise the port on which it is seen from here, so that is chosen first.
		testcontainers.WithHostConfigModifier(func(host *container.HostConfig) {
			host.PortBindings = network.PortMap{network.MustParsePort("9092/tcp"): {
				{HostIP: netip.MustParseAddr("127.0.0.1"), HostPort: strconv.Itoa(int(port))}}}
		}),
		testcontainers.WithEnv(map[string]string{
			"KAFKA_NODE_ID":                        "1",
			"KAFKA_PROCESS_ROLES":                  "broker,controller",
			"KAFKA_CONTROLLER_QUORUM_VOTERS":       "1@localhost:9093",
			"KAFKA_CONTROLLER_LISTENER_NAMES":      "CONTROLLER",
			"KAFKA_LISTENERS":                      "PLAINTEXT://:9092,INTERNAL://:9094,CONTROLLER://:9093",
			"KAFKA_ADVERTISED_LISTENERS":           "PLAINTEXT://" + address + ",INTERNAL://localhost:9094",
			"KAFKA_LISTENER_SECURITY_PROTOCOL_MAP": "PLAINTEXT:PLAINTEXT,INTERNAL:PLAINTEXT,CONTROLLER:PLAINTEXT",
			// The broker asks itself whether a partition is in a transaction, and from
			// inside the container the advertised port leads nowhere.
			"KAFKA_INTER_BROKER_LISTENER_NAME":               "INTERNAL",
			"KAFKA_OFFSETS_TOPIC_REPLICATION_FACTOR":         "1",
			"KAFKA_TRANSACTION_STATE_LOG_REPLICATION_FACTOR": "1",
			"KAFKA_TRANSACTION_STATE_LOG_MIN_ISR":            "1",
			"KAFKA_GROUP_INITIAL_REBALANCE_DELAY_MS":         "0",
			"KAFKA_AUTO_CREATE_TOPICS_ENABLE":                "false",
		}),
		testcontainers.WithWaitStrategyAndDeadline(patience, wait.ForListeningPort("9092/tcp").SkipInternalCheck()),
	)
	testcontainers.CleanupContainer(t, ctr, testcontainers.StopTimeout(0)) // its data are for nobody
	if err != nil {
		t.Fatalf("image %s: %v\nwithout a registry: eval \"$(integration/real-kafka/kafka image)\"; with a broker of your own: KAFKA_BROKERS=HOST:PORT", image, err)
	}
	return []string{address}
}

func freePort(t *testing.T) uint16 {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	return l.Addr().(*net.TCPAddr).AddrPort().Port()
}
