package alarm

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"hindsight/schemas"
)

const hour = schemas.Instant(3600 * 1_000_000)

// TestSilence follows a feed of labels, hour by hour: s scores, l labels too.
func TestSilence(t *testing.T) {
	rule := Rule{Name: "labels-stopped", Feed: Silent, For: 4 * time.Hour, Hold: time.Hour}
	const settle = 20 * time.Hour
	for _, c := range []struct {
		name, hours, want string // hours: one letter each; want: what is told, and when
		text              string // of the last that is told
	}{
		{"labels come", "sslslslsls", "ok@2", "labels of fraud come"},
		{"labels never come", "sssssss", "pending@4 firing@5", "no label came for 5h while 6 events were scored by fraud"},
		{"labels stop", "lssssss", "ok@0 pending@4 firing@5", "look at what publishes the labels"},
		{"labels come again within the hold", "lsssslss", "ok@0 pending@4 ok@5", "labels of fraud come"},
		{"labels come again", "lssssssss-ls", "ok@0 pending@4 firing@5 resolved@10", "come again, after 10h"},
		{"scores pause too", "ls------sss", "ok@0", "labels of fraud come"},
		{"scores pause, and labels stay away", "ls------ssssss", "ok@0 pending@12 firing@13", "while 6 events"},
		{"scores end", "ls-----------------------", "ok@0 unknown@21", "nothing was scored since"},
		{"scores end while it fires", "lsssss--------------------", "ok@0 pending@4 firing@5 resolved@25", "withdrawn: nothing was scored"},
	} {
		t.Run(c.name, func(t *testing.T) {
			memory := rule.Begin("", "")
			var told []string
			last := ""
			for i, what := range c.hours {
				now := schemas.Instant(i) * hour
				scored, labels := int64(0), int64(0)
				if what != '-' {
					scored = 1
				}
				if what == 'l' {
					labels = 1
				}
				heard := rule.Hear(SilenceOf(memory), scored, labels, now)
				next, record := rule.Listen("fraud", memory, heard, heard.Until.Add(settle) <= now, now)
				if again, repeated := rule.Listen("fraud", next, Silence{heard.From, heard.Until, heard.Scored, 0}, heard.Until.Add(settle) <= now, now); repeated != nil {
					t.Errorf("a repeated step tells %v once more; memory %+v", repeated, again)
				}
				if memory = next; record != nil {
					told = append(told, fmt.Sprintf("%v@%d", record.State, i))
					last = record.Text
					if record.N <= 0 && record.State != schemas.Unknown && record.State != schemas.Resolved {
						t.Errorf("%v on nothing", record)
					}
				}
			}
			if got := strings.Join(told, " "); got != c.want || !strings.Contains(last, c.text) {
				t.Errorf("told %s (%s), want %s (%s)", got, last, c.want, c.text)
			}
		})
	}
}
