package scoring

import (
	"errors"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"hindsight/schemas"
	"hindsight/scoring/model"
)

func TestFieldsAndScore(t *testing.T) {
	b := openTiny(t)
	want := []schemas.Field{
		{Path: "payment.amount", Type: schemas.Number, Slot: 0, Optional: true},
		{Path: "country", Type: schemas.Text, Slot: 0, Optional: true},
		{Path: "member", Type: schemas.Number, Slot: 1},
		{Path: "at", Type: schemas.Time, Slot: 0, Optional: true},
	}
	if diff := cmp.Diff(want, b.Fields()); diff != "" {
		t.Error(diff)
	}
	if b.Ref() != "tiny@1" || b.Positive() != "yes" || b.Threshold != 0.5 || len(b.Digest) != 64 {
		t.Errorf("%s, positive %q, threshold %v, digest %s", b.Ref(), b.Positive(), b.Threshold, b.Digest)
	}
	at, err := schemas.ParseInstant("2026-11-23 06:00:00")
	if err != nil {
		t.Fatal(err)
	}
	got, err := b.NewScorer().Score([]float64{math.E - 1, 1}, [][]byte{[]byte("FR")}, []schemas.Instant{at})
	if err != nil {
		t.Fatal(err)
	}
	z := -1 + 0.5*1 - 1 + 2 - 0.1*6
	if p := 1 / (1 + math.Exp(-z)); math.Abs(got.Value-p) > 1e-15 || got.Class != 0 || got.Probabilities != nil {
		t.Errorf("got %+v, want %v", got, p)
	}
}

func TestDecide(t *testing.T) {
	two := &Bundle{Classes: []string{"no", "yes"}, Threshold: 0.3}
	three := &Bundle{Classes: []string{"a", "b", "c"}}
	tests := []struct {
		bundle *Bundle
		out    []float64
		want   Answer
	}{
		{two, []float64{0.3}, Answer{Value: 0.3, Class: 1}},
		{two, []float64{0.29}, Answer{Value: 0.29, Class: 0}},
		{two, []float64{0.2, 0.8}, Answer{Value: 0.8, Class: 1}},
		{three, []float64{0.4, 0.4, 0.2}, Answer{Value: 0.4, Class: 0, Probabilities: []float64{0.4, 0.4, 0.2}}},
		{&Bundle{}, []float64{-7}, Answer{Value: -7, Class: -1}},
	}
	for _, test := range tests {
		if diff := cmp.Diff(test.want, test.bundle.decide(test.out)); diff != "" {
			t.Errorf("%v: %s", test.out, diff)
		}
	}
}

func TestScoreRefusesAnAnswerThatIsNoNumber(t *testing.T) {
	dir := writeBundle(t, map[string]string{
		"bundle.yaml": "name: n\nversion: 1\ntask: regression\nmodel: {format: linear}\ninputs: [{name: x, type: number}]\n",
		"linear.json": `{"features":["x"],"coef":[[1e300]],"intercept":[0]}`,
	})
	b, err := Open(dir)
	if err != nil {
		t.Fatal(err)
	}
	_, err = b.NewScorer().Score([]float64{1e300}, nil, nil)
	wantErrors(t, err, "the model's answer is +Inf")
}

// A parser that a hostile file brings down names the file, and brings nothing else down.
func TestOpenOutlivesItsParsers(t *testing.T) {
	f, err := openFiles(writeBundle(t, tinyFiles()))
	if err != nil {
		t.Fatal(err)
	}
	b, err := guarded(f, func(f *files) (*Bundle, error) {
		data, err := f.read("linear.json", 1<<20)
		return &Bundle{Name: string(data[len(data)])}, err
	})
	if b != nil {
		t.Errorf("%+v", b)
	}
	wantErrors(t, errors.Join(err, f.close()), "linear.json: ", "index out of range")
}

// outputs is a model of so many outputs that does not name its classes.
type outputs struct {
	model.Model
	n int
}

func (o outputs) Outputs() int      { return o.n }
func (o outputs) Classes() []string { return nil }

// Two classes are answered by the probability of the positive one, or by both.
func TestTwoClassesHaveOneOutputOrTwo(t *testing.T) {
	b := openTiny(t)
	for n, ok := range []bool{false, true, true, false} {
		_, err := assemble(b.spec, nil, outputs{b.model, n})
		if (err == nil) != ok {
			t.Errorf("%d outputs: %v", n, err)
		}
		if !ok {
			wantErrors(t, err, fmt.Sprintf("linear.json: has %d outputs for 2 classes", n))
		}
	}
}

// edit returns the files of the tiny bundle with one text replaced.
func edit(file, old, new string) map[string]string {
	files := tinyFiles()
	files[file] = strings.Replace(files[file], old, new, 1)
	return files
}

func TestOpenRefuses(t *testing.T) {
	without := func(name string) map[string]string {
		files := tinyFiles()
		delete(files, name)
		return files
	}
	tests := map[string]struct {
		files map[string]string
		want  string
	}{
		"no bundle.yaml":     {without("bundle.yaml"), "bundle.yaml: no such file"},
		"no model":           {without("linear.json"), "`hindsight model train` or `import` writes it"},
		"traversal":          {edit("bundle.yaml", "file: linear.json", "file: ../linear.json"), "is not a path inside the bundle"},
		"absolute path":      {edit("bundle.yaml", "file: linear.json", "file: /etc/passwd"), "is not a path inside the bundle"},
		"out of the digest":  {edit("bundle.yaml", "file: linear.json", "file: signature"), `model.file: "signature" is not covered by the digest`},
		"a directory":        {edit("bundle.yaml", "file: linear.json", "file: sub"), "no such file"},
		"NaN":                {edit("linear.json", "0.5,", "NaN,"), "linear.json: coef: not JSON"},
		"too few":            {edit("linear.json", "0.5,", ""), "coef row 1: has 5, wants 6"},
		"unknown key":        {edit("linear.json", `"coef"`, `"coeff"`), `"coeff" is not a known key`},
		"other features":     {edit("linear.json", "country=FR", "country=GB"), `feature 3 is "country=GB", preparation makes "country=FR"`},
		"other classes":      {edit("linear.json", `["no","yes"]`, `["yes","no"]`), `has the classes ["yes" "no"], bundle.yaml ["no" "yes"]`},
		"another task":       {edit("bundle.yaml", "classes: [no, yes]", "classes: [no, yes, maybe]"), "has the classes"},
		"fewer features":     {edit("bundle.yaml", "unknown: other", "unknown: ignore"), "has 6 features, preparation makes 5"},
		"not fitted":         {edit("bundle.yaml", "levels: [DE, FR]", "levels: fit"), "`hindsight model train` writes it"},
		"colliding features": {edit("bundle.yaml", "levels: [DE, FR]", "levels: [DE, (other)]"), `two features are called "country=(other)"`},
		"too many files":     {manyFiles(), "more than 1000 files"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			dir := writeBundle(t, test.files)
			_, err := Open(dir)
			wantErrors(t, err, "bundle "+dir+": ", test.want)
		})
	}
}

func manyFiles() map[string]string {
	files := tinyFiles()
	for i := range maxFiles {
		files["d/"+string(rune('a'+i%26))+strings.Repeat("x", i/26)] = ""
	}
	return files
}

func TestOpenRefusesLinksAndHugeFiles(t *testing.T) {
	secret := filepath.Join(t.TempDir(), "secret.json")
	if err := os.WriteFile(secret, []byte(tinyModel), 0o644); err != nil {
		t.Fatal(err)
	}
	tests := map[string]struct {
		spoil func(dir string) error
		want  string
	}{
		"a link out": {func(dir string) error {
			return os.Symlink(secret, filepath.Join(dir, "extra"))
		}, "extra: is a symbolic link"},
		"the model as a link": {func(dir string) error {
			if err := os.Remove(filepath.Join(dir, "linear.json")); err != nil {
				return err
			}
			return os.Symlink(secret, filepath.Join(dir, "linear.json"))
		}, "linear.json: is a symbolic link"},
		"a linked directory": {func(dir string) error {
			return os.Symlink(filepath.Dir(secret), filepath.Join(dir, "sub"))
		}, "sub: is a symbolic link"},
		"a huge file": {func(dir string) error {
			return os.Truncate(filepath.Join(dir, "linear.json"), maxFileBytes+1)
		}, "linear.json: 1073741825 bytes are more than"},
		"a large model": {func(dir string) error {
			return os.Truncate(filepath.Join(dir, "linear.json"), model.MaxLinearBytes+1)
		}, "linear.json: is larger than"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			dir := writeBundle(t, tinyFiles())
			if err := test.spoil(dir); err != nil {
				t.Skip(err) // a file system without links
			}
			_, err := Open(dir)
			wantErrors(t, err, test.want)
		})
	}
}

func TestDigest(t *testing.T) {
	files := tinyFiles()
	files["sub/notes.txt"] = "x"
	first, err := Open(writeBundle(t, files))
	if err != nil {
		t.Fatal(err)
	}
	files["certificate.json"] = "{}"
	second, err := Open(writeBundle(t, files))
	if err != nil {
		t.Fatal(err)
	}
	if first.Digest != second.Digest {
		t.Error("the certificate changes the digest")
	}
	for _, name := range []string{"sub/notes.txt", "sub/certificate.json"} {
		files[name] = "y"
		changed, err := Open(writeBundle(t, files))
		if err != nil {
			t.Fatal(err)
		}
		if changed.Digest == first.Digest {
			t.Errorf("%s does not change the digest", name)
		}
		first = changed
	}
}
