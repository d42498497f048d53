package app

import (
	"fmt"
	"log/slog"
	"strconv"
	"sync"
	"time"

	"hindsight/app/telemetry"
)

// How often a recovery tells how far it is, and looks at the clock.
const (
	progressEvery = 5 * time.Second
	glanceEvery   = 4096 // records
)

// progress is how far the recovery of one partition has come, for the log, the
// metrics and the readiness. One goroutine moves it, any may read it.
type progress struct {
	log       *slog.Logger
	metrics   *telemetry.Metrics
	stage     string
	partition int32

	mu          sync.Mutex
	doing       string // "rebuilding", …
	done, total int64
	began       time.Time // of doing
	told        time.Time
	glance      int64 // done at which to look at the clock
}

// begin says what is done next, and with how many records.
func (p *progress) begin(doing string, total int64) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.doing, p.done, p.total, p.glance = doing, 0, total, glanceEvery
	p.began = time.Now()
	p.told = p.began
	p.metrics.SetRecovery(p.stage, p.partition, 0, total)
}

// reach says how many records are done.
func (p *progress) reach(done int64) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.done = min(done, p.total); p.done < p.glance {
		return
	}
	p.glance = p.done + glanceEvery
	now := time.Now()
	p.metrics.SetRecovery(p.stage, p.partition, p.done, p.total)
	if now.Sub(p.told) < progressEvery {
		return
	}
	p.told = now
	rate, left := p.pace(now)
	p.log.Info("recovering", "stage", p.stage, "partition", p.partition, "doing", p.doing, "records", p.done, "of", p.total,
		"per_second", int64(rate), "seconds_left", int64(left.Seconds()))
}

func (p *progress) pace(now time.Time) (rate float64, left time.Duration) {
	took := now.Sub(p.began).Seconds()
	if p.done == 0 || took <= 0 {
		return 0, 0
	}
	rate = float64(p.done) / took
	return rate, time.Duration(float64(p.total-p.done) / rate * float64(time.Second))
}

// end takes the figures back.
func (p *progress) end() { p.metrics.ForgetRecovery(p.stage, p.partition) }

// String says it in words: "rebuilding partition 3: 1,200,000 of 4,000,000
// records, 12 s left".
func (p *progress) String() string {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.doing == "" {
		return fmt.Sprintf("partition %d waits to be recovered", p.partition)
	}
	text := fmt.Sprintf("%s partition %d: %s of %s records", p.doing, p.partition, thousands(p.done), thousands(p.total))
	if _, left := p.pace(time.Now()); left > 0 {
		text += fmt.Sprintf(", %s s left", thousands(int64(left.Seconds()+0.5)))
	}
	return text
}

// thousands writes n in groups of three digits.
func thousands(n int64) string {
	s := strconv.FormatInt(n, 10)
	for i := len(s) - 3; i > 0 && s[i-1] != '-'; i -= 3 {
		s = s[:i] + "," + s[i:]
	}
	return s
}
