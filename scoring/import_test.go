package scoring

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// The expectations are scikit-learn's; numpy adds up in another order.
func TestImportedModelAgreesWithScikitLearn(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "deep", "cancer@3")
	if err := Import("sklearn-linear", []byte(readText(t, "testdata/sk_logreg.json")), "cancer", VersionOf(dir), dir); err != nil {
		t.Fatal(err)
	}
	b, c, err := Load(dir)
	if err != nil {
		t.Fatal(err)
	}
	if b.Ref() != "cancer@3" || b.Positive() != "1" || byName(c)["golden"] != NotShown {
		t.Errorf("%s, positive %q, %+v", b.Ref(), b.Positive(), c)
	}
	spec := readText(t, filepath.Join(dir, "bundle.yaml")) +
		"tests: {golden: {file: sk_logreg.csv.gz, columns: [prob], raw: [raw], tolerance: 1e-14}}\n"
	for name, text := range map[string]string{"bundle.yaml": spec, "sk_logreg.csv.gz": readText(t, "testdata/sk_logreg.csv.gz")} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	_, c, err = Load(dir, Require(CheckGolden))
	if err != nil {
		t.Fatal(err)
	}
	for _, check := range c.Checks {
		if check.Name == CheckGolden && check.Rows != 2000 {
			t.Errorf("compared %d rows", check.Rows)
		}
	}
}

func TestImportQuotesNames(t *testing.T) {
	dir := t.TempDir()
	data := `{"features":["mean radius (cm): #1","it's \"quoted\" {a}","- x","null","a.b"],"classes":["no: way","yes"],"coef":[1,2,3,4,5],"intercept":0}`
	if err := Import("sklearn-linear", []byte(data), "n", "1", dir); err != nil {
		t.Fatal(err)
	}
	b, _, err := Load(dir)
	if err != nil {
		t.Fatal(err)
	}
	if got := b.Fields()[1].Path; got != `it's "quoted" {a}` {
		t.Errorf("path %q", got)
	}
	if b.Classes[0] != "no: way" {
		t.Errorf("classes %q", b.Classes)
	}
}

func TestImportRefuses(t *testing.T) {
	const good = `{"coef":[1],"intercept":0}`
	used := writeBundle(t, map[string]string{"precious.txt": "x"})
	tests := map[string]struct{ from, data, name, version, dir, want string }{
		"format":         {"pickle", good, "n", "1", t.TempDir(), "supported: "},
		"name":           {"sklearn-linear", good, "a@b", "1", t.TempDir(), `"a@b" is not a name`},
		"version":        {"sklearn-linear", good, "a", "", t.TempDir(), `"" is not a name`},
		"file":           {"sklearn-linear", "{}", "a", "1", t.TempDir(), "coef and intercept"},
		"names":          {"sklearn-linear", `{"features":["a\nb"],"coef":[1],"intercept":0}`, "a", "1", t.TempDir(), "holds a control character"},
		"used directory": {"sklearn-linear", good, "a", "1", used, "precious.txt is there already"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			wantErrors(t, Import(test.from, []byte(test.data), test.name, test.version, test.dir), test.want)
		})
	}
}

func TestVersionOf(t *testing.T) {
	for dir, want := range map[string]string{"a/fraud@2": "2", "a@1/fraud": "1", "fraud@": "1", "x@y@3/": "3", ".": "1"} {
		if got := VersionOf(dir); got != want {
			t.Errorf("VersionOf(%q) = %q, want %q", dir, got, want)
		}
	}
}

func TestScoreTable(t *testing.T) {
	b := openTiny(t)
	var out bytes.Buffer
	err := b.ScoreTable(&out, strings.NewReader(tinyGolden[:strings.LastIndex(tinyGolden, ",,,XX,,")]), "x.csv")
	if want := "value\n0.8021838885585817\n0.3429895373265012\n"; err != nil || out.String() != want {
		t.Errorf("got %q, %v", out.String(), err)
	}
	err = b.ScoreTable(&out, strings.NewReader(tinyGolden), "x.csv")
	wantErrors(t, err, `x.csv line 4: input "member" is missing`)
	err = b.ScoreTable(&out, strings.NewReader("amount,at\n"), "x.csv")
	wantErrors(t, err, `x.csv: column "country" is missing`, `column "member" is missing`)
	out.Reset()
	err = b.ScoreTable(&out, strings.NewReader("\ufeffpayment.amount,country,member,at\n"), "x.csv")
	if err != nil || out.String() != "value\n" {
		t.Errorf("columns named by path, and no rows: %q, %v", out.String(), err)
	}
}
