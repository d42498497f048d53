package consumer

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kgo"
	"github.com/twmb/franz-go/pkg/kmsg"
)

// errFarewell is a stop after which the group has still to find out that this
// member is gone.
var errFarewell = errors.New("the group could not be told of the stop: nothing is lost, but until the session and the transaction of this process are over, others may have to wait")

// outlive returns the context of a session, which ends StopTimeout after ctx.
// What is under way is finished meanwhile; but a group that waits for a member
// that has died, for as long as its session is, lets nobody commit or leave.
func (c *Config) outlive(ctx context.Context) (context.Context, context.CancelFunc) {
	work, cancel := context.WithCancel(context.WithoutCancel(ctx))
	if c.StopTimeout == 0 {
		return work, cancel
	}
	release := context.AfterFunc(ctx, func() { time.AfterFunc(c.StopTimeout, cancel) })
	return work, func() { release(); cancel() }
}

// farewell does what a client that was cut short could not: it aborts the
// transaction, whose offsets would hold up who reads on, and leaves the group.
// A named member does not leave: it may be back in time.
func (s *session) farewell() error {
	c := s.config
	c.Log.Info("the stop did not wait for what was under way: it is undone, and done again later", "stage", c.Name, "waited", c.StopTimeout)
	ctx, cancel := context.WithTimeout(context.Background(), c.StopTimeout)
	defer cancel()
	opts := append([]kgo.Opt{}, c.Client...)
	if s.txn != nil {
		opts = append(opts, kgo.TransactionalID(c.TransactionalID))
	}
	client, err := kgo.NewClient(opts...)
	if err != nil {
		return fmt.Errorf("%w: %w", errFarewell, err)
	}
	defer client.Close()
	if s.txn != nil {
		if _, _, err := client.ProducerID(ctx); err != nil {
			return fmt.Errorf("%w: transactional id %s: %w", errFarewell, c.TransactionalID, err)
		}
	}
	member := kmsg.NewLeaveGroupRequestMember()
	if member.MemberID, _ = s.client.GroupMetadata(); member.MemberID == "" || c.Instance != "" {
		return nil
	}
	req := kmsg.NewPtrLeaveGroupRequest()
	req.Group, req.MemberID, req.Members = c.Group, member.MemberID, append(req.Members, member)
	resp, err := req.RequestWith(ctx, client)
	if err == nil {
		err = kerr.ErrorForCode(resp.ErrorCode)
	}
	if err != nil {
		return fmt.Errorf("%w: group %s: %w", errFarewell, c.Group, err)
	}
	return nil
}
