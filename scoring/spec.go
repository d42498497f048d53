package scoring

import (
	"strings"

	"github.com/goccy/go-yaml/ast"

	"hindsight/schemas"
)

// spec is bundle.yaml as it is written.
type spec struct {
	Name        string        `yaml:"name"`
	Version     string        `yaml:"version"`
	Description string        `yaml:"description"`
	Task        string        `yaml:"task"` // classification or regression
	Model       modelSpec     `yaml:"model"`
	Fitted      string        `yaml:"fitted"` // file of what training learnt for `fit`
	Classes     []string      `yaml:"classes"`
	Threshold   *float64      `yaml:"threshold"`
	Seed        uint64        `yaml:"seed"`
	Inputs      []inputSpec   `yaml:"inputs"`
	Preparation []featureSpec `yaml:"preparation"`
	Tests       testsSpec     `yaml:"tests"`
	Train       *trainSpec    `yaml:"train"`
}

type modelSpec struct {
	File   string `yaml:"file"`
	Format string `yaml:"format"`
}

// inputSpec is a field of the event.
type inputSpec struct {
	Name string    `yaml:"name"`
	Path string    `yaml:"path"` // of the field in the event; default the name
	Type inputType `yaml:"type"`
}

type inputType string

const (
	numberInput   inputType = "number"
	booleanInput  inputType = "boolean"
	categoryInput inputType = "category"
	timeInput     inputType = "time"
)

// featureSpec makes one feature, or a block of indicators, of one input.
type featureSpec struct {
	Input   string      `yaml:"input"`
	Feature string      `yaml:"feature"` // default the input, or input.part
	Missing missingSpec `yaml:"missing"`
	Encode  string      `yaml:"encode"` // one-hot (default) or index, of levels, hash and bucket

	// Numbers, booleans and parts of times, applied in this order.
	Part   string    `yaml:"part"`
	Log1p  bool      `yaml:"log1p"`
	Clip   []float64 `yaml:"clip"` // [low, high]
	Scale  scaleSpec `yaml:"scale"`
	Bucket []float64 `yaml:"bucket"` // ascending edges; an edge belongs to the bucket above it

	// Categories.
	Levels  levelsSpec `yaml:"levels"`
	Unknown string     `yaml:"unknown"` // error (default), other, ignore
	Hash    int        `yaml:"hash"`    // number of buckets
}

// missingSpec is a word (error, nan, fit, other, ignore), a number that stands
// in, or {level: TEXT}, a category that does.
type missingSpec struct {
	word  string // "value" and "level" for those that stand in
	value float64
	level string // canonical
}

func (m *missingSpec) fromYAML(d *document, node ast.Node, path string) {
	switch node.(type) {
	case *ast.MappingNode, *ast.MappingValueNode:
		given := struct {
			Level string `yaml:"level"`
		}{}
		decodeField(d, node, &given, path)
		m.word, m.level = "level", schemas.Canonical(given.Level)
		return
	}
	if text, ok := scalarText(node); ok && !isNumber(text) || text == "nan" {
		m.word = text
		return
	}
	m.word = "value"
	decodeField(d, node, &m.value, path)
}

// scaleSpec is `fit` or {mean, std}.
type scaleSpec struct {
	on, fit   bool
	mean, std float64
}

func (s *scaleSpec) fromYAML(d *document, node ast.Node, path string) {
	s.on = true
	if text, ok := scalarText(node); ok && text == "fit" {
		s.fit = true
		return
	}
	given := struct {
		Mean *float64 `yaml:"mean"`
		Std  *float64 `yaml:"std"`
	}{}
	decodeField(d, node, &given, path)
	if given.Mean == nil || given.Std == nil {
		d.add(lineOf(node), "%s: wants fit or {mean, std}", path)
		return
	}
	s.mean, s.std = *given.Mean, *given.Std
}

// levelsSpec is `fit` or a list of texts.
type levelsSpec struct {
	on, fit bool
	list    []string
}

func (l *levelsSpec) fromYAML(d *document, node ast.Node, path string) {
	l.on = true
	if text, ok := scalarText(node); ok && text == "fit" {
		l.fit = true
		return
	}
	decodeField(d, node, &l.list, path)
}

type testsSpec struct {
	Golden      *goldenSpec       `yaml:"golden"`
	Performance *performanceSpec  `yaml:"performance"`
	Preparation []preparationCase `yaml:"preparation"`
}

// goldenSpec names raw inputs with the answers of the library that trained.
type goldenSpec struct {
	File      string   `yaml:"file"`
	Tolerance *float64 `yaml:"tolerance"` // |got-want| <= tolerance * max(1, |want|)
	Columns   []string `yaml:"columns"`   // of the answers; default value, or p0, p1, …
	Raw       []string `yaml:"raw"`       // of the raw scores; default none
}

type performanceSpec struct {
	File    string             `yaml:"file"`
	Label   string             `yaml:"label"`
	Minimum map[string]float64 `yaml:"minimum"`
	Maximum map[string]float64 `yaml:"maximum"`
}

// preparationCase is one raw row and what it has to become.
type preparationCase struct {
	Name     string             `yaml:"name"`
	Input    map[string]cell    `yaml:"input"`
	Vector   []float64          `yaml:"vector"`   // all features in order
	Features map[string]float64 `yaml:"features"` // or some of them by name
	Error    string             `yaml:"error"`    // or a text that the error has in it
}

// cell is a raw value as text; null is missing.
type cell string

func (c *cell) fromYAML(d *document, node ast.Node, path string) {
	if isNull(node) {
		return
	}
	var text string
	decodeField(d, node, &text, path)
	*c = cell(text)
}

type trainSpec struct {
	Kind  string   `yaml:"kind"`  // linear, logistic, softmax; default by task and classes
	L1    *float64 `yaml:"l1"`    // penalty l1 * |coef|, the intercept is free; default 0
	L2    *float64 `yaml:"l2"`    // penalty l2/2 * |coef|², the intercept is free; default 1, with l1 0
	Data  string   `yaml:"data"`  // file in the bundle, so that it can be retrained anywhere
	Label string   `yaml:"label"` // column of Data
}

func isNumber(text string) bool {
	return strings.TrimLeft(text, "0123456789.eE+-") == "" && strings.ContainsAny(text, "0123456789")
}
