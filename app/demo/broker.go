package demo

import (
	"errors"
	"fmt"
	"math"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"time"

	"github.com/twmb/franz-go/pkg/kfake"
	"github.com/twmb/franz-go/pkg/kgo"
	"github.com/twmb/franz-go/pkg/kmsg"

	"hindsight/app/filelock"
	"hindsight/schemas/registry"
)

// BrokerOptions say where the broker and the registry keep and show themselves.
type BrokerOptions struct {
	// Dir keeps everything that is published; "" keeps it in memory. Two
	// processes cannot use one folder.
	Dir string
	// Kafka is a TCP address for clients outside the process; "" opens no port.
	Kafka string
	// Registry is the same for the schema registry.
	Registry string
}

// Broker is a Kafka broker with a schema registry inside the process. A crash
// may lose what the operating system had not written; Close loses nothing.
type Broker struct {
	cluster  *kfake.Cluster
	network  *kfake.VirtualNetwork // nil: TCP
	addrs    []string
	registry *schemaRegistry
	lock     *os.File
}

// StartBroker starts both. What a former broker kept in Dir is there again.
func StartBroker(o BrokerOptions) (*Broker, error) {
	b := new(Broker)
	if err := b.start(o); err != nil {
		return nil, errors.Join(err, b.Close())
	}
	return b, nil
}

func (b *Broker) start(o BrokerOptions) error {
	opts := []kfake.Opt{
		kfake.NumBrokers(1),
		kfake.ClusterID("hindsight-demo"),
		kfake.GroupMinSessionTimeout(time.Second),
		kfake.BrokerConfigs(map[string]string{
			"group.consumer.heartbeat.interval.ms": "200",
			// No topic is compacted, and none may be: kfake lets an open
			// transaction supersede committed records (research, kfake T2).
			"log.cleaner.backoff.ms": "5000",
		}),
	}
	if o.Dir != "" {
		if err := os.MkdirAll(o.Dir, 0o755); err != nil {
			return fmt.Errorf("demo folder: %w", err)
		}
		var err error
		if b.lock, err = filelock.Take(filepath.Join(o.Dir, "lock")); err != nil {
			return fmt.Errorf("demo folder %s: is used by another process: %w", o.Dir, err)
		}
		opts = append(opts, kfake.DataDir(filepath.Join(o.Dir, "kafka")))
	}
	if o.Kafka == "" {
		b.network = new(kfake.VirtualNetwork)
		opts = append(opts, kfake.ListenFn(b.network.Listen))
	} else {
		opts = append(opts, kfake.ListenFn(func(network, _ string) (net.Listener, error) { return net.Listen(network, o.Kafka) }))
	}
	var err error
	if b.cluster, err = kfake.NewCluster(opts...); err != nil {
		return fmt.Errorf("demo broker: %w", err)
	}
	fillFetches(b.cluster)
	b.addrs = b.cluster.ListenAddrs()
	if b.registry, err = startRegistry(o.Dir, o.Registry); err != nil {
		return fmt.Errorf("demo schema registry: %w", err)
	}
	return nil
}

// fillFetches lets only the limit of each partition bound a fetch. Where the
// limit of the whole is reached first, kfake leaves out which transactions of the
// last partition were aborted, and read_committed clients see their records.
func fillFetches(cluster *kfake.Cluster) {
	cluster.ControlKey(int16(kmsg.Fetch), func(req kmsg.Request) (kmsg.Response, error, bool) {
		cluster.KeepControl()
		req.(*kmsg.FetchRequest).MaxBytes = math.MaxInt32
		return nil, nil, false
	})
}

// Close stops both and gives the folder free. It may be called twice.
func (b *Broker) Close() error {
	var faults []error
	if b.registry != nil {
		faults = append(faults, b.registry.close())
		b.registry = nil
	}
	if b.cluster != nil {
		b.cluster.Close()
		b.cluster = nil
	}
	if b.lock != nil {
		faults = append(faults, b.lock.Close())
		b.lock = nil
	}
	return errors.Join(faults...)
}

// Addrs returns the addresses of the broker. Without TCP they mean something
// only to clients with ClientOptions.
func (b *Broker) Addrs() []string { return b.addrs }

// ClientOptions returns how any client reaches the broker.
func (b *Broker) ClientOptions() []kgo.Opt {
	opts := []kgo.Opt{kgo.SeedBrokers(b.addrs...)}
	if b.network != nil {
		opts = append(opts, kgo.Dialer(b.network.DialContext))
	}
	return opts
}

// GroupOptions returns what members of groups set besides. A member that is
// killed while it joins is only missed after the rebalance timeout (research,
// kfake T6), and a transaction has to outlive that.
func (b *Broker) GroupOptions() []kgo.Opt {
	return []kgo.Opt{
		kgo.SessionTimeout(10 * time.Second),
		kgo.HeartbeatInterval(500 * time.Millisecond),
		kgo.RebalanceTimeout(10 * time.Second),
		kgo.TransactionTimeout(15 * time.Second),
	}
}

// TopicConfigs returns the settings for any topic of this broker: what is old
// by its timestamp stays (kfake T3), and memory comes in small pieces (T4).
func TopicConfigs() map[string]string {
	return map[string]string{
		"cleanup.policy": "delete",
		"retention.ms":   "-1",
		"segment.bytes":  "1048576",
	}
}

// CreateTopic makes a topic with TopicConfigs; one that is there stays as it is.
func (b *Broker) CreateTopic(topic string, partitions int32) error {
	if b.cluster.TopicInfo(topic) != nil {
		return nil
	}
	if err := b.cluster.CreateTopic(topic, partitions, TopicConfigs()); err != nil {
		return fmt.Errorf("topic %s: %w", topic, err)
	}
	return nil
}

// RegistryURL returns the address of the schema registry, which without TCP
// only RegistryHTTP can reach.
func (b *Broker) RegistryURL() string { return b.registry.url }

// RegistryHTTP returns a client that reaches RegistryURL, by TCP or not.
func (b *Broker) RegistryHTTP() *http.Client { return b.registry.client }

// SchemaRegistry returns a client of the schema registry.
func (b *Broker) SchemaRegistry() (*registry.Client, error) {
	return registry.New(registry.Options{URL: b.registry.url, HTTPClient: b.registry.client})
}
