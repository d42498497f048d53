package dashboard_test

import (
	"encoding/json"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"hindsight/dashboard"
	"hindsight/dashboard/dashboardtest"
)

func fixed(s dashboard.Snapshot) func() dashboard.Snapshot {
	return func() dashboard.Snapshot { return s }
}

// get asks the handler as a browser on the same machine would.
func get(t *testing.T, h http.Handler, target string, headers ...string) *http.Response {
	t.Helper()
	r := httptest.NewRequest(http.MethodGet, "http://127.0.0.1:8080"+target, nil)
	for i := 0; i < len(headers); i += 2 {
		r.Header.Set(headers[i], headers[i+1])
	}
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	return w.Result()
}

func body(t *testing.T, r *http.Response) string {
	t.Helper()
	b, err := io.ReadAll(r.Body)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

func getJSON(t *testing.T, h http.Handler, target string) map[string]any {
	t.Helper()
	r := get(t, h, target)
	text := body(t, r)
	if r.StatusCode != http.StatusOK || r.Header.Get("Content-Type") != "application/json" {
		t.Fatalf("%s: %s, %s: %s", target, r.Status, r.Header.Get("Content-Type"), text)
	}
	var v map[string]any
	if err := json.Unmarshal([]byte(text), &v); err != nil {
		t.Fatalf("%s: %v", target, err)
	}
	return v
}

func TestHeadersKeepThePageToItself(t *testing.T) {
	h := dashboard.New(fixed(dashboardtest.Elec(3)), dashboard.Options{})
	for _, target := range []string{"/", "/static/app.js", "/api/v1/snapshot", "/healthz", "/nowhere"} {
		header := get(t, h, target).Header
		if csp := header.Get("Content-Security-Policy"); !strings.HasPrefix(csp, "default-src 'self';") || strings.Contains(csp, "unsafe") {
			t.Errorf("%s: Content-Security-Policy %q", target, csp)
		}
		if got := header.Get("X-Content-Type-Options"); got != "nosniff" {
			t.Errorf("%s: X-Content-Type-Options %q", target, got)
		}
		if got := header.Get("Access-Control-Allow-Origin"); got != "" {
			t.Errorf("%s: other origins are allowed: %q", target, got)
		}
	}
}

func TestPageHasNothingInline(t *testing.T) {
	h := dashboard.New(fixed(dashboard.Snapshot{}), dashboard.Options{})
	r := get(t, h, "/")
	page := body(t, r)
	if got := r.Header.Get("Content-Type"); got != "text/html; charset=utf-8" {
		t.Errorf("Content-Type %q", got)
	}
	for _, forbidden := range []string{"<style", "style=", "onclick", "onload", "javascript:", "http://", "https://", "<script>"} {
		if strings.Contains(page, forbidden) {
			t.Errorf("the page contains %q, which the policy forbids or which is not ours", forbidden)
		}
	}
	for _, asset := range []string{"app.js", "chart.js", "cursor.js", "dom.js", "format.js", "scale.js", "tables.js", "values.js", "style.css", "favicon.svg"} {
		r := get(t, h, "/static/"+asset)
		if text := body(t, r); r.StatusCode != http.StatusOK || strings.Contains(text, "innerHTML =") {
			t.Errorf("%s: %s, or it writes markup", asset, r.Status)
		}
	}
	if r := get(t, h, "/static/"); r.StatusCode != http.StatusNotFound {
		t.Errorf("the static directory is listed: %s", r.Status)
	}
}

func TestOnlyGet(t *testing.T) {
	h := dashboard.New(fixed(dashboard.Snapshot{}), dashboard.Options{})
	for _, method := range []string{http.MethodPost, http.MethodPut, http.MethodDelete, http.MethodPatch} {
		for _, target := range []string{"/", "/api/v1/snapshot", "/api/v1/alarms", "/readyz"} {
			w := httptest.NewRecorder()
			h.ServeHTTP(w, httptest.NewRequest(method, "http://localhost"+target, nil))
			if w.Code != http.StatusMethodNotAllowed {
				t.Errorf("%s %s: %d", method, target, w.Code)
			}
		}
	}
}

func TestUnchangedAnswerIsNotSentAgain(t *testing.T) {
	s := dashboardtest.Elec(50)
	h := dashboard.New(func() dashboard.Snapshot { return s }, dashboard.Options{})
	for _, target := range []string{"/", "/static/chart.js", "/api/v1/snapshot", "/api/v1/windows", "/api/v1/segments", "/api/v1/alarms"} {
		tag := get(t, h, target).Header.Get("ETag")
		again := get(t, h, target, "If-None-Match", tag)
		if text := body(t, again); again.StatusCode != http.StatusNotModified || text != "" {
			t.Errorf("%s with %s: %s and %d bytes", target, tag, again.Status, len(text))
		}
	}
	tag := get(t, h, "/api/v1/windows").Header.Get("ETag")
	s.Windows[7].Revision++
	if again := get(t, h, "/api/v1/windows", "If-None-Match", tag); again.StatusCode != http.StatusOK {
		t.Errorf("after a revision: %s", again.Status)
	}
}

func TestHostIsCheckedOnLoopback(t *testing.T) {
	loopback := &net.TCPAddr{IP: net.IPv4(127, 0, 0, 1), Port: 8080}
	open := &net.TCPAddr{IP: net.IPv4zero, Port: 8080}
	tests := []struct {
		listener net.Addr
		host     string
		want     int
	}{
		{loopback, "localhost:8080", http.StatusOK},
		{loopback, "LocalHost", http.StatusOK},
		{loopback, "127.0.0.1:8080", http.StatusOK},
		{loopback, "127.8.9.10", http.StatusOK},
		{loopback, "[::1]:8080", http.StatusOK},
		{loopback, "[::1]", http.StatusOK},
		{loopback, "proxy.example:443", http.StatusOK},
		{loopback, "evil.example", http.StatusMisdirectedRequest},
		{loopback, "localhost.evil.example:8080", http.StatusMisdirectedRequest},
		{loopback, "192.0.2.1:8080", http.StatusMisdirectedRequest},
		{loopback, "", http.StatusMisdirectedRequest},
		{nil, "evil.example", http.StatusMisdirectedRequest},
		{open, "hindsight:8080", http.StatusOK},
		{open, "", http.StatusOK},
	}
	for _, test := range tests {
		h := dashboard.New(fixed(dashboard.Snapshot{Ready: true}), dashboard.Options{
			Listener: test.listener, Hosts: []string{"Proxy.example"}, Metrics: http.NotFoundHandler()})
		for _, target := range []string{"/", "/api/v1/snapshot", "/healthz", "/readyz"} {
			r := httptest.NewRequest(http.MethodGet, target, nil)
			r.Host = test.host
			w := httptest.NewRecorder()
			h.ServeHTTP(w, r)
			if w.Code != test.want {
				t.Errorf("listener %v, Host %q, %s: %d, want %d", test.listener, test.host, target, w.Code, test.want)
			}
		}
	}
}

func TestMetricsAreMounted(t *testing.T) {
	metrics := http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { io.WriteString(w, "hindsight_up 1\n") })
	with := dashboard.New(fixed(dashboard.Snapshot{}), dashboard.Options{Metrics: metrics})
	if got := body(t, get(t, with, "/metrics")); got != "hindsight_up 1\n" {
		t.Errorf("/metrics: %q", got)
	}
	without := dashboard.New(fixed(dashboard.Snapshot{}), dashboard.Options{})
	if r := get(t, without, "/metrics"); r.StatusCode != http.StatusNotFound {
		t.Errorf("/metrics without a handler: %s", r.Status)
	}
}

func TestHealth(t *testing.T) {
	tests := []struct {
		name  string
		state dashboard.Snapshot
		code  int
		want  string
	}{
		{"ready", dashboard.Snapshot{Ready: true}, 200, `{"ready":true,"reasons":[]}`},
		{"starting", dashboard.Snapshot{}, 503, `{"ready":false,"reasons":["starting"]}`},
		{"not ready", dashboard.Snapshot{ReadyReason: "rebuilding 3 of 8 partitions"}, 503,
			`{"ready":false,"reasons":["rebuilding 3 of 8 partitions"]}`},
		{"stalled", dashboard.Snapshot{Ready: true, Stalled: "labels/1"}, 503,
			`{"ready":false,"reasons":["stalled: labels/1 holds time"]}`},
		{"both", dashboard.Snapshot{Stalled: "labels/1", ReadyReason: "broker out of reach"}, 503,
			`{"ready":false,"reasons":["broker out of reach","stalled: labels/1 holds time"]}`},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			h := dashboard.New(fixed(test.state), dashboard.Options{})
			r := get(t, h, "/readyz")
			if got := strings.TrimSpace(body(t, r)); r.StatusCode != test.code || got != test.want {
				t.Errorf("/readyz: %d %s, want %d %s", r.StatusCode, got, test.code, test.want)
			}
			if r := get(t, h, "/healthz"); r.StatusCode != http.StatusOK {
				t.Errorf("/healthz: %s", r.Status)
			}
		})
	}
}
