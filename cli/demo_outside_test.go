package cli

import (
	"bytes"
	"encoding/csv"
	"encoding/json"
	"math"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"hindsight/scoring/model/parity"
)

// outside is the demo computed without any of its code but the export: from the
// CSV of the loans, the CSV of the labels, and a model that is not ours.
type outside struct {
	loans  []outsideLoan
	labels [][]string
}

type outsideLoan struct {
	at         time.Time
	salary     string
	prediction bool
	labelled   bool
	truth      bool
}

// outsideModel predicts loan i of the export in dir, given its columns.
type outsideModel func(t *testing.T, dir string) func(i int, value func(string) string) bool

func newOutside(t *testing.T, model outsideModel) *outside {
	t.Helper()
	dir := t.TempDir()
	var out, errs bytes.Buffer
	if code := Main(t.Context(), []string{"demo", "--export", dir}, nil, &out, &errs); code != 0 {
		t.Fatalf("export: exit code %d: %s", code, errs.String())
	}
	o := &outside{}
	truth := map[string]string{}
	o.labels = readCSV(t, filepath.Join(dir, "labels.csv.gz"))[1:]
	rows := readCSV(t, filepath.Join(dir, "events.csv.gz"))
	head := map[string]int{}
	for i, name := range rows[0] {
		head[name] = i
	}
	at := map[string]time.Time{}
	for _, row := range rows[1:] {
		at[row[head["id"]]] = instant(t, row[head["timestamp"]])
	}
	last := map[string]time.Time{}
	for _, l := range o.labels {
		known := instant(t, l[2])
		event, ok := at[l[0]]
		if !ok || known.After(event.AddDate(0, 0, 50)) { // horizon 45 d, grace 5 d
			continue
		}
		if !known.Before(last[l[0]]) { // the latest stands
			truth[l[0]], last[l[0]] = l[1], known
		}
	}
	predict := model(t, dir)
	for i, row := range rows[1:] {
		id := row[head["id"]]
		text, labelled := truth[id]
		o.loans = append(o.loans, outsideLoan{
			at: at[id], salary: row[head["salary_range"]], labelled: labelled, truth: text == "true",
			prediction: predict(i, func(name string) string { return row[head[name]] }),
		})
	}
	return o
}

// window counts the loans of [start, end) in a segment: all, those with a
// truth, and those of them that were predicted right.
func (o *outside) window(start, end time.Time, segment string) (scored, labelled int64, right float64) {
	for _, l := range o.loans {
		if l.at.Before(start) || !l.at.Before(end) || segment != "" && segment != "salary_range="+l.salary {
			continue
		}
		scored++
		if l.labelled {
			labelled++
			if l.prediction == l.truth {
				right++
			}
		}
	}
	return scored, labelled, right
}

// outsideLightGBM knows what LightGBM predicted in Python (ops/python/car_loan.py).
func outsideLightGBM(t *testing.T, _ string) func(int, func(string) string) bool {
	t.Helper()
	text := string(unzipped(t, filepath.Join("testdata", "car-loan-2.predictions.gz")))
	if len(text) != 100_000 {
		t.Fatalf("%d predictions", len(text))
	}
	return func(i int, _ func(string) string) bool { return text[i] == '1' }
}

// outsideLogistic evaluates the logistic model by the textbook.
func outsideLogistic(t *testing.T, dir string) func(int, func(string) string) bool {
	t.Helper()
	dir = filepath.Join(dir, "bundles", "car-loan-1")
	var linear struct {
		Features  []string    `json:"features"`
		Coef      [][]float64 `json:"coef"`
		Intercept []float64   `json:"intercept"`
	}
	var fitted map[string]struct{ Mean, Std float64 }
	for name, v := range map[string]any{"linear.json": &linear, "fitted.json": &fitted} {
		text, err := os.ReadFile(filepath.Join(dir, name))
		if err != nil {
			t.Fatal(err)
		}
		if err := json.Unmarshal(text, v); err != nil {
			t.Fatal(err)
		}
	}
	return func(_ int, value func(string) string) bool {
		sum := linear.Intercept[0]
		for i, feature := range linear.Features {
			name, level, oneHot := strings.Cut(feature, "=")
			x := 0.0
			switch text := value(name); {
			case oneHot && text == level, text == "True":
				x = 1
			case oneHot, text == "False":
			default:
				v, err := strconv.ParseFloat(text, 64)
				if err != nil {
					t.Fatal(err)
				}
				x = (v - fitted[name].Mean) / fitted[name].Std
			}
			sum += linear.Coef[0][i] * x
		}
		return 1/(1+math.Exp(-sum)) >= 0.5
	}
}

func readCSV(t *testing.T, file string) [][]string {
	t.Helper()
	rows, err := csv.NewReader(bytes.NewReader(unzipped(t, file))).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	return rows
}

func unzipped(t *testing.T, file string) []byte {
	t.Helper()
	data, err := parity.Unzipped(file)
	if err != nil {
		t.Fatal(err)
	}
	return data
}

func instant(t *testing.T, text string) time.Time {
	t.Helper()
	for _, layout := range []string{time.RFC3339Nano, "2006-01-02 15:04:05.999"} {
		if at, err := time.Parse(layout, text); err == nil {
			return at
		}
	}
	t.Fatalf("time %q", text)
	return time.Time{}
}
