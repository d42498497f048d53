package lightgbm

import (
	"slices"
	"strings"
	"testing"
)

// The stump's second feature is the categorical one.
func TestLevels(t *testing.T) {
	tests := map[string]struct {
		lists, infos string
		want         []string // of the second feature
		fault        string
	}{
		"none":                {"null", "", nil, ""},
		"texts":               {`[["a", "1.0", true, 2.50]]`, "[0:1] -1:3:0", []string{"a", "1", "1", "2.5"}, ""},
		"more columns":        {`[["a"], ["b"]]`, "[0:1] 0", nil, "categories of 2 columns, the model 1 categorical ones (b)"},
		"codes beyond":        {`[["a", "b"]]`, "[0:1] 0:2", nil, `list 1 has 2 categories, but feature "b" was trained on the codes 0:2`},
		"numbers, not codes":  {`[["a", "b"]]`, "[0:1] [0:1]", nil, `feature "b" was trained on the codes [0:1]`},
		"never met, so alike": {`[["a", "b"]]`, "[0:1] none", []string{"a", "b"}, ""},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			text := strings.Replace(stump, "pandas_categorical:null", "pandas_categorical:"+test.lists, 1)
			text = strings.Replace(text, "[boosting: gbdt]", "[boosting: gbdt]\n[categorical_feature: 1]", 1)
			header, rest, _ := strings.Cut(text, "feature_infos=")
			_, rest, _ = strings.Cut(rest, "\n")
			m, err := Parse([]byte(header + "feature_infos=" + test.infos + "\n" + rest))
			if err != nil {
				t.Fatal(err)
			}
			levels, err := m.Levels()
			if got, want := len(m.Lists()), strings.Count(strings.TrimPrefix(test.lists, "["), "["); got != want {
				t.Errorf("%d lists, want %d", got, want)
			}
			if test.fault != "" {
				if err == nil || !strings.Contains(err.Error(), test.fault) {
					t.Errorf("error %v, want %q", err, test.fault)
				}
				return
			}
			if err != nil || (levels == nil) != (test.want == nil) || levels != nil && !slices.Equal(levels[1], test.want) {
				t.Errorf("%q, %v; want %q", levels, err, test.want)
			}
		})
	}
}
