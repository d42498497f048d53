//go:build browser

package integration

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/cdproto/log"
	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"

	"hindsight/dashboard"
	"hindsight/dashboard/dashboardtest"
	"hindsight/schemas"
)

// windows is as many as the demo has of one window name and segment.
const windows = 600

// page serves a snapshot and opens it in Chromium.
func page(t *testing.T, source func() dashboard.Snapshot, width, height int64) (context.Context, string) {
	t.Helper()
	return browse(t, dashboard.New(source, dashboard.Options{}), width, height)
}

// browse serves h to Chromium. Whatever the browser complains of, or fetches
// from elsewhere, fails the test at its end.
func browse(t *testing.T, h http.Handler, width, height int64) (context.Context, string) {
	t.Helper()
	server := httptest.NewServer(h)
	t.Cleanup(server.Close)

	flags := append(chromedp.DefaultExecAllocatorOptions[:],
		chromedp.Flag("headless", true), chromedp.NoSandbox, chromedp.DisableGPU, chromedp.NoFirstRun,
		chromedp.Flag("disable-quic", true), chromedp.Flag("disable-background-networking", true),
		chromedp.Flag("disable-component-update", true), chromedp.Flag("disable-sync", true),
		chromedp.UserDataDir(t.TempDir()))
	allocator, cancel := chromedp.NewExecAllocator(t.Context(), flags...)
	t.Cleanup(cancel)
	ctx, cancel := chromedp.NewContext(allocator)
	t.Cleanup(cancel)

	var mu sync.Mutex
	var complaints []string
	complain := func(format string, args ...any) {
		mu.Lock()
		defer mu.Unlock()
		complaints = append(complaints, fmt.Sprintf(format, args...))
	}
	t.Cleanup(func() {
		mu.Lock()
		defer mu.Unlock()
		for _, c := range complaints {
			t.Error(c)
		}
	})
	do(t, ctx, chromedp.EmulateViewport(width, height)) // starts the browser
	err := chromedp.Listen(ctx, func(event any) {
		switch e := event.(type) {
		case *runtime.EventConsoleAPICalled:
			complain("console.%s", e.Type)
		case *runtime.EventExceptionThrown:
			complain("exception: %s", e.ExceptionDetails.Text)
		case *log.EventEntryAdded:
			complain("log %s: %s %s", e.Entry.Level, e.Entry.Text, e.Entry.URL)
		case *network.EventRequestWillBeSent:
			if !strings.HasPrefix(e.Request.URL, server.URL) {
				complain("the page asked for %s", e.Request.URL)
			}
		}
	})
	if err != nil {
		t.Fatal(err)
	}
	call(t, ctx, network.Enable, network.EnableParams{})
	call(t, ctx, log.Enable, cdp.Empty{})
	return ctx, server.URL
}

func do(t *testing.T, ctx context.Context, steps ...chromedp.Action[chromedp.Void]) {
	t.Helper()
	if err := chromedp.Do(ctx, steps...); err != nil {
		t.Fatal(err)
	}
}

func call[P, R any](t *testing.T, ctx context.Context, command cdp.Command[P, R], params P) {
	t.Helper()
	if _, err := chromedp.Call(ctx, command, params); err != nil {
		t.Fatal(err)
	}
}

// evaluate returns what an expression is in the page.
func evaluate[T any](t *testing.T, ctx context.Context, expression string) T {
	t.Helper()
	result, err := chromedp.Run(ctx, chromedp.Evaluate[T](expression))
	if err != nil {
		t.Fatalf("%s: %v", expression, err)
	}
	return result
}

// poll waits until an expression is true in the page.
func poll(expression string) chromedp.Action[chromedp.Void] {
	return chromedp.Poll[chromedp.Void](expression, chromedp.WithPollingTimeout(0))
}

func act(expression string) chromedp.Action[chromedp.Void] {
	return chromedp.Evaluate[chromedp.Void](expression)
}

func scheme(t *testing.T, ctx context.Context, name string) {
	t.Helper()
	call(t, ctx, emulation.SetEmulatedMedia, emulation.SetEmulatedMediaParams{
		Features: []*emulation.MediaFeature{{Name: "prefers-color-scheme", Value: name}}})
}

// screenshot leaves a picture of the whole page in the temporary directory.
func screenshot(t *testing.T, ctx context.Context, name string) {
	t.Helper()
	picture, err := chromedp.Run(ctx, chromedp.FullScreenshot(100))
	if err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(os.TempDir(), "hindsight-"+name+".png")
	if err := os.WriteFile(file, picture, 0o644); err != nil {
		t.Fatal(err)
	}
	t.Log(file)
}

const drawn = `document.querySelectorAll("#chart .value").length > 0 && document.querySelectorAll("#segment-rows tr").length === 5`

func TestPageShowsTheSnapshot(t *testing.T) {
	snapshot := dashboardtest.Elec(windows)
	ctx, url := page(t, func() dashboard.Snapshot { return snapshot }, 1360, 900)
	scheme(t, ctx, "light")
	do(t, ctx, chromedp.Navigate(url), poll(drawn))
	screenshot(t, ctx, "light")

	for id, want := range map[string]string{
		"title": snapshot.Title, "model": "model elec@1", "n-events": "45,312", "n-scores": "45,300",
		"n-labels": "38,402", "n-outcomes": "38,625", "n-coverage": "84.4 %", "chart-h": "Rolling accuracy by label time",
	} {
		if got := evaluate[string](t, ctx, fmt.Sprintf("document.getElementById(%q).textContent", id)); got != want {
			t.Errorf("#%s: %q, want %q", id, got, want)
		}
	}
	counts := map[string]int{
		"#alarm-rows tr":                        len(snapshot.Alarms),
		"#chart .bound":                         1,
		"#chart .clear":                         1,
		"#ledger-rows .state.ok":                3,
		"#source-rows tr":                       6,
		"#segment-rows button[aria-pressed]":    5,
		"#segment-rows .spark path":             5,
		`#segment option`:                       5,
		"#lost:not([hidden])":                   0,
		"#badges .badge.firing":                 1,
		`#segment-rows [aria-pressed="true"]`:   1,
		"#figure-rows tr":                       0,
		"img, iframe, script:not([src]), embed": 0,
	}
	for selector, want := range counts {
		if got := evaluate[int](t, ctx, fmt.Sprintf("document.querySelectorAll(%q).length", selector)); got != want {
			t.Errorf("%d elements match %s, want %d", got, selector, want)
		}
	}
	for _, selector := range []string{"#chart .span-firing", "#chart .span-pending", "#chart .band", "#chart .band.prov", "#chart .value.prov", "#chart .coverage"} {
		if evaluate[int](t, ctx, fmt.Sprintf("document.querySelectorAll(%q).length", selector)) == 0 {
			t.Errorf("the chart has no %s", selector)
		}
	}

	scheme(t, ctx, "dark")
	screenshot(t, ctx, "dark")
}

func TestPageIsUsableByKeyboard(t *testing.T) {
	snapshot := dashboardtest.Elec(windows)
	ctx, url := page(t, func() dashboard.Snapshot { return snapshot }, 1360, 900)
	do(t, ctx, chromedp.Navigate(url), poll(drawn), chromedp.Focus(chromedp.CSS("#chart")), chromedp.KeyEvent(kb.Home))
	first := evaluate[string](t, ctx, `document.getElementById("readout").textContent`)
	if want := "1998-04-30 05:05 to 1998-04-30 06:05 UTC"; !strings.Contains(first, want) {
		t.Errorf("Home reads %q, want it to name %q", first, want)
	}
	do(t, ctx, chromedp.KeyEvent(kb.ArrowRight))
	if second := evaluate[string](t, ctx, `document.getElementById("readout").textContent`); !strings.Contains(second, "05:10 to") {
		t.Errorf("the next window reads %q", second)
	}
	// A segment is chosen by its button, and the focus stays on it across polls.
	do(t, ctx, act(`document.querySelectorAll("#segment-rows button")[3].focus()`),
		chromedp.KeyEvent(kb.Enter), poll(`document.getElementById("segment").value === "region=QLD"`),
		poll(`performance.getEntriesByType("resource").filter((e) => e.name.endsWith("snapshot")).length > 3`))
	if got := evaluate[string](t, ctx, `document.activeElement.textContent`); got != "region=QLD" {
		t.Errorf("after two polls the focus is on %q", got)
	}
	do(t, ctx, chromedp.Click(chromedp.CSS("#figures summary")), poll(`document.querySelectorAll("#figure-rows tr").length > 100`))
}

// Early labels are no fair sample: the page shows the scores that have one
// beside those that wait.
func TestPageShowsLabelledBesideUnlabelled(t *testing.T) {
	snapshot := dashboardtest.Elec(60)
	ctx, url := page(t, func() dashboard.Snapshot { return snapshot }, 1100, 900)
	do(t, ctx, chromedp.Navigate(url+"/#window=day"), poll(`document.querySelectorAll("#chart .value").length > 0`))
	if n := evaluate[int](t, ctx, `document.querySelectorAll("#values *").length`); n != 0 {
		t.Errorf("%d elements are drawn though nobody asked", n)
	}
	do(t, ctx, chromedp.Click(chromedp.CSS("#bias summary")), poll(`document.querySelectorAll("#values .labelled").length > 1`))
	screenshot(t, ctx, "values")
	label := func() string {
		return evaluate[string](t, ctx, `document.getElementById("values").getAttribute("aria-label")`)
	}
	newest := label()
	if want := "without 912, mean score 0.500"; !strings.Contains(newest, want) || !strings.Contains(newest, "mean score 0.34") {
		t.Errorf("the newest day shows %q, want %q and labelled ones that score lower", newest, want)
	}
	do(t, ctx, chromedp.Focus(chromedp.CSS("#chart")), chromedp.KeyEvent(kb.Home))
	if oldest := label(); oldest == newest || !strings.Contains(oldest, "without 48,") {
		t.Errorf("the oldest day shows %q", oldest)
	}
}

func TestHostileSegmentIsOnlyText(t *testing.T) {
	snapshot := dashboardtest.Elec(60)
	snapshot.Title, snapshot.Version = dashboardtest.Hostile, "1"
	snapshot.Stalled, snapshot.ReadyReason = dashboardtest.Hostile, dashboardtest.Hostile
	for i := range snapshot.Alarms {
		snapshot.Alarms[i].Text = dashboardtest.Hostile
	}
	ctx, url := page(t, func() dashboard.Snapshot { return snapshot }, 800, 700)
	do(t, ctx, chromedp.Navigate(url+"/#segment=<script>window.pwned=1</script>"), poll(drawn))
	do(t, ctx, act(`[...document.querySelectorAll("#segment-rows button")].find((b) => b.textContent.includes("onerror")).click()`),
		poll(`document.getElementById("readout").textContent.includes("UTC") && document.getElementById("segment").value.includes("onerror")`))
	if evaluate[bool](t, ctx, `"pwned" in window`) {
		t.Error("a segment name ran as a script")
	}
	if n := evaluate[int](t, ctx, `document.querySelectorAll("img").length`); n != 0 {
		t.Errorf("a segment name became %d images", n)
	}
	screenshot(t, ctx, "narrow")
}

func TestPageWithoutData(t *testing.T) {
	nothing := dashboard.Snapshot{StreamTime: schemas.Beginning}
	ctx, url := page(t, func() dashboard.Snapshot { return nothing }, 1200, 800)
	do(t, ctx, chromedp.Navigate(url), poll(`document.querySelectorAll("#chart svg").length > 0 && document.querySelectorAll("#ledger-rows tr").length === 3`))
	for selector, want := range map[string]string{
		"#chart":        "no windows yet: the first appears when its time has passed everywhere",
		"#alarm-rows":   "No alarm has changed its state.",
		"#segment-rows": "No windows yet.",
		"#source-rows":  "No source has been seen.",
		"#badges":       "starting",
		"#stream-time":  "not yet",
	} {
		if got := evaluate[string](t, ctx, fmt.Sprintf("document.querySelector(%q).textContent", selector)); !strings.Contains(got, want) {
			t.Errorf("%s says %q, want %q", selector, got, want)
		}
	}
	screenshot(t, ctx, "empty")
}
