package app

import (
	"context"

	"github.com/twmb/franz-go/pkg/kadm"
	"github.com/twmb/franz-go/pkg/kgo"

	"hindsight/app/config"
	"hindsight/dashboard"
)

// Inquiry reads topics and commits for somebody who asks: nobody's state, and
// no stage need run.
type Inquiry struct {
	Client []kgo.Opt
	Admin  *kadm.Client
	Config *config.Config
	Schema func(ctx context.Context, id uint32) (string, error) // nil: the registry of Config, if there is one
}

// schemas returns how schemas are found.
func (q *Inquiry) schemas() (schemaLookup, error) {
	if q.Schema != nil {
		return q.Schema, nil
	}
	reg, err := newRegistry(q.Config.Registry, nil)
	if reg == nil || err != nil {
		return nil, err
	}
	return reg.Schema, nil
}

// SampleSearch is within how many records of each topic samples are looked for
// where nobody says.
const SampleSearch = 100_000

// pageSamples is how many samples of each bucket the page asks for.
const pageSamples = 5

// forPage answers what the page asks.
func (q *Inquiry) forPage() *dashboard.Inquiry {
	return &dashboard.Inquiry{
		Story: func(ctx context.Context, id string) (dashboard.Story, error) {
			s, err := q.Story(ctx, id)
			if err != nil {
				return dashboard.Story{}, err
			}
			page := dashboard.Story{ID: s.ID, Standing: s.Standing}
			for _, f := range s.Facts {
				page.Facts = append(page.Facts, dashboard.Fact{At: f.At, What: f.What, Text: f.Text, Topic: f.Topic, Partition: f.Partition, Offset: f.Offset})
			}
			return page, nil
		},
		Samples: func(ctx context.Context) (dashboard.Samples, error) {
			l, err := ReadLedger(ctx, q.Admin, q.Config)
			if err != nil {
				return dashboard.Samples{}, err
			}
			s, err := q.Samples(ctx, l, pageSamples, SampleSearch)
			if err != nil {
				return dashboard.Samples{}, err
			}
			return dashboard.Samples{Whole: s.Whole, Sums: map[string]map[string][]dashboard.Sample{
				"events": pageOf(s.Events), "scores": pageOf(s.Scores), "labels": pageOf(s.Labels),
			}}, nil
		},
	}
}

func pageOf(buckets map[string][]Sample) map[string][]dashboard.Sample {
	out := map[string][]dashboard.Sample{}
	for bucket, all := range buckets {
		for _, s := range all {
			out[bucket] = append(out[bucket], dashboard.Sample{ID: s.ID, At: s.At, Why: s.Why})
		}
	}
	return out
}
