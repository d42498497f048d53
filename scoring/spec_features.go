package scoring

import (
	"fmt"
	"slices"
	"sort"
	"strings"
)

// checkFeatures checks every entry of preparation against the type of its
// input, and every input that has none.
func (s *spec) checkFeatures(d *document) {
	types := map[string]inputType{}
	for _, in := range s.Inputs {
		types[in.Name] = in.Type
	}
	prepared, named := map[string]bool{}, map[string]bool{}
	for i := range s.Preparation {
		f, place := &s.Preparation[i], indexed("preparation", i)
		kind, ok := types[f.Input]
		if !ok {
			d.at(place+".input", "%q is not an input", f.Input)
			continue
		}
		prepared[f.Input] = true
		if err := checkText(f.Feature, maxTextSize); err != nil {
			d.at(place+".feature", "%v", err)
		}
		if named[f.Feature] {
			d.at(place, "a feature %q is there already; name this one by `feature:`", f.Feature)
		}
		named[f.Feature] = true
		if kind == categoryInput {
			f.checkCategory(d, place, s.format().needsFinite)
		} else {
			f.checkNumeric(d, place, kind, s.format().needsFinite)
		}
	}
	for i, in := range s.Inputs {
		if !prepared[in.Name] && (in.Type == categoryInput || in.Type == timeInput) {
			need := map[inputType]string{categoryInput: "levels or hash", timeInput: "a part"}[in.Type]
			d.at(indexed("inputs", i), "%q needs an entry under preparation that gives %s", in.Name, need)
		}
	}
}

func (f *featureSpec) checkNumeric(d *document, place string, kind inputType, finite bool) {
	f.refuse(d, place, "only of a category", map[string]bool{
		"levels": f.Levels.on, "unknown": f.Unknown != "", "hash": f.Hash != 0})
	switch {
	case kind == timeInput && !slices.Contains(timeParts(), f.Part):
		d.at(place+".part", "%q is none of %s", f.Part, strings.Join(timeParts(), ", "))
	case kind != timeInput && f.Part != "":
		d.at(place+".part", "only a time has parts")
	}
	switch f.Missing.word {
	case "", "error", "nan", "value", "fit":
	case "ignore":
		if f.Bucket == nil || f.Encode == "index" {
			d.at(place+".missing", "ignore needs one-hot buckets, of which then none is set")
		}
	default:
		d.at(place+".missing", "%q is none of error, nan, fit, ignore, a number", f.Missing.word)
	}
	if f.Missing.word == "nan" {
		switch {
		case f.Bucket != nil && f.Encode != "index":
			d.at(place+".missing", "with one-hot buckets write ignore: none of them is set")
		case finite:
			d.at(place+".missing", "this format cannot take NaN; give error, fit or a number")
		}
	}
	if f.Clip != nil && (len(f.Clip) != 2 || f.Clip[0] > f.Clip[1]) {
		d.at(place+".clip", "wants [low, high]")
	}
	if f.Scale.on && !f.Scale.fit && f.Scale.std <= 0 {
		d.at(place+".scale.std", "%v is not positive", f.Scale.std)
	}
	if f.Bucket != nil && (len(f.Bucket) == 0 || !strictlyAscending(f.Bucket)) {
		d.at(place+".bucket", "wants at least one edge, in ascending order")
	}
	if f.Bucket == nil && f.Encode != "" {
		d.at(place+".encode", "a number without buckets has nothing to encode")
	}
	f.checkEncode(d, place)
}

func (f *featureSpec) checkCategory(d *document, place string, finite bool) {
	f.refuse(d, place, "not of a category", map[string]bool{
		"part": f.Part != "", "log1p": f.Log1p, "clip": f.Clip != nil, "scale": f.Scale.on, "bucket": f.Bucket != nil})
	if f.Levels.on == (f.Hash != 0) {
		d.at(place, "a category wants either levels or hash")
	}
	if f.Levels.on && !f.Levels.fit {
		checkLevels(f.Levels.list, func(format string, args ...any) { d.at(place+".levels", format, args...) })
	}
	if f.Hash < 0 || f.Hash > maxColumns {
		d.at(place+".hash", "%d buckets are not between 1 and %d", f.Hash, maxColumns)
	}
	switch f.Unknown {
	case "", "error", "other", "ignore":
	default:
		d.at(place+".unknown", "%q is none of error, other, ignore", f.Unknown)
	}
	switch f.Missing.word {
	case "", "error", "ignore":
	case "level":
		switch {
		case f.Hash != 0:
			d.at(place+".missing", "hashed categories have no levels")
		case !f.Levels.fit && !slices.Contains(f.Levels.list, f.Missing.level) && f.Unknown != "other" && f.Unknown != "ignore":
			d.at(place+".missing", "%q is not among the levels", f.Missing.level)
		}
	case "other":
		if f.Hash != 0 {
			d.at(place+".missing", "hashed categories have no other")
		}
	default:
		d.at(place+".missing", "wants error, other, ignore or {level: TEXT} for a category")
	}
	if f.Hash != 0 && f.Unknown != "" {
		d.at(place+".unknown", "hashed categories know every value")
	}
	if finite && f.Encode == "index" && (f.Unknown == "ignore" || f.Missing.word == "ignore") {
		d.at(place+".encode", "this format cannot take the NaN that ignore gives an index")
	}
	f.checkEncode(d, place)
}

func (f *featureSpec) checkEncode(d *document, place string) {
	if f.Encode != "" && f.Encode != "one-hot" && f.Encode != "index" {
		d.at(place+".encode", "%q is neither one-hot nor index", f.Encode)
	}
}

func (f *featureSpec) refuse(d *document, place, why string, set map[string]bool) {
	for _, key := range sortedKeys(set) {
		if set[key] {
			d.at(place+"."+key, "is %s", why)
		}
	}
}

// checkLevels reports levels that are none, empty, overlong or repeated.
func checkLevels(levels []string, fault func(string, ...any)) {
	if len(levels) == 0 || len(levels) > maxColumns {
		fault("has %d, wants 1 to %d", len(levels), maxColumns)
	}
	seen := make(map[string]bool, len(levels))
	for i, level := range levels {
		if err := checkText(level, maxTextSize); err != nil {
			fault("level %d %v", i+1, err)
		}
		if seen[level] {
			fault("%q is there twice", level)
		}
		seen[level] = true
	}
}

func strictlyAscending(values []float64) bool {
	for i := 1; i < len(values); i++ {
		if !(values[i-1] < values[i]) {
			return false
		}
	}
	return true
}

func indexed(path string, i int) string { return fmt.Sprintf("%s[%d]", path, i) }

// sortedKeys returns the keys of m in ascending order.
func sortedKeys[V any](m map[string]V) []string {
	keys := make([]string, 0, len(m))
	for key := range m {
		keys = append(keys, key)
	}
	sort.Strings(keys)
	return keys
}
