package demo

import (
	"context"

	"github.com/twmb/franz-go/pkg/kgo"

	"hindsight/app/publish"
	"hindsight/consumer"
	"hindsight/schemas"
)

// Feed publishes a world to a broker.
type Feed struct {
	world     *World
	client    *kgo.Client
	publisher *publish.Publisher
	events    *publish.Encoder
	labels    *publish.Encoder
	clock     publish.Clock
}

// NewFeed registers the schemas of the demo, makes its two topics and connects.
func NewFeed(ctx context.Context, world *World, broker *Broker, clock publish.Clock) (*Feed, error) {
	f := &Feed{world: world, clock: clock}
	var err error
	if f.events, err = register(ctx, broker, Events, loanSchema); err != nil {
		return nil, err
	}
	if f.labels, err = register(ctx, broker, Labels, repaymentSchema); err != nil {
		return nil, err
	}
	for _, topic := range []string{Events, Labels} {
		if err := broker.CreateTopic(topic, Partitions); err != nil {
			return nil, err
		}
	}
	if f.client, err = kgo.NewClient(append(broker.ClientOptions(), publish.ClientOptions()...)...); err != nil {
		return nil, err
	}
	f.publisher = publish.NewPublisher(f.client, consumer.Murmur2, map[string]int32{Events: Partitions, Labels: Partitions}, clock)
	return f, nil
}

func register(ctx context.Context, broker *Broker, topic string, text []byte) (*publish.Encoder, error) {
	schema, err := publish.ParseSchema(text)
	if err != nil {
		return nil, err
	}
	client, err := broker.SchemaRegistry()
	if err != nil {
		return nil, err
	}
	id, err := publish.Register(ctx, client, topic, schema)
	if err != nil {
		return nil, err
	}
	return publish.NewEncoder(schema, schemas.Confluent, id)
}

// OnProgress has fn called about once a second while Run publishes.
func (f *Feed) OnProgress(fn func(publish.Summary)) { f.publisher.Progress = fn }

// Run publishes the whole world, with its time running at speed seconds a
// second, or as fast as the broker takes it where speed is 0. It returns when
// everything is acknowledged. What lies on each partition, and in which order,
// depends on the world alone.
func (f *Feed) Run(ctx context.Context, speed float64) (publish.Summary, error) {
	items := f.world.Items(f.events, f.labels)
	return f.publisher.Publish(ctx, publish.AtSpeed(ctx, f.clock, speed, items))
}

// Close disconnects.
func (f *Feed) Close() { f.client.Close() }
