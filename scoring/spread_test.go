package scoring

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestSpread(t *testing.T) {
	b, _, _ := trainBundle(t, irisSpec, "testdata/iris.csv", "target")
	check, err := b.Spread(6, readTableFile(t, "testdata/iris.csv"), "target")
	if err != nil || check.Result != Passed || !strings.Contains(check.Detail, "of 6 trainings on resampled rows (seeds 1 to 6) keep the bounds") {
		t.Fatalf("%+v, %v", check, err)
	}
	if len(check.Figures) != 4 || check.Figures[2].Name != "log_loss_lowest" || !(check.Figures[2].Value < check.Figures[3].Value) {
		t.Errorf("%+v", check.Figures)
	}
	again, err := b.Spread(6, readTableFile(t, "testdata/iris.csv"), "target")
	if diff := cmp.Diff(check, again); diff != "" || err != nil {
		t.Errorf("the same seeds gave something else: %s, %v", diff, err)
	}
	if none, err := b.Spread(1, nil, ""); err != nil || none.Result != NotShown {
		t.Errorf("without data: %+v, %v", none, err)
	}
}
