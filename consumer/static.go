package consumer

import (
	"context"
	"fmt"
	"time"

	"github.com/twmb/franz-go/pkg/kadm"
)

// usurped returns a fatal error if another process goes by the instance name
// of this one: the two would throw each other out for ever. The group knows the
// last who came.
func (s *session) usurped() error {
	own, _ := s.client.GroupMetadata()
	if s.config.Instance == "" || own == "" {
		return nil
	}
	ctx, cancel := context.WithTimeout(context.Background(), 5*time.Second)
	defer cancel()
	groups, err := kadm.NewClient(s.client).DescribeGroups(ctx, s.config.Group)
	if err != nil {
		return nil // what ended the session is told anyway
	}
	for _, m := range groups[s.config.Group].Members {
		if m.InstanceID != nil && *m.InstanceID == s.config.Instance && m.MemberID != own {
			return fmt.Errorf("%w: %w", ErrFatal, s.nameTaken())
		}
	}
	return nil
}

func (s *session) nameTaken() error {
	return fmt.Errorf("kafka.instance %q is in use by another process of group %s, which has taken this one's place: give each process a name of its own",
		s.config.Instance, s.config.Group)
}
