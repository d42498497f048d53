package cli

import (
	"bytes"
	"encoding/json"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

const loanBundle = "../app/demo/bundle"

// runModel runs `hindsight model` with args and returns stdout and the exit code.
func runModel(t *testing.T, stdin string, args ...string) (stdout string, code int) {
	t.Helper()
	c := newModelCommand()
	var out bytes.Buffer
	c.SilenceErrors, c.SilenceUsage = true, true
	c.SetArgs(args)
	c.SetIn(strings.NewReader(stdin))
	c.SetOut(&out)
	c.SetErr(io.Discard)
	err := c.Execute()
	if err != nil {
		t.Logf("model %q: %v", args, err)
	}
	return out.String(), exitCode(err)
}

func copyBundle(t *testing.T, from string) string {
	t.Helper()
	dir := filepath.Join(t.TempDir(), "bundle")
	if err := os.CopyFS(dir, os.DirFS(from)); err != nil {
		t.Fatal(err)
	}
	return dir
}

func readFile(t *testing.T, name string) string {
	t.Helper()
	data, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	return string(data)
}

func TestModelTest(t *testing.T) {
	dir := copyBundle(t, loanBundle)
	out, code := runModel(t, "", "test", dir, "--repeat", "2", "--require", "golden,performance")
	if code != exitWell || !strings.Contains(out, "2 trainings gave the bytes of linear.json") || !strings.HasSuffix(out, "\npassed\n") {
		t.Errorf("exit code %d:\n%s", code, out)
	}
	out, code = runModel(t, "", "test", dir, "-o", "json")
	var got struct{ Passed bool }
	if err := json.Unmarshal([]byte(out), &got); err != nil || !got.Passed || code != exitWell {
		t.Errorf("exit code %d, %v:\n%s", code, err, out)
	}
	if written := readFile(t, filepath.Join(dir, "certificate.json")); written != out {
		t.Errorf("certificate.json is\n%s", written)
	}
}

func TestModelTestFails(t *testing.T) {
	dir := copyBundle(t, loanBundle)
	spec := filepath.Join(dir, "bundle.yaml")
	text := strings.Replace(readFile(t, spec), "accuracy: 0.85", "accuracy: 0.95", 1)
	if err := os.WriteFile(spec, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
	out, code := runModel(t, "", "test", dir)
	if code != exitFailed || !strings.Contains(out, "accuracy is 0.8704, below the minimum of 0.95") || !strings.HasSuffix(out, "\nFAILED\n") {
		t.Errorf("exit code %d:\n%s", code, out)
	}
	if c := readFile(t, filepath.Join(dir, "certificate.json")); !strings.Contains(c, `"passed": false`) {
		t.Errorf("certificate.json is\n%s", c)
	}
	if _, code := runModel(t, "", "score", dir, "--input", "-", "--output", "-"); code != exitFailed {
		t.Errorf("a bundle that fails its tests scores: exit code %d", code)
	}
}

func TestModelScore(t *testing.T) {
	const rows = "extra,driver_tenure,size_of_downpayment,repaid_loan_on_prev_car,loan_length,debt_to_income_ratio,salary_range,car_value\n" +
		"x,0.2126532961066545,40%,False,19.0,0.6329502188904286,40K - 60K €,39811.0\n"
	out, code := runModel(t, rows, "score", loanBundle, "--input", "-", "--output", "-")
	if code != exitWell || out != "value\n0.9879022467452643\n" {
		t.Errorf("exit code %d: %q", code, out)
	}
	dir := t.TempDir()
	in, result := filepath.Join(dir, "in.csv"), filepath.Join(dir, "out.csv")
	if err := os.WriteFile(in, []byte(rows), 0o644); err != nil {
		t.Fatal(err)
	}
	if _, code := runModel(t, "", "score", loanBundle, "--input", in, "--output", result); code != exitWell || readFile(t, result) != out {
		t.Errorf("exit code %d: %q", code, readFile(t, result))
	}
	if err := os.WriteFile(in, []byte(rows+"x,,,,,,,\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	if _, code := runModel(t, "", "score", loanBundle, "--input", in, "--output", result); code != exitFailed || readFile(t, result) != out {
		t.Errorf("a bad row: exit code %d, and the output is now %q", code, readFile(t, result))
	}
	if entries, err := os.ReadDir(dir); err != nil || len(entries) != 2 {
		t.Errorf("left over: %v, %v", entries, err)
	}
}

func TestModelTrain(t *testing.T) {
	dir := copyBundle(t, loanBundle)
	for _, name := range []string{"linear.json", "fitted.json", "golden.csv"} {
		if err := os.Remove(filepath.Join(dir, name)); err != nil {
			t.Fatal(err)
		}
	}
	out, code := runModel(t, "", "train", dir, "--data", "../app/demo/data/car_loan.csv.gz", "--label", "repaid", "--rows", ":25000")
	if code != exitWell || !strings.Contains(out, "trained on 25000 rows, 14 features") {
		t.Errorf("exit code %d:\n%s", code, out)
	}
	for _, name := range []string{"linear.json", "fitted.json", "golden.csv"} {
		if readFile(t, filepath.Join(dir, name)) != readFile(t, filepath.Join(loanBundle, name)) {
			t.Errorf("%s differs", name)
		}
	}
}

func TestModelImportAndInspect(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "made", "cancer@2026-11")
	out, code := runModel(t, "", "import", "--from", "sklearn-linear", "../scoring/testdata/sk_logreg.json", "--name", "cancer", "--output", dir)
	if code != exitWell || !strings.Contains(out, "cancer@2026-11 is in ") || !strings.Contains(out, "not shown") {
		t.Errorf("exit code %d:\n%s", code, out)
	}
	out, code = runModel(t, "", "inspect", dir)
	if code != exitWell || !strings.Contains(out, "positive is 1, from a probability of 0.5") || !strings.Contains(out, "mean_radius") {
		t.Errorf("exit code %d:\n%s", code, out)
	}
	out, code = runModel(t, "", "inspect", dir, "-o", "json")
	var got struct {
		Version  string
		Features []string
	}
	if err := json.Unmarshal([]byte(out), &got); err != nil || got.Version != "2026-11" || len(got.Features) != 30 || code != exitWell {
		t.Errorf("exit code %d, %v: %+v", code, err, got)
	}
}

func TestModelUsage(t *testing.T) {
	good := copyBundle(t, loanBundle)
	for _, args := range [][]string{
		{"test", filepath.Join(good, "nowhere")},
		{"test", filepath.Join(good, "bundle.yaml")},
		{"test", good, "--repeat", "-1"},
		{"test", good, "--require", "golden,speed"},
		{"test", good, "--data", "x.csv"},
		{"test", good, "--rows", "1:2"},
		{"score", good},
		{"score", good, "--input", "-"},
		{"score", good, "--input", filepath.Join(good, "nowhere.csv"), "--output", "-"},
		{"score", good, "--input", filepath.Join(good, "golden.csv"), "--output", filepath.Join(good, "nowhere", "x.csv")},
		{"train", good, "--label", "repaid"},
		{"train", good, "--data", filepath.Join(good, "golden.csv"), "--label", "value", "--rows", "5:1"},
		{"train", good, "--data", filepath.Join(good, "golden.csv"), "--label", "value", "--rows", "1:1000000"},
		{"train", good, "--data", filepath.Join(good, "golden.csv"), "--label", "value", "--rows", "7"},
		{"inspect", filepath.Join(good, "nowhere")},
		{"import", "x.txt", "--from", "pickle", "--name", "a", "--output", filepath.Join(good, "x")},
		{"import", "x.json", "--from", "sklearn-linear", "--name", "a@b", "--output", filepath.Join(good, "x")},
		{"import", "x.json", "--from", "sklearn-linear", "--output", filepath.Join(good, "x")},
		{"import", "nowhere.json", "--from", "sklearn-linear", "--name", "a", "--output", filepath.Join(good, "x")},
	} {
		if out, code := runModel(t, "", args...); code != exitUsage || out != "" {
			t.Errorf("model %q: exit code %d, want %d:\n%s", args, code, exitUsage, out)
		}
	}
}
