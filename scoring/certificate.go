package scoring

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
)

// Result is what became of one check of a bundle.
type Result string

// The results of a check.
const (
	Passed   Result = "passed"
	Failed   Result = "failed"
	NotShown Result = "not shown" // the bundle has no such test
)

// The checks of a bundle.
const (
	CheckParse       = "parse"       // the bundle is whole and its parts fit together
	CheckRuntime     = "runtime"     // the library that evaluates the format takes the model
	CheckReference   = "reference"   // the fast evaluator gives the Reference's bits
	CheckPreparation = "preparation" // the preparation cases come out as declared
	CheckGolden      = "golden"      // the golden rows are answered as expected
	CheckRepeatable  = "repeatable"  // scoring twice gives the same bits
	CheckPerformance = "performance" // the bounds on labelled rows hold
	CheckRetrain     = "retrain"     // training again gives the same model, which reaches the bounds
	CheckSpread      = "spread"      // what training on resampled rows gives, seed by seed
)

// Certificate says which checks a bundle passed. It holds no time: the same
// bundle gives the same bytes.
type Certificate struct {
	Name    string  `json:"name"`
	Version string  `json:"version"`
	Digest  string  `json:"digest"`
	Passed  bool    `json:"passed"`
	Checks  []Check `json:"checks"`
}

// Check is the result of one check.
type Check struct {
	Name    string   `json:"name"`
	Result  Result   `json:"result"`
	Rows    int      `json:"rows,omitempty"` // how many were compared
	Detail  string   `json:"detail,omitempty"`
	Figures []Figure `json:"figures,omitempty"`
}

// Figure is a number that a check measured, and its bounds where it has some.
type Figure struct {
	Name    string   `json:"name"`
	Value   float64  `json:"value"`
	Minimum *float64 `json:"minimum,omitempty"`
	Maximum *float64 `json:"maximum,omitempty"`
}

// Add appends a check; one that failed fails the certificate.
func (c *Certificate) Add(check Check) {
	c.Checks = append(c.Checks, check)
	if check.Result == Failed {
		c.Passed = false
	}
}

// Figure returns what a check measured; ok is false where there is no such figure.
func (c *Certificate) Figure(check, name string) (value float64, ok bool) {
	for _, at := range c.Checks {
		for _, figure := range at.Figures {
			if at.Name == check && figure.Name == name {
				return figure.Value, true
			}
		}
	}
	return 0, false
}

// require fails the checks that were not shown and are among names.
func (c *Certificate) require(names []string) error {
	for _, name := range names {
		known := false
		for i := range c.Checks {
			check := &c.Checks[i]
			if check.Name != name {
				continue
			}
			known = true
			if check.Result == NotShown {
				check.Result, check.Detail = Failed, "is required, and the bundle has no such test"
				c.Passed = false
			}
		}
		if !known {
			return fmt.Errorf("there is no check %q to require", name)
		}
	}
	return nil
}

// Err joins what the failed checks say; nil where all passed or were not shown.
func (c *Certificate) Err() error {
	var errs []error
	for _, check := range c.Checks {
		if check.Result == Failed {
			errs = append(errs, fmt.Errorf("%s: %s", check.Name, check.Detail))
		}
	}
	return errors.Join(errs...)
}

// JSON returns certificate.json.
func (c *Certificate) JSON() ([]byte, error) {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	e.SetIndent("", "  ")
	err := e.Encode(c)
	return b.Bytes(), err
}

// WriteCertificate writes certificate.json into the bundle in dir.
func WriteCertificate(dir string, c *Certificate) error {
	data, err := c.JSON()
	if err != nil {
		return err
	}
	f, err := openFiles(dir)
	if err != nil {
		return bundleError(dir, err)
	}
	return errors.Join(f.write(certificateFile, data), f.close())
}
