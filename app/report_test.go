package app

import (
	"bytes"
	"strings"
	"testing"

	"hindsight/schemas"
)

// A window of an older record, which does not say when it is final, can be printed.
func TestReportOfAWindowThatIsNeverFinal(t *testing.T) {
	for at, want := range map[schemas.Instant]string{
		schemas.Beginning: `"final_by": null`, schemas.Forever: `"final_by": null`, minutes(1): `"final_by": "2026-11-23T00:01:00Z"`,
	} {
		var out bytes.Buffer
		r := Report{Windows: []ReportWindow{reportWindow(schemas.Window{FinalBy: at})}}
		if err := r.Write(&out); err != nil || !strings.Contains(out.String(), want) {
			t.Errorf("%v: %v, no %s in %s", at, err, want, out.String())
		}
	}
}
