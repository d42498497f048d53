package scoring

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"hindsight/scoring/model/parity"
)

func unzip(t *testing.T, name string) []byte {
	t.Helper()
	data, err := parity.Unzipped(name)
	if err != nil {
		t.Fatal(err)
	}
	return data
}

// importGolden imports a model and gives the bundle its golden rows, which
// have to agree to the bit.
func importGolden(t *testing.T, from, file, golden, expect string) (string, *Certificate) {
	t.Helper()
	dir := filepath.Join(t.TempDir(), "m@1")
	if err := Import(from, unzip(t, file), "m", VersionOf(dir), dir); err != nil {
		t.Fatal(err)
	}
	rows, err := os.ReadFile(golden)
	if err != nil {
		t.Fatal(err)
	}
	spec := readText(t, filepath.Join(dir, bundleFile)) +
		"tests: {golden: {file: golden.csv.gz, tolerance: 0, " + expect + "}}\n"
	for name, text := range map[string]string{bundleFile: spec, "golden.csv.gz": string(rows)} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	_, c, err := Load(dir, Require(CheckGolden))
	if err != nil {
		t.Fatal(err)
	}
	return dir, c
}

func TestImportedTreesAgreeToTheBit(t *testing.T) {
	const lgb, xgb = "model/lightgbm/testdata/lgb_", "model/xgboost/testdata/xgb_"
	tests := map[string]struct{ from, file, golden, expect string }{
		"lightgbm binary":     {"lightgbm", lgb + "binary.txt.gz", lgb + "binary.csv.gz", "columns: [prob], raw: [raw]"},
		"lightgbm regression": {"lightgbm", lgb + "regression.txt.gz", lgb + "regression.csv.gz", "columns: [pred]"},
		"lightgbm multiclass": {"lightgbm", lgb + "multiclass.txt.gz", lgb + "multiclass.csv.gz",
			"raw: [raw0, raw1, raw2, raw3, raw4, raw5, raw6, raw7, raw8, raw9]"},
		"xgboost binary, UBJSON":   {"xgboost", xgb + "binary.ubj.gz", xgb + "binary.csv.gz", "columns: [pred0], raw: [raw0]"},
		"xgboost categories, JSON": {"xgboost", xgb + "categorical.json.gz", xgb + "categorical.csv.gz", "columns: [pred0], raw: [raw0]"},
		"xgboost multiclass": {"xgboost", xgb + "multiclass.ubj.gz", xgb + "multiclass.csv.gz",
			"columns: [pred0, pred1, pred2, pred3, pred4, pred5, pred6, pred7, pred8, pred9]"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			_, c := importGolden(t, test.from, test.file, test.golden, test.expect)
			for _, check := range c.Checks {
				switch {
				case check.Name == CheckGolden && check.Rows != 700,
					check.Name == CheckReference && check.Rows < 1000,
					check.Name == CheckRepeatable && check.Rows != 700:
					t.Errorf("%s compared %d rows", check.Name, check.Rows)
				}
			}
		})
	}
}

// pandas categories are texts in the event and codes in the model.
func TestImportedPandasCategories(t *testing.T) {
	golden := string(unzip(t, "model/lightgbm/testdata/lgb_binary.txt.gz"))
	withLists := func(second string) []byte {
		third := `true, 2.5, "x2"` + numbered(3, 300)
		return []byte(strings.Replace(golden, "pandas_categorical:null",
			`pandas_categorical:[["a", "b", "c", "d", "e"], [`+second+`], [`+third+`]]`, 1))
	}
	dir := t.TempDir()
	wantErrors(t, Import("lightgbm", withLists("0"+strings.Repeat(",0", 39)), "m", "1", dir), `"0" is there twice`)
	wantErrors(t, Import("lightgbm", withLists("0,1,2"), "m", "1", dir),
		`list 2 has 3 categories, but feature "f28" was trained on the codes`, "hindsight_bundle.py")
	if err := Import("lightgbm", withLists("0"+numbered(1, 40)), "m", "1", dir); err != nil {
		t.Fatal(err)
	}
	texts, _, err := Load(dir)
	if err != nil {
		t.Fatal(err)
	}
	dir = t.TempDir()
	if err := Import("lightgbm", []byte(golden), "m", "1", dir); err != nil {
		t.Fatal(err)
	}
	codes, _, err := Load(dir)
	if err != nil {
		t.Fatal(err)
	}
	for text, code := range map[string]string{"a,0,true": "0,0,0", "e,0,2.5": "4,0,1", "?,0,1": ",0,0", "c,,x": "2,,"} {
		row := strings.Repeat("0,", 27)
		if got, want := scoreLine(t, texts, row+text), scoreLine(t, codes, row+code); got != want {
			t.Errorf("%s gives %s, its codes %s give %s", text, got, code, want)
		}
	}
}

// The lists of LightGBM have no names, but a preparation that has one of them in
// another order gives the model other codes.
func TestLevelsOfLightGBM(t *testing.T) {
	file := string(unzip(t, "model/lightgbm/testdata/lgb_binary.txt.gz"))
	with := func(lists string) []byte {
		return []byte(strings.Replace(file, "pandas_categorical:null", "pandas_categorical:"+lists, 1))
	}
	const letters = `["a", "b", "c", "d", "e"]`
	forty, many := "[0"+numbered(1, 40)+"]", "[0"+numbered(1, 300)+"]"
	imported := with("[" + letters + ", " + forty + ", " + many + "]")
	tests := map[string]struct {
		lists    string   // what the file has in their place
		old, new string   // of bundle.yaml
		faults   []string // none: it loads
	}{
		"as imported":               {"", "", "", nil},
		"permuted":                  {"", `"a", "b", "c"`, `"b", "a", "c"`, []string{`feature 28, "f27"`, "b | a | c | d | e", "pandas_categorical"}},
		"codes made by hand":        {"", `"d", "e"`, `"d"`, nil},
		"columns unknown":           {"[[], " + letters + ", " + forty + ", " + many + "]", "", "", nil},
		"columns unknown, permuted": {"[[], " + letters + ", " + forty + ", " + many + "]", `"a", "b", "c"`, `"b", "a", "c"`, []string{`feature 28, "f27"`}},
		"in another order":          {"[" + forty + ", " + letters + ", " + many + "]", "", "", nil},
		"one list less":             {"[" + letters + ", " + many + "]", "", "", nil},
		"no lists":                  {"null", `"a", "b", "c"`, `"b", "a", "c"`, nil},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			dir := filepath.Join(t.TempDir(), "m@1")
			if err := Import("lightgbm", imported, "m", "1", dir); err != nil {
				t.Fatal(err)
			}
			if test.lists != "" {
				if err := os.WriteFile(filepath.Join(dir, "model.txt"), with(test.lists), 0o644); err != nil {
					t.Fatal(err)
				}
			}
			if test.old != "" {
				file := filepath.Join(dir, "bundle.yaml")
				text, err := os.ReadFile(file)
				if err != nil || !strings.Contains(string(text), test.old) {
					t.Fatalf("%v:\n%.300s", err, text)
				}
				if err := os.WriteFile(file, []byte(strings.Replace(string(text), test.old, test.new, 1)), 0o644); err != nil {
					t.Fatal(err)
				}
			}
			if _, _, err := Load(dir); len(test.faults) > 0 || err != nil {
				wantErrors(t, err, test.faults...)
			}
		})
	}
}

// Two features may have the same categories in two orders.
func TestReordered(t *testing.T) {
	ab, ba := []string{"a", "b"}, []string{"b", "a"}
	for _, tt := range []struct {
		lists  [][]string
		levels []string
		want   []string
	}{
		{[][]string{ab}, ab, nil}, {[][]string{ab}, ba, ab}, {[][]string{ba, ab}, ab, nil}, {[][]string{ab, ba}, ab, nil},
		{[][]string{ab}, []string{"a"}, nil}, {[][]string{ab}, nil, nil}, {nil, ab, nil},
	} {
		if got := reordered(tt.lists, tt.levels); !slices.Equal(got, tt.want) {
			t.Errorf("%v of %v: %v, want %v", tt.levels, tt.lists, got, tt.want)
		}
	}
}

// numbered is ", from, …, to-1" in JSON.
func numbered(from, to int) string {
	var b strings.Builder
	for i := from; i < to; i++ {
		fmt.Fprintf(&b, ", %d", i)
	}
	return b.String()
}

// XGBoost writes the categories of a data frame into its model, so a bundle
// that gives it other codes is known to be wrong.
func TestImportedFrameCategories(t *testing.T) {
	golden := string(unzip(t, "model/xgboost/testdata/xgb_categorical.json.gz"))
	with := strings.Replace(golden, `"enc":[]`, `"enc":[`+strings.Repeat(`{"values":[]},`, 27)+
		`{"offsets":[0,1,2,3,4,5],"values":[97,98,99,100,101]},{"type":15,"values":[7`+numbered(101, 140)+`]},{"values":[]}]`, 1)
	dir, plain := filepath.Join(t.TempDir(), "m@1"), t.TempDir()
	if err := errors.Join(Import("xgboost", []byte(with), "m", "1", dir), Import("xgboost", []byte(golden), "m", "1", plain)); err != nil {
		t.Fatal(err)
	}
	texts, _, err := Load(dir)
	if err != nil {
		t.Fatal(err)
	}
	codes, _, err := Load(plain)
	if err != nil {
		t.Fatal(err)
	}
	for text, code := range map[string]string{"a,7,1": "0,0,1", "e,101,2": "4,1,2", ",139.0,3": ",39,3"} {
		row := strings.Repeat("0,", 27)
		if got, want := scoreLine(t, texts, row+text), scoreLine(t, codes, row+code); got != want {
			t.Errorf("%s gives %s, its codes %s give %s", text, got, code, want)
		}
	}
	table := strings.Join(texts.plan.columns, ",") + "\n" + strings.Repeat("0,", 27) + "z,7,1\n"
	wantErrors(t, texts.ScoreTable(io.Discard, strings.NewReader(table), "x.csv"), `"f27"`) // XGBoost refuses it too
	if err := os.WriteFile(filepath.Join(plain, "model.ubj"), []byte(with), 0o644); err != nil {
		t.Fatal(err)
	}
	_, err = Open(plain)
	wantErrors(t, err, `feature 28, "f27", was trained on the categories a | b | c | d | e;`, `feature 29, "f28"`, "encode: index")
}

// scoreLine returns what b answers to one line of its inputs.
func scoreLine(t *testing.T, b *Bundle, line string) string {
	t.Helper()
	var out bytes.Buffer
	if err := b.ScoreTable(&out, strings.NewReader(strings.Join(b.plan.columns, ",")+"\n"+line+"\n"), "x.csv"); err != nil {
		t.Fatal(err)
	}
	return out.String()
}
