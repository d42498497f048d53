package app

import (
	"errors"
	"fmt"
	"slices"

	"hindsight/consumer"
)

// withCure adds to a loss of records what to do next.
func (a *App) withCure(err error) error {
	var recreated *consumer.RecreatedError
	if errors.As(err, &recreated) {
		return fmt.Errorf("%w. %s", err, beginAnew)
	}
	var lost *consumer.LostError
	if !errors.As(err, &lost) {
		return err
	}
	if input := slices.Contains(a.acceptable(), lost.Topic); input && lost.Next < lost.Start {
		return fmt.Errorf("%w. Restore them, or start once with `hindsight run --accept-loss` to go on behind them: "+
			"they are counted as lost, have no score or fate, and windows that they would be in lack them; then raise retention.ms of %s", err, lost.Topic)
	}
	return fmt.Errorf("%w. %s; and see that the topic keeps what is needed (hindsight topics describe)", err, beginAnew)
}
