package scoring

import (
	"strings"
	"testing"
	"unicode/utf8"
)

func TestParseSpecTellsAllFaultsWithTheirLines(t *testing.T) {
	const text = `name: a b
task: classify
modle: {file: x}
model: {file: ../x, format: pickle}
classes: [1, true]
threshold: 1.5
inputs:
  - {name: x, type: number}
  - {name: x, type: text}
  - name: c
    type: category
preparation:
  - {input: x, clip: [2, 1], levels: [a]}
  - {input: nope}
  - input: x
    scale: {mean: 1}
train:
  l2: -1
tests:
  performance: {label: y, minimum: {acuracy: 0.5, log_loss: 1}}
  golden: {file: /etc/passwd, tolerance: tiny}
  preparation:
    - input: {z: 1}
`
	_, err := parseSpec([]byte(text))
	wantErrors(t, err,
		`bundle.yaml line 1: name: "a b" is not a name`,
		`bundle.yaml: version: "" is not a name`,
		`bundle.yaml line 2: task: "classify" is neither`,
		`bundle.yaml line 3: modle: is not a known key`,
		`bundle.yaml line 4: model.format: "pickle" is not supported; supported is `,
		`bundle.yaml line 4: model.file: "../x" is not a path inside the bundle`,
		`bundle.yaml line 6: threshold: 1.5 is not a probability`,
		`bundle.yaml line 9: inputs[1].name: "x" is there twice`,
		`bundle.yaml line 9: inputs[1].type: "text" is none of`,
		`bundle.yaml line 10: inputs[2]: "c" needs an entry under preparation`,
		`bundle.yaml line 13: preparation[0].clip: wants [low, high]`,
		`bundle.yaml line 13: preparation[0].levels: is only of a category`,
		`bundle.yaml line 14: preparation[1].input: "nope" is not an input`,
		`bundle.yaml line 15: preparation[2]: a feature "x" is there already`,
		`bundle.yaml line 16: preparation[2].scale: wants fit or {mean, std}`,
		`bundle.yaml line 18: train.l2: -1 is not a penalty`,
		`bundle.yaml line 20: tests.performance.minimum.acuracy: is not a figure`,
		`bundle.yaml line 20: tests.performance.minimum.log_loss: belongs under maximum`,
		`bundle.yaml line 21: tests.golden.file: "/etc/passwd" is not a path inside`,
		`bundle.yaml line 21: tests.golden.tolerance: wants a finite number, not "tiny"`,
		`bundle.yaml line 23: tests.preparation[0].input.z: is not an input`,
		`bundle.yaml line 23: tests.preparation[0]: wants a vector`,
	)
	last := 0
	for _, line := range strings.Split(err.Error(), "\n") {
		_, rest, ok := strings.Cut(line, "line ")
		n := 0
		for _, c := range rest {
			if !ok || c < '0' || c > '9' {
				break
			}
			n = n*10 + int(c-'0')
		}
		if n < last {
			t.Errorf("line %d is told after line %d", n, last)
		}
		last = n
	}
}

// A file that the digest leaves out could be changed under a signature.
func TestParseSpecNamesOnlyFilesOfTheDigest(t *testing.T) {
	_, err := parseSpec([]byte(`name: a
version: 1
task: regression
inputs: [{name: x, type: number}]
model: {format: linear, file: signature}
fitted: certificate.json
tests:
  golden: {file: signature}
  performance: {file: certificate.json, label: y, maximum: {mae: 1}}
train: {data: signature, label: y}
`))
	wantErrors(t, err, `model.file: "signature" is not covered by the digest`, `fitted: "certificate.json" is not covered`,
		`tests.golden.file: "signature" is`, `tests.performance.file: "certificate.json" is`, `train.data: "signature" is`)
}

func TestParseSpecRefuses(t *testing.T) {
	const head = "name: n\nversion: 1\ntask: regression\nmodel: {format: linear}\n"
	const input = "inputs: [{name: x, type: number}]\n"
	const category = "inputs: [{name: x, type: category}]\n"
	tests := map[string]struct{ text, want string }{
		"nothing":             {"", "documents"},
		"a list":              {"- a", "wants keys and values"},
		"broken YAML":         {"name: [", "not YAML"},
		"two documents":       {head + input + "---\nname: b\n", "holds 2 YAML documents"},
		"a key twice":         {head + input + "name: m\n", "line 6: name: is there twice"},
		"an alias":            {head + "inputs: [{name: &x x, type: number}, {name: *x, type: number}]\n", "wants a text"},
		"a tag":               {head + input + "seed: !!int 3\n", "seed: wants a whole number"},
		"a merge":             {head + input + "<<: {name: z}\n", "a key has to be a plain text"},
		"null":                {head + input + "description: ~\n", "description: wants a text"},
		"NaN":                 {head + input + "train: {l2: .nan}\n", "train.l2: wants a finite number"},
		"overflow":            {head + input + "train: {l2: 1e999}\n", "train.l2: wants a finite number"},
		"negative seed":       {head + input + "seed: -1\n", "seed: wants a whole number"},
		"no inputs":           {head, "inputs: has 0"},
		"classes":             {head + input + "classes: [a, b]\n", "a regression has none"},
		"threshold":           {head + input + "threshold: 0.5\n", "applies to two classes only"},
		"control character":   {head + "inputs: [{name: \"x\\u0007\", type: number}]\n", "holds a control character"},
		"nan into linear":     {head + input + "preparation: [{input: x, missing: nan}]\n", "cannot take NaN"},
		"a level of a number": {head + input + "preparation: [{input: x, missing: {level: a}}]\n", `"level" is none of`},
		"missing word":        {head + input + "preparation: [{input: x, missing: maybe}]\n", `"maybe" is none of`},
		"part of a number":    {head + input + "preparation: [{input: x, part: hour}]\n", "only a time has parts"},
		"std of 0":            {head + input + "preparation: [{input: x, scale: {mean: 0, std: 0}}]\n", "is not positive"},
		"edges":               {head + input + "preparation: [{input: x, bucket: [1, 1]}]\n", "ascending order"},
		"encode of a number":  {head + input + "preparation: [{input: x, encode: index}]\n", "nothing to encode"},
		"ignore of a number":  {head + input + "preparation: [{input: x, missing: ignore}]\n", "ignore needs one-hot buckets"},
		"levels and hash":     {head + category + "preparation: [{input: x, levels: [a], hash: 3}]\n", "either levels or hash"},
		"no levels":           {head + category + "preparation: [{input: x, levels: []}]\n", "has 0, wants"},
		"level twice":         {head + category + "preparation: [{input: x, levels: [1, 1.0]}]\n", `"1" is there twice`},
		"hash too wide":       {head + category + "preparation: [{input: x, hash: 99999999}]\n", "buckets are not between"},
		"hash with unknown":   {head + category + "preparation: [{input: x, hash: 9, unknown: other}]\n", "know every value"},
		"index with ignore":   {head + category + "preparation: [{input: x, levels: [a], encode: index, unknown: ignore}]\n", "cannot take the NaN"},
		"logistic regression": {head + input + "train: {kind: logistic}\n", "does not fit"},
		"data without label":  {head + input + "train: {data: a.csv}\n", "train.label: is needed"},
		"figure of classes":   {head + input + "tests: {performance: {label: y, minimum: {auc: 0.5}}}\n", "not defined for this task"},
		"no bounds":           {head + input + "tests: {performance: {label: y}}\n", "wants a minimum or a maximum"},
		"backslash":           {head + input + "fitted: 'a\\b'\n", "is not a path inside"},
		"deep brackets":       {head + "inputs: " + strings.Repeat("[", 100_000), "nested deeper"},
		"deep dashes":         {head + "inputs:\n" + strings.Repeat("- ", 100_000), "nested deeper"},
		"too large":           {head + "description: " + strings.Repeat("x", maxYAMLBytes), "are more than the"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			_, err := parseSpec([]byte(test.text))
			wantErrors(t, err, test.want)
		})
	}
}

func TestParseSpecDoesNotTellFaultsForever(t *testing.T) {
	_, err := parseSpec([]byte(strings.Repeat("bad: 1\n", 1000)))
	wantErrors(t, err, "faults more")
	if lines := strings.Count(err.Error(), "\n"); lines > maxToldFaults {
		t.Errorf("%d lines", lines)
	}
}

func TestParseSpecKeepsTextAsWritten(t *testing.T) {
	s, err := parseSpec([]byte("name: n\nversion: 1.10\ntask: classification\nmodel: {format: linear}\n" +
		"classes: [false, 1.0]\ninputs: [{name: 007, type: number}]\n"))
	if err != nil {
		t.Fatal(err)
	}
	if s.Version != "1.10" || s.Inputs[0].Name != "007" || s.Inputs[0].Path != "007" {
		t.Errorf("version %q, input %q at %q", s.Version, s.Inputs[0].Name, s.Inputs[0].Path)
	}
	if s.Classes[0] != "0" || s.Classes[1] != "1" {
		t.Errorf("classes %q", s.Classes)
	}
	if s.Model.File != "linear.json" || s.Fitted != "fitted.json" {
		t.Errorf("files %q and %q", s.Model.File, s.Fitted)
	}
}

func FuzzParseSpec(f *testing.F) {
	f.Add([]byte(tinySpec))
	f.Add([]byte("name: n\nversion: 1\ntask: regression\nmodel: {format: linear}\ninputs:\n- name: x\n  type: category\n" +
		"preparation: [{input: x, hash: 8, missing: ignore}]\ntests: {preparation: [{input: {x: ~}, vector: [0]}]}\n"))
	f.Add([]byte("a: &b [*b]\n<<: *b\n? c\n: d\n"))
	f.Add([]byte("a: |\n  b\n--- !!map {}\n"))
	f.Fuzz(func(t *testing.T, data []byte) {
		s, err := parseSpec(data)
		if err != nil {
			if !utf8.ValidString(err.Error()) && utf8.Valid(data) {
				t.Fatalf("the error is not text: %q", err)
			}
			return
		}
		p, err := newPlan(s, s.placeholders())
		if err != nil {
			return
		}
		r := p.newRaw()
		r.clear()
		_ = newPreparer(p).prepare(r.numbers, r.texts, r.times) // must only not panic
	})
}
