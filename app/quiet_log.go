package app

import (
	"context"
	"log/slog"
)

// clientLog keeps the client's chatter out of the log: a consumer group's
// life is hundreds of lines at info.
func clientLog(log *slog.Logger) *slog.Logger { return slog.New(quieter{log.Handler()}) }

// quieter passes warnings and errors on.
type quieter struct{ slog.Handler }

// Enabled reports whether a level is worth passing.
func (q quieter) Enabled(ctx context.Context, level slog.Level) bool {
	return level >= slog.LevelWarn && q.Handler.Enabled(ctx, level)
}

// WithAttrs keeps the threshold.
func (q quieter) WithAttrs(attrs []slog.Attr) slog.Handler {
	return quieter{q.Handler.WithAttrs(attrs)}
}

// WithGroup keeps the threshold.
func (q quieter) WithGroup(name string) slog.Handler { return quieter{q.Handler.WithGroup(name)} }
