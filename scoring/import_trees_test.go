package scoring

import (
	"bytes"
	"compress/gzip"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func unzip(t *testing.T, name string) []byte {
	t.Helper()
	file, err := os.Open(name)
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	r, err := gzip.NewReader(file)
	if err != nil {
		t.Fatal(err)
	}
	data, err := io.ReadAll(r)
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
	text := string(unzip(t, "model/lightgbm/testdata/lgb_binary.txt.gz"))
	text = strings.Replace(text, "pandas_categorical:null",
		`pandas_categorical:[["a", "b", "c", "d", "e"], [`+strings.TrimSuffix(strings.Repeat("0,", 40), ",")+`], [true, 2.5]]`, 1)
	dir := t.TempDir()
	err := Import("lightgbm", []byte(text), "m", "1", dir)
	wantErrors(t, err, `"0" is there twice`)
	text = strings.Replace(text, strings.Repeat("0,", 39), "", 1)
	if err := Import("lightgbm", []byte(text), "m", "1", dir); err != nil {
		t.Fatal(err)
	}
	texts, _, err := Load(dir)
	if err != nil {
		t.Fatal(err)
	}
	dir = t.TempDir()
	if err := Import("lightgbm", unzip(t, "model/lightgbm/testdata/lgb_binary.txt.gz"), "m", "1", dir); err != nil {
		t.Fatal(err)
	}
	codes, _, err := Load(dir)
	if err != nil {
		t.Fatal(err)
	}
	score := func(b *Bundle, categories string) string {
		var out bytes.Buffer
		table := strings.Join(b.plan.columns, ",") + "\n" + strings.Repeat("0,", 27) + categories + "\n"
		if err := b.ScoreTable(&out, strings.NewReader(table), "x.csv"); err != nil {
			t.Fatal(err)
		}
		return out.String()
	}
	for text, code := range map[string]string{"a,0,true": "0,0,0", "e,0,2.5": "4,0,1", "?,0,1": ",0,0", "c,,x": "2,,"} {
		if got, want := score(texts, text), score(codes, code); got != want {
			t.Errorf("%s gives %s, its codes %s give %s", text, got, code, want)
		}
	}
}
