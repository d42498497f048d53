package dashboard_test

import (
	"context"
	"errors"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"hindsight/dashboard"
	"hindsight/dashboard/dashboardtest"
)

// The id is handed on as it is, and what comes back is escaped as JSON.
func TestStoryOfAnyID(t *testing.T) {
	asked := ""
	h := dashboard.New(fixed(dashboard.Snapshot{}), dashboard.Options{Inquiry: &dashboard.Inquiry{
		Story: func(_ context.Context, id string) (dashboard.Story, error) {
			if asked = id; id == "nobody" {
				return dashboard.Story{ID: id}, nil
			}
			return dashboard.Story{ID: id, Standing: "matched", Facts: []dashboard.Fact{{At: "2026-11-23T12:00:00Z", What: "label", Text: id, Topic: "labels", Partition: 3, Offset: 7}}}, nil
		},
	}})
	for _, id := range []string{"4711", dashboardtest.Hostile, "ä/?&#+%00", " "} {
		got := getJSON(t, h, "/api/v1/story?id="+url.QueryEscape(id))
		want := map[string]any{"id": id, "standing": "matched", "facts": []any{map[string]any{
			"at": "2026-11-23T12:00:00Z", "what": "label", "text": id, "topic": "labels", "partition": 3.0, "offset": 7.0}}}
		if diff := cmp.Diff(want, got); diff != "" || asked != id {
			t.Errorf("asked for %q (-want +got)\n%s", asked, diff)
		}
		if raw := body(t, get(t, h, "/api/v1/story?id="+url.QueryEscape(id))); strings.ContainsAny(raw, "<>") {
			t.Errorf("markup stands in the answer: %s", raw)
		}
	}
	if got := strings.TrimSpace(body(t, get(t, h, "/api/v1/story?id=nobody"))); got != `{"id":"nobody","standing":"","facts":[]}` {
		t.Errorf("of nobody: %s", got)
	}
	for _, bad := range []string{"", "?id=", "?id=" + strings.Repeat("x", 4097)} {
		if r := get(t, h, "/api/v1/story"+bad); r.StatusCode != http.StatusBadRequest {
			t.Errorf("%.20s: %s", bad, r.Status)
		}
	}
}

func TestSamplesOfTheLedger(t *testing.T) {
	h := dashboard.New(fixed(dashboard.Snapshot{}), dashboard.Options{Inquiry: &dashboard.Inquiry{
		Samples: func(context.Context) (dashboard.Samples, error) {
			return dashboard.Samples{Whole: true, Sums: map[string]map[string][]dashboard.Sample{"labels": {"orphan": {{ID: "x", At: "t"}}}}}, nil
		},
	}})
	want := map[string]any{"whole": true, "sums": map[string]any{"labels": map[string]any{"orphan": []any{map[string]any{"id": "x", "at": "t"}}}}}
	if diff := cmp.Diff(want, getJSON(t, h, "/api/v1/ledger")); diff != "" {
		t.Error(diff)
	}
}

// Reading topics is work: one inquiry at a time, and a fault is told.
func TestInquiriesAreAskedOneAtATime(t *testing.T) {
	entered, leave := make(chan struct{}), make(chan struct{})
	h := dashboard.New(fixed(dashboard.Snapshot{}), dashboard.Options{Inquiry: &dashboard.Inquiry{
		Story: func(context.Context, string) (dashboard.Story, error) {
			close(entered)
			<-leave
			return dashboard.Story{}, errors.New("no broker answers")
		},
		Samples: func(context.Context) (dashboard.Samples, error) { return dashboard.Samples{}, nil },
	}})
	first := make(chan *http.Response)
	go func() { first <- get(t, h, "/api/v1/story?id=a") }()
	<-entered
	if r := get(t, h, "/api/v1/ledger"); r.StatusCode != http.StatusServiceUnavailable || r.Header.Get("Retry-After") == "" {
		t.Errorf("a second inquiry: %s", r.Status)
	}
	close(leave)
	if r := <-first; r.StatusCode != http.StatusBadGateway || !strings.Contains(body(t, r), "no broker answers") {
		t.Errorf("an inquiry that failed: %s", r.Status)
	}
	if r := get(t, h, "/api/v1/ledger"); r.StatusCode != http.StatusOK {
		t.Errorf("after it: %s", r.Status)
	}
	none := dashboard.New(fixed(dashboard.Snapshot{}), dashboard.Options{})
	if r := get(t, none, "/api/v1/story?id=a"); r.StatusCode != http.StatusNotFound {
		t.Errorf("without topics: %s", r.Status)
	}
}
