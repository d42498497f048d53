package cli

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/spf13/cobra"
	"github.com/twmb/franz-go/pkg/kgo"

	"hindsight/app/config"
	"hindsight/app/kafka"
	"hindsight/app/memory"
	"hindsight/schemas"
	"hindsight/scoring"
)

func newCheckCommand() *cobra.Command {
	var file string
	var output outputFlag
	var stages stagesFlag
	c := &cobra.Command{
		Use:   "check -c FILE",
		Short: "Find everything that is wrong before it starts; exit 1 on a fault",
		Long: `Look for everything that can be wrong before the service starts, and tell all of it
at once: the configuration, the brokers, our rights, the topics with their
partitions and retention, the schemas and the fields that are wanted from them,
the bundle and its tests, and, from a sample of both topics, where labels lie and
whether events and labels are on one time scale. It changes nothing.

Faults keep the service from working, notes do not.`,
		Example: `  hindsight check -c hindsight.yaml
  hindsight check -c hindsight.yaml --stages score
  hindsight check -c hindsight.yaml -o json | jq '.[] | select(.state == "fault")'`,
		Args: cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			cfg, err := config.LoadFor(file, stages)
			if err != nil {
				return err
			}
			k := &checker{ctx: c.Context(), cfg: cfg, stages: stages}
			if output == asTable {
				k.rows = &table{w: c.OutOrStdout(), widths: []int{5, 16, 0}}
			}
			defer k.close()
			k.run()
			return k.finish(c, output)
		},
	}
	addConfigFlag(c, &file)
	addOutputFlag(c, &output)
	addStagesFlag(c, &stages)
	return c
}

// The values of finding.State.
const (
	stateOK      = "ok"
	stateNote    = "note" // works, but costs or surprises
	stateFault   = "fault"
	stateSkipped = "skip" // could not be looked at
)

// finding is what one check found.
type finding struct {
	State string `json:"state"`
	Check string `json:"check"`
	Text  string `json:"text"`
}

// checker runs the checks in order; later ones use what earlier ones learnt.
type checker struct {
	ctx    context.Context
	cfg    *config.Config
	stages []config.Stage
	rows   *table // nil: JSON at the end

	findings    []finding
	unreachable int         // faults that are a service out of reach
	client      *kgo.Client // nil: no broker answers
	bundle      *scoring.Bundle
	topics      map[string]kafka.Status
	events      sampled // or somebody else's scores
	labels      sampled
}

func (k *checker) run() {
	k.ok("configuration", "%s, for %s", k.cfg.File(), stageList(k.stages))
	k.checkMemory()
	k.checkBrokers()
	k.checkTopics()
	k.checkRights()
	k.checkBundle()
	k.checkSchemas()
	k.checkScores()
	k.checkPlacement()
	k.checkTruths()
	k.checkTimeScale()
	k.checkPending()
}

// checkMemory tells the bound and its largest shares.
func (k *checker) checkMemory() {
	bound := memory.Find(int64(k.cfg.Memory.Limit))
	b := memory.Divide(bound.Bytes)
	k.ok("memory", "bounded to %v; a fetch brings about %d MiB, a transaction takes %d records, JOIN decides %d outcomes in one, its store caches %d MiB",
		bound, b.Fetch>>20, b.Records, b.Outcomes, b.StateCache>>20)
	if bound.Bytes < memory.Least {
		k.note("memory", "%d MiB is less than the stages need (%d MiB): they may take more", bound.Bytes>>20, memory.Least>>20)
	}
}

func (k *checker) close() {
	if k.client != nil {
		k.client.Close()
	}
}

func (k *checker) runs(stages ...config.Stage) bool {
	return slices.ContainsFunc(stages, func(s config.Stage) bool { return slices.Contains(k.stages, s) })
}

func (k *checker) tell(state, check, format string, args ...any) {
	f := finding{state, check, fmt.Sprintf(format, args...)}
	k.findings = append(k.findings, f)
	if k.rows != nil {
		k.rows.row(f.State, f.Check, f.Text)
	}
}

func (k *checker) ok(check, format string, args ...any)   { k.tell(stateOK, check, format, args...) }
func (k *checker) note(check, format string, args ...any) { k.tell(stateNote, check, format, args...) }
func (k *checker) skip(check, format string, args ...any) {
	k.tell(stateSkipped, check, format, args...)
}

// fault tells each line of an error on its own: joined errors are one a line.
func (k *checker) fault(check string, err error) {
	out := errors.Is(err, kafka.ErrUnreachable) || errors.Is(err, schemas.ErrUnavailable)
	for line := range strings.SplitSeq(err.Error(), "\n") {
		if out {
			k.unreachable++
		}
		k.tell(stateFault, check, "%s", line)
	}
}

func (k *checker) finish(c *cobra.Command, output outputFlag) error {
	if err := k.ctx.Err(); err != nil {
		return err
	}
	if output == asJSON {
		if err := writeJSON(c.OutOrStdout(), k.findings); err != nil {
			return err
		}
	} else if k.rows.err != nil {
		return k.rows.err
	}
	faults := 0
	for _, f := range k.findings {
		if f.State == stateFault {
			faults++
		}
	}
	switch {
	case faults == 0:
		return nil
	case faults == k.unreachable:
		return fmt.Errorf("%s: a service that is needed is %w", counted(faults, "fault"), errUnreachable)
	}
	return failedf("%s", counted(faults, "fault"))
}

func stageList(stages []config.Stage) string {
	var names []string
	for _, s := range stages {
		names = append(names, string(s))
	}
	return strings.Join(names, ", ")
}
