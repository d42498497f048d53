package scoring

import (
	"errors"
	"fmt"
	"math"
	"strconv"

	"hindsight/schemas"
	"hindsight/scoring/model"
)

// plan is preparation compiled: which slot each input takes in a raw row, and
// what is made of it.
type plan struct {
	inputs   []planInput
	features []feature
	scaled   []scaled      // the simple ones of features, side by side in memory
	rest     []feature     // the others
	specs    []featureSpec // of the features, `fit` replaced by what was learnt
	columns  []string      // names of the prepared columns
	blocks   []model.Block
	numbers  int // slots of each type
	texts    int
	times    int
}

// scaled is a number that is scaled at most.
type scaled struct {
	slot, at  int32
	mean, std float64
}

// planInput is an input and where its raw value stands.
type planInput struct {
	inputSpec
	slot     int
	optional bool // a missing value can be prepared
}

// newPlan compiles the preparation of s. Columns stand in the order of the
// inputs, and within an input in the order of its entries; an input without
// an entry passes as it is.
func newPlan(s *spec, values fitted) (*plan, error) {
	p := &plan{}
	var faults []error
	for _, in := range s.Inputs {
		input := planInput{inputSpec: in, slot: p.takeSlot(in.Type), optional: true}
		entries := 0
		for _, f := range s.Preparation {
			if f.Input != in.Name {
				continue
			}
			entries++
			resolved, err := f.resolve(values)
			if err != nil {
				faults = append(faults, err)
				continue
			}
			input.optional = p.add(resolved, input, s.format().needsFinite) && input.optional
		}
		if entries == 0 {
			input.optional = p.add(featureSpec{Input: in.Name, Feature: in.Name}, input, s.format().needsFinite)
		}
		p.inputs = append(p.inputs, input)
		if len(p.columns) > maxColumns {
			return nil, fmt.Errorf("more than the %d features allowed", maxColumns)
		}
	}
	seen := make(map[string]bool, len(p.columns))
	for _, name := range p.columns {
		if seen[name] {
			faults = append(faults, fmt.Errorf("two features are called %q; name one by `feature:`", name))
		}
		seen[name] = true
	}
	return p, errors.Join(faults...)
}

// indexed returns the levels that a feature is the index of, nil where it is
// made otherwise.
func (p *plan) indexed(feature string) []string {
	for _, spec := range p.specs {
		if spec.Feature == feature && spec.Encode == "index" {
			return spec.Levels.list
		}
	}
	return nil
}

func (p *plan) takeSlot(kind inputType) int {
	count := &p.numbers
	switch kind {
	case categoryInput:
		count = &p.texts
	case timeInput:
		count = &p.times
	}
	*count++
	return *count - 1
}

// add compiles one entry and reports whether it can prepare a missing value.
func (p *plan) add(spec featureSpec, in planInput, finite bool) (optional bool) {
	f := feature{
		slot: in.slot, at: len(p.columns), block: none, input: in.Name, finite: finite,
		log1p: spec.Log1p, edges: spec.Bucket, std: 1,
		fill: spec.Missing.value, hash: uint64(spec.Hash),
	}
	switch in.Type {
	case numberInput:
		f.source = fromNumber
	case booleanInput:
		f.source = fromBoolean
	case timeInput:
		f.source, f.part = fromTime, parts()[spec.Part]
	case categoryInput:
		f.source = fromText
	}
	if spec.Scale.on {
		f.mean, f.std = spec.Scale.mean, spec.Scale.std
	}
	if spec.Clip != nil {
		f.clip, f.low, f.high = true, spec.Clip[0], spec.Clip[1]
	}
	f.simple = f.source == fromNumber && !f.log1p && !f.clip && f.edges == nil
	f.unknown = policyOf(spec.Unknown, failing)
	switch {
	case f.source == fromText && spec.Hash > 0:
		f.missing = policyOf(spec.Missing.word, failing)
	case f.source == fromText:
		f.missing = policyOf(spec.Missing.word, f.unknown)
	case finite:
		f.missing = policyOf(spec.Missing.word, failing)
	default:
		f.missing = policyOf(spec.Missing.word, keepingNaN)
	}
	p.addColumns(&f, spec)
	p.features = append(p.features, f)
	if f.simple {
		p.scaled = append(p.scaled, scaled{int32(f.slot), int32(f.at), f.mean, f.std})
	} else {
		p.rest = append(p.rest, f)
	}
	p.specs = append(p.specs, spec)
	return f.missing != failing
}

// addColumns names the columns of f and gives it a block where they are indicators.
func (p *plan) addColumns(f *feature, spec featureSpec) {
	var names []string
	switch {
	case spec.Hash > 0:
		for i := range spec.Hash {
			names = append(names, spec.Feature+"#"+strconv.Itoa(i))
		}
	case f.source == fromText:
		f.levels = make(map[string]int32, len(spec.Levels.list))
		for i, level := range spec.Levels.list {
			f.levels[level] = int32(i)
			names = append(names, spec.Feature+"="+level)
		}
		f.other = int32(len(spec.Levels.list))
		if f.unknown == othering || f.missing == othering {
			names = append(names, spec.Feature+"=(other)")
		}
		f.standIn = none
		if level, ok := f.levels[spec.Missing.level]; ok {
			f.standIn = level
		} else if f.missing == filling {
			f.missing = f.unknown // as a row that had this text
		}
	case f.edges != nil:
		names = bucketNames(spec.Feature, f.edges)
	}
	if names == nil || spec.Encode == "index" {
		p.columns = append(p.columns, spec.Feature)
		return
	}
	f.block = len(p.blocks)
	p.blocks = append(p.blocks, model.Block{Start: len(p.columns), Len: len(names)})
	p.columns = append(p.columns, names...)
}

func bucketNames(name string, edges []float64) []string {
	text := func(v float64) string { return strconv.FormatFloat(v, 'g', -1, 64) }
	names := []string{name + "=[-inf," + text(edges[0]) + ")"}
	for i, low := range edges {
		high := "inf"
		if i+1 < len(edges) {
			high = text(edges[i+1])
		}
		names = append(names, name+"=["+text(low)+","+high+")")
	}
	return names
}

func policyOf(word string, absent policy) policy {
	switch word {
	case "":
		return absent
	case "nan":
		return keepingNaN
	case "value", "level":
		return filling
	case "ignore":
		return ignoring
	case "other":
		return othering
	}
	return failing
}

// raw is one row as the projection or a CSV file gives it, by slots.
// Missing is NaN, nil and schemas.Beginning.
type raw struct {
	numbers []float64
	texts   [][]byte
	times   []schemas.Instant
}

func (p *plan) newRaw() *raw {
	return &raw{
		numbers: make([]float64, p.numbers),
		texts:   make([][]byte, p.texts),
		times:   make([]schemas.Instant, p.times),
	}
}

// clear makes every value missing.
func (r *raw) clear() {
	for i := range r.numbers {
		r.numbers[i] = math.NaN()
	}
	clear(r.texts)
	for i := range r.times {
		r.times[i] = schemas.Beginning
	}
}
