package drift

import (
	"errors"
	"fmt"
	"time"

	"hindsight/schemas"
)

// WindowSpec is one configured window. Window k covers [k·Slide, k·Slide+Size),
// counted from the epoch.
type WindowSpec struct {
	Name        string
	Size, Slide time.Duration // Slide 0 is tumbling: as wide as Size
	Clock       schemas.Clock
}

func (s WindowSpec) slide() time.Duration {
	if s.Slide == 0 {
		return s.Size
	}
	return s.Slide
}

// grain is the widest span that never straddles a boundary of the window.
func (s WindowSpec) grain() time.Duration { return gcd(s.Size, s.slide()) }

func (s WindowSpec) validate() error {
	var faults []error
	fault := func(format string, args ...any) {
		faults = append(faults, fmt.Errorf("window %q: "+format, append([]any{s.Name}, args...)...))
	}
	if s.Name == "" {
		fault("name is missing")
	}
	switch {
	case s.Size <= 0:
		fault("size is %v: it must be positive", s.Size)
	case s.Slide < 0:
		fault("slide is %v: it cannot be negative", s.Slide)
	case s.Slide > s.Size:
		fault("slide %v is longer than size %v: what lies between two windows would be watched by none", s.Slide, s.Size)
	case s.Size%time.Microsecond != 0 || s.Slide%time.Microsecond != 0:
		fault("size %v and slide %v must be whole microseconds", s.Size, s.Slide)
	}
	if s.Clock != schemas.EventClock && s.Clock != schemas.LabelClock {
		fault("clock %d is unknown: use event or label", s.Clock)
	}
	return errors.Join(faults...)
}

// Width is how wide the slices of a clock are: the greatest common divisor of
// the sizes and slides of its windows, least where the clock has none. It is an
// error if that is narrower than least; the specs must be valid otherwise.
func Width(specs []WindowSpec, clock schemas.Clock, least time.Duration) (time.Duration, error) {
	var width time.Duration
	for _, s := range specs {
		if s.Clock == clock {
			width = gcd(width, s.grain())
		}
	}
	if width == 0 {
		return least, nil
	}
	if width >= least {
		return width, nil
	}
	var faults []error
	for _, s := range specs {
		if s.Clock == clock && s.grain()%least != 0 {
			faults = append(faults, fmt.Errorf("window %q: size %v and slide %v must be multiples of the slice %v: change them, or make the slice narrower",
				s.Name, s.Size, s.slide(), least))
		}
	}
	return 0, errors.Join(faults...)
}

func gcd(a, b time.Duration) time.Duration {
	for b != 0 {
		a, b = b, a%b
	}
	return a
}
