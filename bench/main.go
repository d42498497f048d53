// Bench measures what an event costs beside the floor that no program on this
// client can go under: the raw copy of the same records. Both run as processes
// of their own on a real Kafka, in pairs, one after the other within the same
// minutes, because the machine's speed drifts; CPU time is compared, not the
// clock on the wall, because the broker shares the cores.
package main

import (
	"context"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"slices"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	if err := run(ctx); err != nil {
		fmt.Fprintln(os.Stderr, "bench:", err)
		os.Exit(1)
	}
}

// goal is the ratio that the design promises for a linear model.
const goal = 1.25

func run(ctx context.Context) (err error) {
	b := bench{}
	flag.StringVar(&b.brokers, "brokers", os.Getenv("KAFKA_BROKERS"), "`HOST:PORT` of a broker; default: one is started and removed")
	flag.IntVar(&b.events, "n", 2_000_000, "how many events")
	flag.IntVar(&b.partitions, "partitions", 4, "of the events")
	flag.BoolVar(&b.atLeastOnce, "at-least-once", false, "without transactions, on both sides")
	recovery := flag.Bool("recovery", false, "measure instead how JOIN comes back with so many scores pending, with its disk and without")
	pairs := flag.Int("pairs", 7, "how many pairs of runs; one more goes before them and is not counted")
	flag.Parse()

	if b.dir, err = os.MkdirTemp("", "hindsight-bench-"); err != nil {
		return err
	}
	defer func() {
		if e := os.RemoveAll(b.dir); err == nil {
			err = e
		}
	}()
	if err := b.prepare(ctx); err != nil {
		return err
	}
	defer b.close()
	if *recovery {
		return b.recovery(ctx)
	}

	fmt.Printf("%d events of 8 features on %d partitions, %s; µs of CPU an event\n", b.events, b.partitions, b.guarantee())
	fmt.Printf("%-8s %9s %9s %7s   %s\n", "pair", "raw copy", "score", "ratio", "load")
	var ratios []float64
	for pair := range *pairs + 1 {
		raw, score, err := b.pair(ctx, pair)
		if err != nil {
			return err
		}
		name := fmt.Sprint(pair)
		if pair == 0 {
			name = "warm-up" // the broker's own compiler is still at work
		} else {
			ratios = append(ratios, score/raw)
		}
		fmt.Printf("%-8s %9.3f %9.3f %7.3f   %s\n", name, raw, score, score/raw, load())
	}
	if len(ratios) == 0 {
		return nil
	}
	slices.Sort(ratios)
	verdict := "reached"
	if median(ratios) > goal {
		verdict = "missed"
	}
	fmt.Printf("median ratio %.3f (from %.3f to %.3f); goal at most %.2f: %s\n", median(ratios), ratios[0], ratios[len(ratios)-1], goal, verdict)
	return nil
}

// median of sorted values.
func median(sorted []float64) float64 {
	n := len(sorted)
	return (sorted[(n-1)/2] + sorted[n/2]) / 2
}
