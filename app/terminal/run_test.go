package terminal_test

import (
	"context"
	"errors"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"hindsight/app/terminal"
	"hindsight/dashboard"
)

// show runs v for a while of fake time over snapshots whose events count the
// seconds that passed, up to most.
func show(t *testing.T, v terminal.View, while time.Duration, most int64) string {
	t.Helper()
	var out strings.Builder
	v.Out = &out
	synctest.Test(t, func(t *testing.T) {
		start := time.Now()
		ctx, cancel := context.WithTimeout(t.Context(), while)
		defer cancel()
		err := terminal.Run(ctx, v, func() dashboard.Snapshot {
			s := story()
			s.Events = min(int64(time.Since(start)/time.Second), most)
			if s.Events < 3 {
				s.Alarms = s.Alarms[:1]
			}
			return s
		})
		if err != nil {
			t.Error(err)
		}
	})
	return out.String()
}

func TestPlainLinesOnlyWhatIsNew(t *testing.T) {
	got := show(t, terminal.View{Every: time.Second}, 60*time.Second+time.Millisecond, 5)
	if strings.Contains(got, "\x1b") {
		t.Errorf("control characters without a terminal: %q", got)
	}
	var events, alarms []string
	for _, line := range strings.Split(strings.TrimSpace(got), "\n") {
		if _, after, ok := strings.Cut(line, "  events "); ok {
			n, _, _ := strings.Cut(after, " ")
			events = append(events, n)
		} else {
			alarms = append(alarms, line)
		}
	}
	if want := "0 1 2 3 4 5"; strings.Join(events, " ") != want {
		t.Errorf("lines for the events %v, want %s", events, want)
	}
	if len(alarms) != 2 || !strings.Contains(alarms[0], "pending") || !strings.Contains(alarms[1], "firing") {
		t.Errorf("alarms: %q", alarms)
	}
}

func TestFramesAreDrawnInPlace(t *testing.T) {
	size := [2]int{80, 24}
	v := terminal.View{TTY: true, Every: time.Second, Size: func() (int, int) { return size[0], size[1] }}
	got := show(t, v, 10*time.Second+time.Millisecond, 3)
	if n := strings.Count(got, "\x1b[2J"); n != 1 {
		t.Errorf("the screen was cleared %d times, want once", n)
	}
	// Seconds 0 to 3 differ; what does not is not drawn again.
	if n := strings.Count(got, "\x1b[J"); n != 4 {
		t.Errorf("%d frames, want 4", n)
	}
	if !strings.HasPrefix(got, "\x1b[?25l") || !strings.HasSuffix(got, "\x1b[?25h") {
		t.Error("the cursor is not hidden first and shown last")
	}
	for frame := range strings.SplitSeq(got, "\x1b[J") {
		if n := strings.Count(frame, "\r\n"); n > size[1]-1 {
			t.Errorf("a frame of %d lines scrolls a terminal of %d", n, size[1])
		}
	}
}

func TestFramesAreBounded(t *testing.T) {
	calls := 0
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithTimeout(t.Context(), time.Second+time.Millisecond)
		defer cancel()
		err := terminal.Run(ctx, terminal.View{Out: &strings.Builder{}, TTY: true, Every: time.Millisecond},
			func() dashboard.Snapshot { calls++; return story() })
		if err != nil {
			t.Error(err)
		}
	})
	if calls != 12 { // at 0, ten times a second, and at the end
		t.Errorf("%d snapshots were taken in a second, want 12", calls)
	}
}

func TestFramesFollowTheSize(t *testing.T) {
	width := 100
	v := terminal.View{TTY: true, Every: time.Second, Size: func() (int, int) { width--; return width, 30 }}
	got := show(t, v, 3*time.Second+time.Millisecond, 0)
	if n := strings.Count(got, "\x1b[2J"); n != 5 {
		t.Errorf("cleared %d times for 5 sizes", n)
	}
}

type broken struct{}

var errBroken = errors.New("broken pipe")

func (broken) Write([]byte) (int, error) { return 0, errBroken }

func TestRunEndsWhenNobodyReads(t *testing.T) {
	for _, tty := range []bool{true, false} {
		err := terminal.Run(t.Context(), terminal.View{Out: broken{}, TTY: tty, Every: time.Hour}, story)
		if !errors.Is(err, errBroken) {
			t.Errorf("TTY %v: %v", tty, err)
		}
	}
}
