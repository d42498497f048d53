//go:build browser

package integration

import (
	"context"
	"testing"

	"github.com/chromedp/chromedp"

	"hindsight/dashboard"
	"hindsight/dashboard/dashboardtest"
)

// From the buckets of the ledger to the story of one id, whatever the id is.
func TestPageTellsTheStoryOfAnID(t *testing.T) {
	snapshot := dashboardtest.Elec(60)
	ask := &dashboard.Inquiry{
		Story: func(_ context.Context, id string) (dashboard.Story, error) {
			if id == "nobody" {
				return dashboard.Story{ID: id}, nil
			}
			return dashboard.Story{ID: id, Standing: "1 label orphan " + id, Facts: []dashboard.Fact{
				{At: "1998-04-30T05:05:00Z", What: "label", Text: "a label says " + id, Topic: "labels", Partition: 3, Offset: 7},
				{At: "1998-05-14T05:05:00Z", What: "fate", Text: "orphan: no event of this id was scored in time", Topic: "outcomes", Offset: 9},
				{At: "1998-05-15T00:00:00Z", What: "dead_letter", Text: "no_time: field time is missing", Topic: "dead-letters", Offset: 1},
				{At: "1998-05-15T00:00:00Z", What: "ahead", Text: "the score waits for a label"},
			}}, nil
		},
		Samples: func(context.Context) (dashboard.Samples, error) {
			return dashboard.Samples{Sums: map[string]map[string][]dashboard.Sample{
				"events": {"dead_letter": {{At: "1998-05-15T00:00:00Z", Why: "datum"}}},
				"labels": {"orphan": {{ID: "4711", At: "1998-05-15T00:00:00Z"}, {ID: dashboardtest.Hostile, At: "1998-05-15T00:00:00Z"}}},
			}}, nil
		},
	}
	ctx, url := browse(t, dashboard.New(func() dashboard.Snapshot { return snapshot }, dashboard.Options{Inquiry: ask}), 1360, 900)
	do(t, ctx, chromedp.Navigate(url), poll(drawn), act(`document.querySelector("#samples summary").click()`),
		poll(`document.querySelectorAll("#sample-rows button").length === 2 && document.getElementById("samples-note").textContent.includes("hindsight ledger")`),
		act(`document.querySelectorAll("#sample-rows button")[0].click()`), poll(`document.querySelectorAll("#story-rows tr").length === 4`))
	if got := evaluate[string](t, ctx, `document.getElementById("story-standing").textContent`); got != "4711: 1 label orphan 4711" {
		t.Errorf("the story begins %q", got)
	}
	if got := evaluate[string](t, ctx, `document.querySelector("#story-rows .fate").textContent`); got != "1998-05-14 05:05✓ fateorphan: no event of this id was scored in timeoutcomes/0 at offset 9" {
		t.Errorf("a fate reads %q", got)
	}
	screenshot(t, ctx, "story")
	do(t, ctx, act(`document.querySelectorAll("#sample-rows button")[1].click()`), poll(`document.getElementById("story-standing").textContent.includes("onerror")`))
	if n := evaluate[int](t, ctx, `document.querySelectorAll("img").length`); n != 0 || evaluate[bool](t, ctx, `"pwned" in window`) {
		t.Errorf("an id became markup: %d images", n)
	}
	do(t, ctx, act(`(document.getElementById("find-id").value = "nobody", document.querySelector("#find button").click())`),
		poll(`document.getElementById("story-standing").textContent.startsWith("No record of event “nobody”") && document.querySelectorAll("#story-rows tr").length === 0`))
}
