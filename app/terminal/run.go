package terminal

import (
	"context"
	"io"
	"strings"
	"time"

	"hindsight/dashboard"
)

// FastestEvery is the shortest time between two frames of a terminal: more than
// ten a second is work that nobody sees.
const FastestEvery = 100 * time.Millisecond

// View is where and how a run is shown.
type View struct {
	Out   io.Writer
	TTY   bool          // draw in place; else write plain lines
	Color bool          // false where NO_COLOR is set
	Every time.Duration // between two frames or lines; on a TTY never below FastestEvery
	// Size returns the terminal's width and height in cells; nil, or a width or
	// height of 0, stands for 80 × 24. It is asked for each frame.
	Size func() (width, height int)
}

// Run shows source's snapshots until ctx ends, and then a last time. It returns
// the first error of writing.
func Run(ctx context.Context, v View, source func() dashboard.Snapshot) error {
	show, end := v.lines()
	if v.TTY {
		show, end = v.frames()
		v.Every = max(v.Every, FastestEvery)
	}
	ticker := time.NewTicker(max(v.Every, time.Millisecond))
	defer ticker.Stop()
	for {
		if err := show(source()); err != nil {
			return err
		}
		select {
		case <-ctx.Done():
			if err := show(source()); err != nil {
				return err
			}
			return end()
		case <-ticker.C:
		}
	}
}

// lines writes a line for each snapshot that says something new, after those
// alarms that changed.
func (v View) lines() (show func(dashboard.Snapshot) error, end func() error) {
	last, alarms := "", 0
	show = func(s dashboard.Snapshot) error {
		var b strings.Builder
		for ; alarms < len(s.Alarms); alarms++ {
			b.WriteString(AlarmLine(s.Alarms[alarms]) + "\n")
		}
		if line := Line(s); line != last {
			last = line
			b.WriteString(line + "\n")
		}
		return v.write(b.String())
	}
	return show, func() error { return nil }
}

// The control sequences of ECMA-48 and DEC that a frame needs.
const (
	hideCursor  = "\x1b[?25l"
	showCursor  = "\x1b[?25h"
	clearScreen = "\x1b[2J\x1b[H"
	home        = "\x1b[H"
	clearRight  = "\x1b[K"
	clearBelow  = "\x1b[J"
)

// frames draws each snapshot over the last one. The screen is cleared where its
// size changes, for what the terminal then makes of the old lines is unknown.
func (v View) frames() (show func(dashboard.Snapshot) error, end func() error) {
	var last string
	var lastWidth, lastHeight int
	show = func(s dashboard.Snapshot) error {
		width, height := v.size()
		// The last line stays free: a newline there would scroll.
		frame := Render(s, Look{Width: width, Height: height - 1, Color: v.Color})
		start := home
		if width != lastWidth || height != lastHeight {
			start = hideCursor + clearScreen
		} else if frame == last {
			return nil
		}
		last, lastWidth, lastHeight = frame, width, height
		return v.write(start + strings.ReplaceAll(frame, "\n", clearRight+"\r\n") + clearBelow)
	}
	return show, func() error { return v.write(showCursor) }
}

func (v View) size() (width, height int) {
	if v.Size != nil {
		width, height = v.Size()
	}
	if width <= 0 || height <= 0 {
		return 80, 24
	}
	return width, height
}

func (v View) write(text string) error {
	if text == "" {
		return nil
	}
	_, err := io.WriteString(v.Out, text)
	return err
}
