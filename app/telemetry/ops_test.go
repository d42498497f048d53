package telemetry_test

import (
	"encoding/json"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/goccy/go-yaml"
	dto "github.com/prometheus/client_model/go"
)

const ops = "../../ops/"

// series are the labels of each series that a server can scrape from us, by name.
func series(t *testing.T) map[string][]string {
	t.Helper()
	reg, _ := filled()
	families, err := reg.Gather()
	if err != nil {
		t.Fatal(err)
	}
	known := map[string][]string{"up": {"job", "instance"}}
	for _, f := range families {
		labels := []string{"job", "instance"}
		for _, l := range f.GetMetric()[0].GetLabel() {
			labels = append(labels, l.GetName())
		}
		known[f.GetName()] = labels
		if f.GetType() == dto.MetricType_HISTOGRAM {
			known[f.GetName()+"_sum"], known[f.GetName()+"_count"] = labels, labels
			known[f.GetName()+"_bucket"] = append(labels, "le")
		}
	}
	return known
}

var (
	quoted    = regexp.MustCompile(`"[^"]*"`)
	grouping  = regexp.MustCompile(`\b(by|without|on|ignoring)\s*\([^)]*\)`)
	ranges    = regexp.MustCompile(`\[[^\]]*\]|\boffset\s+\w+`)
	selector  = regexp.MustCompile(`([a-zA-Z_:][a-zA-Z0-9_:]*)\s*(\{[^}]*\})?`)
	matchers  = regexp.MustCompile(`([a-zA-Z_]\w*)\s*(?:=~|!~|!=|=)`)
	functions = strings.Fields("sum max count abs rate increase deriv histogram_quantile scalar vector and or unless label_values job instance metric window version segment")
)

// selectors returns what an expression selects: the labels it matches on, by name.
func selectors(expr string) map[string][]string {
	for _, cut := range []*regexp.Regexp{grouping, ranges} {
		expr = cut.ReplaceAllString(expr, " ")
	}
	expr = quoted.ReplaceAllString(expr, `""`)
	found := map[string][]string{}
	for _, m := range selector.FindAllStringSubmatch(expr, -1) {
		if slices.Contains(functions, m[1]) && m[2] == "" {
			continue
		}
		found[m[1]] = nil
		for _, label := range matchers.FindAllStringSubmatch(m[2], -1) {
			found[m[1]] = append(found[m[1]], label[1])
		}
	}
	return found
}

func TestSelectors(t *testing.T) {
	got := selectors(`sum by (a, b) (rate(x_total{j=~"$j", k!="hindsight_y"}[5m] offset 1h)) / on (job) group:z > 0.01`)
	if len(got) != 2 || !slices.Equal(got["x_total"], []string{"j", "k"}) || got["group:z"] != nil {
		t.Errorf("%v", got)
	}
}

func check(t *testing.T, where, expr string, known map[string][]string) {
	t.Helper()
	found := selectors(expr)
	if len(found) == 0 {
		t.Errorf("%s: %q selects nothing", where, expr)
	}
	for name, labels := range found {
		has, ok := known[name]
		if !ok {
			t.Errorf("%s: there is no metric %s", where, name)
		}
		for _, label := range labels {
			if ok && !slices.Contains(has, label) {
				t.Errorf("%s: %s has no label %s, but %v", where, name, label, has)
			}
		}
	}
}

func TestRulesUseOurMetrics(t *testing.T) {
	var file struct {
		Groups []struct {
			Rules []struct {
				Record, Alert, Expr string
				Labels, Annotations map[string]string
			}
		}
	}
	text, err := os.ReadFile(ops + "prometheus/rules.yaml")
	if err != nil {
		t.Fatal(err)
	}
	if err := yaml.Unmarshal(text, &file); err != nil {
		t.Fatal(err)
	}
	runbook, err := os.ReadFile(ops + "prometheus/RUNBOOK.md")
	if err != nil {
		t.Fatal(err)
	}
	known, alerts := series(t), 0
	for _, g := range file.Groups {
		for _, r := range g.Rules {
			check(t, r.Record+r.Alert, r.Expr, known)
			if r.Record != "" {
				known[r.Record] = []string{"job", "stage"}
				continue
			}
			alerts++
			if r.Labels["severity"] == "" && !strings.Contains(r.Expr, "severity") {
				t.Errorf("%s has no severity", r.Alert)
			}
			if r.Annotations["summary"] == "" || r.Annotations["description"] == "" {
				t.Errorf("%s has no summary or description", r.Alert)
			}
			if want := "RUNBOOK.md#" + strings.ToLower(r.Alert); r.Annotations["runbook_url"] != want {
				t.Errorf("%s: runbook_url %q, want %q", r.Alert, r.Annotations["runbook_url"], want)
			}
			if !strings.Contains(string(runbook), "\n## "+r.Alert+"\n") {
				t.Errorf("the runbook has no section %s", r.Alert)
			}
		}
	}
	if alerts < 10 {
		t.Errorf("only %d alerts were read", alerts)
	}
}

type grafanaPanel struct {
	ID                       int
	Type, Title, Description string
	Datasource               struct{ UID string }
	GridPos                  struct{ X, Y, W, H int }
	FieldConfig              struct{ Defaults struct{ Unit string } }
	Targets                  []struct {
		Expr, RefID string
		Datasource  struct{ UID string }
	}
}

func TestDashboardUsesOurMetrics(t *testing.T) {
	text, err := os.ReadFile(ops + "grafana/dashboards/hindsight.json")
	if err != nil {
		t.Fatal(err)
	}
	var board struct {
		UID        string
		Editable   bool
		Panels     []grafanaPanel
		Templating struct {
			List []struct{ Name, Type, Definition string }
		}
	}
	if err := json.Unmarshal(text, &board); err != nil {
		t.Fatal(err)
	}
	if board.UID == "" || board.Editable {
		t.Errorf("uid %q, editable %v: want a fixed one that is provisioned", board.UID, board.Editable)
	}
	known := series(t)
	used, ids := map[string]bool{}, map[int]bool{}
	for i, p := range board.Panels {
		if ids[p.ID] {
			t.Errorf("%s: the id %d is taken", p.Title, p.ID)
		}
		ids[p.ID] = true
		if g := p.GridPos; g.X < 0 || g.X+g.W > 24 || g.W == 0 || g.H == 0 {
			t.Errorf("%s lies outside: %+v", p.Title, g)
		}
		for _, q := range board.Panels[:i] {
			if a, b := p.GridPos, q.GridPos; a.X < b.X+b.W && b.X < a.X+a.W && a.Y < b.Y+b.H && b.Y < a.Y+a.H {
				t.Errorf("%s and %s overlap", p.Title, q.Title)
			}
		}
		if p.Type == "row" {
			continue
		}
		if p.Title == "" || p.Description == "" || p.FieldConfig.Defaults.Unit == "" || p.Datasource.UID != "${datasource}" {
			t.Errorf("panel %d %q lacks a title, description, unit or the data source variable", p.ID, p.Title)
		}
		if len(p.Targets) == 0 {
			t.Errorf("%s shows nothing", p.Title)
		}
		for _, target := range p.Targets {
			check(t, p.Title, target.Expr, known)
			for name, labels := range selectors(target.Expr) {
				used[name] = true
				if !slices.Contains(labels, "job") || !slices.Contains(labels, "instance") {
					t.Errorf("%s: %s is not narrowed to $job and $instance", p.Title, name)
				}
			}
			if target.Datasource.UID != "${datasource}" {
				t.Errorf("%s: data source %q", p.Title, target.Datasource.UID)
			}
		}
	}
	for name := range known {
		base := strings.TrimSuffix(strings.TrimSuffix(strings.TrimSuffix(name, "_sum"), "_count"), "_bucket")
		if name != "up" && !used[name] && !used[base+"_bucket"] {
			t.Errorf("no panel shows %s", name)
		}
	}
	for _, v := range board.Templating.List {
		if v.Type == "query" {
			check(t, "variable "+v.Name, v.Definition, known)
		}
	}
}
