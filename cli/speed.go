package cli

import (
	"fmt"
	"time"

	"hindsight/app/config"
)

// speedFlag is how much stream time passes in one second; 0 is as much as goes.
type speedFlag time.Duration

// Type names the form in help.
func (f *speedFlag) Type() string { return "TIME|max" }

func (f *speedFlag) String() string {
	if *f == 0 {
		return "max"
	}
	return config.FormatDuration(time.Duration(*f))
}

// Set accepts max and durations, which also take d.
func (f *speedFlag) Set(s string) error {
	if s == "max" {
		*f = 0
		return nil
	}
	d, err := config.ParseDuration(s)
	if err != nil {
		return err
	}
	if d <= 0 {
		return fmt.Errorf("must be more than 0, or max")
	}
	*f = speedFlag(d)
	return nil
}

// seconds is the speed in seconds of stream time per second, 0 for max.
func (f speedFlag) seconds() float64 { return time.Duration(f).Seconds() }
