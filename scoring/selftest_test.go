package scoring

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"hindsight/scoring/model"
)

const tinyGolden = `at,amount,extra,country,member,value
2026-11-23 06:00:00,0,x,DE,true,0.8021838885585817
,,,XX,false,0.34298953732650117
,,,XX,,error
`

// testedFiles is the tiny bundle with every kind of test.
func testedFiles() map[string]string {
	files := tinyFiles()
	files["bundle.yaml"] += `tests:
  golden: {tolerance: 1e-15}
  performance: {label: label, minimum: {accuracy: 0.75, auc: 1}, maximum: {log_loss: 0.6}}
  preparation:
    - {input: {amount: ~, country: FR, member: 1}, vector: [0, 0, 1, 0, 1, -1]}
    - {input: {member: 0, country: XX}, features: {country=(other): 1}}
    - {input: {}, error: '"member" is missing'}
`
	files["golden.csv"] = tinyGolden
	files["performance.csv"] = "amount,country,member,at,label\n0,DE,true,,yes\n0,FR,true,,yes\n0,FR,false,,no\n0,FR,0,,no\n"
	return files
}

func byName(c *Certificate) map[string]Result {
	got := map[string]Result{}
	for _, check := range c.Checks {
		got[check.Name] = check.Result
	}
	return got
}

func TestLoad(t *testing.T) {
	dir := writeBundle(t, testedFiles())
	b, c, err := Load(dir, Require(CheckGolden, CheckPerformance, CheckPreparation))
	if err != nil {
		t.Fatal(err)
	}
	want := map[string]Result{"parse": Passed, "preparation": Passed, "golden": Passed, "performance": Passed,
		"reference": Passed, "repeatable": Passed}
	if diff := cmp.Diff(want, byName(c)); diff != "" || !c.Passed || c.Digest != b.Digest {
		t.Errorf("%s\n%+v", diff, c)
	}
}

func TestLoadOfABundleWithoutTests(t *testing.T) {
	dir := writeBundle(t, tinyFiles())
	_, c, err := Load(dir)
	if err != nil {
		t.Fatal(err)
	}
	want := map[string]Result{"parse": Passed, "preparation": NotShown, "golden": NotShown, "performance": NotShown,
		"reference": Passed, "repeatable": NotShown}
	if diff := cmp.Diff(want, byName(c)); diff != "" {
		t.Error(diff)
	}
	b, c, err := Load(dir, Require(CheckGolden))
	wantErrors(t, err, "golden: is required, and the bundle has no such test")
	if b != nil || c.Passed {
		t.Error("it loaded all the same")
	}
	_, _, err = Load(dir, Require("goldenn"))
	wantErrors(t, err, `no check "goldenn"`)
}

func TestLoadTellsWhatFailed(t *testing.T) {
	tests := map[string]struct {
		file, old, new string
		want           []string
	}{
		"a golden value": {"golden.csv", "0.802183", "0.902183", []string{
			"golden: golden.csv line 2: value: expected 0.9021838885585817, got 0.802183888558581"}},
		"a golden error that is none": {"golden.csv", "XX,false,0.34298953732650117", "XX,false,error", []string{
			"golden.csv line 3: value: expected error, got 0.3429895373265"}},
		"a golden value that is an error": {"golden.csv", "XX,,error", "XX,,0.5", []string{
			`golden.csv line 4: value: expected 0.5, got error: input "member" is missing`}},
		"golden nonsense":        {"golden.csv", "error", "oops", []string{"line 4: value: expected oops"}},
		"golden NaN":             {"golden.csv", "error", "NaN", []string{"line 4: value: expected NaN"}},
		"golden without a row":   {"golden.csv", tinyGolden[strings.Index(tinyGolden, "\n")+1:], "", []string{"golden.csv: has no rows"}},
		"golden without answers": {"golden.csv", "value", "val", []string{`golden.csv: has no column "value"`}},
		"golden without inputs":  {"golden.csv", "amount,extra,country", "a,b,c", []string{`column "amount" is missing`, `column "country" is missing`}},
		"a ragged golden row":    {"golden.csv", "XX,,error", "XX,error", []string{"golden.csv: record on line 4: wrong number of fields"}},
		"golden out of the bundle": {"bundle.yaml", "{tolerance: 1e-15}", "{file: gone.csv}", []string{
			"golden: ", "gone.csv: no such file"}},
		"a minimum":     {"performance.csv", "true,,yes", "true,,no", []string{"performance: performance.csv: auc is 0.666667, below the minimum of 1"}},
		"a maximum":     {"bundle.yaml", "log_loss: 0.6", "log_loss: 0.1", []string{"performance.csv: log_loss is", "above the maximum of 0.1"}},
		"an odd label":  {"performance.csv", "true,,yes", "true,,maybe", []string{`performance.csv line 2: label "maybe" is none of the classes ["no" "yes"]`}},
		"a bad row":     {"performance.csv", "DE,true", "DE,", []string{`performance.csv line 2: input "member" is missing`}},
		"no truth":      {"bundle.yaml", "label: label", "label: truth", []string{`has no column "truth"`}},
		"a vector":      {"bundle.yaml", "[0, 0, 1, 0, 1, -1]", "[0, 0, 1, 0, 1, 0]", []string{`preparation: case 1: feature "at.hour": expected 0, got -1`}},
		"vector size":   {"bundle.yaml", "[0, 0, 1, 0, 1, -1]", "[0]", []string{"preparation: case 1: expected 1 numbers, got the 6"}},
		"a feature":     {"bundle.yaml", "country=(other): 1", "country=DE: 1", []string{`case 2: feature "country=DE": expected 1, got 0`}},
		"no feature":    {"bundle.yaml", "country=(other): 1", "country=XX: 1", []string{`case 2: there is no feature "country=XX"`}},
		"another error": {"bundle.yaml", `'"member" is missing'`, "too large", []string{`case 3: expected an error with "too large", got`}},
		"no error":      {"bundle.yaml", "{input: {}, error", "{input: {member: 1, country: DE}, error", []string{"case 3: expected an error with"}},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			files := testedFiles()
			changed := strings.Replace(files[test.file], test.old, test.new, 1)
			if changed == files[test.file] {
				t.Fatalf("%q is not in %s", test.old, test.file)
			}
			files[test.file] = changed
			b, c, err := Load(writeBundle(t, files))
			wantErrors(t, err, test.want...)
			if b != nil || c == nil || c.Passed {
				t.Errorf("bundle %v, certificate %+v", b, c)
			}
		})
	}
}

func TestFailuresAreCountedNotAllTold(t *testing.T) {
	files := testedFiles()
	files["performance.csv"] = "amount,country,member,at,label\n" + strings.Repeat("0,DE,,,yes\n", 10)
	_, _, err := Load(writeBundle(t, files))
	wantErrors(t, err, "line 2", "line 4", "and 7 more")
}

func TestCertificateHasTheSameBytes(t *testing.T) {
	var texts [][]byte
	for range 2 {
		dir := writeBundle(t, testedFiles())
		_, c, err := Load(dir)
		if err != nil {
			t.Fatal(err)
		}
		if err := WriteCertificate(dir, c); err != nil {
			t.Fatal(err)
		}
		text, err := os.ReadFile(filepath.Join(dir, "certificate.json"))
		if err != nil {
			t.Fatal(err)
		}
		texts = append(texts, text)
		if _, again, err := Load(dir); err != nil || again.Digest != c.Digest {
			t.Errorf("with its certificate it does not load the same: %v", err)
		}
	}
	if !bytes.Equal(texts[0], texts[1]) || !bytes.Contains(texts[0], []byte(`"passed": true`)) {
		t.Errorf("%s\n%s", texts[0], texts[1])
	}
}

// A fast evaluator that is wrong must not load, whatever tests a bundle has.
func TestCheckReferenceFindsADifference(t *testing.T) {
	b := openTiny(t)
	b.model = &wrongFast{b.model}
	check := b.checkReference(nil)
	if check.Result != Failed || !strings.Contains(check.Detail, "the indicator in country=FR") {
		t.Errorf("%+v", check)
	}
}

// costly is a model whose rows are said to cost so many steps.
type costly struct {
	model.Model
	steps, asked int
}

func (m *costly) Steps() int                        { return m.steps }
func (m *costly) Probe(most int, _ func([]float64)) { m.asked = most }

// However much a row costs, all made-up ones together cost no more than is allowed.
func TestProbesAreBounded(t *testing.T) {
	b := openTiny(t)
	for steps, want := range map[int]int{1: maxProbes, maxProbeSteps / 10: 10, 10 * maxProbeSteps: 1} {
		m := &costly{Model: openTiny(t).model, steps: steps}
		b.model = m
		rows := 0
		b.probe(func(string, model.Row) { rows++ })
		b.checkReference(nil)
		if m.asked != want || rows > want {
			t.Errorf("a row of %d steps: %d rows, %d at thresholds, want at most %d", steps, rows, m.asked, want)
		}
	}
	wide := &Bundle{plan: &plan{columns: make([]string, 1<<20)}, model: outputs{b.model, 16}}
	if got := wide.probes(); got != 4 {
		t.Errorf("a linear model of 2**20 features and 16 outputs is probed %d times", got)
	}
}
