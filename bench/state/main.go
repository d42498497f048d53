// State measures what JOIN's state costs while many scores are pending: memory,
// disk, and CPU for each score that comes, meets its label and is forgotten. It
// drives labels and their store alone, without Kafka, each size in a process of
// its own; CPU time is what the whole process uses, compactions and collector
// included.
package main

import (
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"strconv"
	"strings"
)

// What is promised, and judged by the table.
const (
	mostGrowth = 1.5 // CPU a pair at the largest size beside the smallest
	mostMiB    = 512 // resident, at any time
)

func main() {
	if err := run(); err != nil {
		fmt.Fprintln(os.Stderr, "state:", err)
		os.Exit(1)
	}
}

func run() error {
	sizes := flag.String("pending", "1000000,3000000,10000000", "how many scores are pending, `N,N…`")
	limit := flag.Int64("limit", 512, "memory.limit in `MiB`")
	pairs := flag.Int("pairs", 1_000_000, "how many scores come, meet their labels and go, measured")
	one := flag.Int("one", 0, "measure this many pending scores in this very process, and print JSON")
	rebuild := flag.Bool("rebuild", false, "with -one: measure a rebuild instead")
	profile := flag.String("cpuprofile", "", "`FILE` for a profile of what -one measures")
	flag.Parse()
	if *one > 0 {
		f, err := measure(driver{pending: *one, pairs: *pairs, limit: *limit << 20, rebuild: *rebuild, profile: *profile})
		if err != nil {
			return err
		}
		return json.NewEncoder(os.Stdout).Encode(f)
	}
	fmt.Printf("one partition, ids of 16 random characters, memory.limit %d MiB; CPU of the whole process\n", *limit)
	fmt.Printf("%11s %14s %13s %9s %16s %18s %9s\n", "pending", "µs to add one", "µs for a pair", "peak MiB", "disk, bytes each", "µs to rebuild one", "peak MiB")
	var first, last figures
	most := 0
	for i, text := range strings.Split(*sizes, ",") {
		f, err := inProcess(text, *limit, *pairs, false)
		if err != nil {
			return fmt.Errorf("%s pending: %w", text, err)
		}
		again, err := inProcess(text, *limit, *pairs, true)
		if err != nil {
			return fmt.Errorf("rebuild of %s pending: %w", text, err)
		}
		fmt.Printf("%11d %14.2f %13.2f %9d %16.1f %18.2f %9d\n", f.Pending, f.AddMicros, f.PairMicros, f.PeakMiB, f.DiskBytes, again.RebuildMicros, again.PeakMiB)
		if i == 0 {
			first = f
		}
		last, most = f, max(most, f.PeakMiB, again.PeakMiB)
	}
	growth := last.PairMicros / first.PairMicros
	fmt.Printf("a pair costs %.2f × as much at the largest size as at the smallest: %s (at most %.1f); %d MiB at most: %s (%d)\n",
		growth, verdict(growth <= mostGrowth), mostGrowth, most, verdict(most < mostMiB), mostMiB)
	return nil
}

func verdict(reached bool) string {
	if reached {
		return "reached"
	}
	return "missed"
}

// inProcess measures one size in a process of its own.
func inProcess(pending string, limit int64, pairs int, rebuild bool) (f figures, err error) {
	self, err := os.Executable()
	if err != nil {
		return f, err
	}
	cmd := exec.Command(self, "-one", pending, "-limit", strconv.FormatInt(limit, 10), "-pairs", strconv.Itoa(pairs), "-rebuild="+strconv.FormatBool(rebuild))
	cmd.Stderr = os.Stderr
	out, err := cmd.Output()
	if err != nil {
		return f, err
	}
	return f, json.Unmarshal(out, &f)
}
