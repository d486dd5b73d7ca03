package campaign

import (
	"cmp"
	"context"
	"errors"
	"fmt"

	"github.com/heliograph-sms/heliograph/internal/api"
	"github.com/heliograph-sms/heliograph/internal/db"
	"github.com/heliograph-sms/heliograph/internal/modules/message"
	"github.com/heliograph-sms/heliograph/internal/money"
)

// State is where a campaign of many messages stands. The numbers are stored.
type State int64

const (
	Draft    State = iota // recipients may be added
	Waiting               // for a moderator
	Declined              // by one
	Ready                 // to be sent when it is due
	Running               // its messages are being released
	Released              // all of them are; the last ones are not handed over yet
	Sent                  // all are handed over
	Done                  // all are final
)

// status is the state as it stands on the wire.
func (b *Bulk) status() message.CampaignStatus {
	switch b.State {
	case Draft:
		return message.CampaignNew
	case Waiting:
		return message.CampaignModeration
	case Declined:
		return message.CampaignDeclined
	case Ready:
		return message.CampaignStatus(moderationStatus(b.Moderation))
	case Sent:
		return message.CampaignSent
	case Done:
		return message.CampaignDone
	default:
		return message.CampaignRunning
	}
}

// Bulk is a campaign of many messages, as it is kept.
type Bulk struct {
	ID, AccountID int64
	Type          Type
	Name          string // "" = none
	From          string // the sender asked for
	Text          string // as it is sent, with short links where it is the same for all
	GivenText     string // before its links were shortened; "" = they were not
	OwnPart       string // the piece of Text that each message has one of its own for; "" = none has
	RateLimit     int    // messages in
	RatePeriod    int    // seconds; 0 = no limit
	DeferredMs    int64
	ValidityMin   int // minutes, from a message's release
	MClass        int // 0 flash, 1 ordinary
	ShortenLinks  int
	TrackLinks    int
	CreationWay   message.CreationWay
	CreatedMs     int64
	Messages      int // that it holds
	Segments      int
	Cost          money.Amount
	Rejected      int   // recipients that were refused
	FirstID       int64 // the message that was added first
	Groups        groupIDs
	Adding        int64  // who adds to it: an epoch, or a task's id, negative; 0 = nobody
	AddingKey     []byte // idempotency key of the call that adds, or did last
	State         State
	Moderation    message.Moderation
	Comment       string // the moderator's
	StartSendMs   int64
	EndSendMs     int64
	DeletedMs     int64
	Cursor        int64 // messages with an id up to here are released
	DueMs         int64 // of the next step
	ValidMs       int64 // since when validity runs
}

const bulkColumns = `id, account_id, type, coalesce(name, ''), sender, text, coalesce(given_text, ''), coalesce(own_part, ''), coalesce(rate_limit, 0), coalesce(rate_period, 0),
	coalesce(deferred_ms, 0), validity_min, mclass, shorten_links, track_links, creation_way, created_ms,
	messages, segments, cost, rejected, coalesce(first_id, 0), group_ids, adding, adding_key, state, moderation, coalesce(comment, ''),
	coalesce(start_send_ms, 0), coalesce(end_send_ms, 0), coalesce(deleted_ms, 0), cursor, due_ms, valid_ms`

func (b *Bulk) fields() []any {
	return []any{
		&b.ID, &b.AccountID, &b.Type, &b.Name, &b.From, &b.Text, &b.GivenText, &b.OwnPart, &b.RateLimit, &b.RatePeriod,
		&b.DeferredMs, &b.ValidityMin, &b.MClass, &b.ShortenLinks, &b.TrackLinks, &b.CreationWay, &b.CreatedMs,
		&b.Messages, &b.Segments, &b.Cost, &b.Rejected, &b.FirstID, &b.Groups, &b.Adding, &b.AddingKey, &b.State, &b.Moderation, &b.Comment,
		&b.StartSendMs, &b.EndSendMs, &b.DeletedMs, &b.Cursor, &b.DueMs, &b.ValidMs,
	}
}

// Given is the text as it was given, which is what a moderator sees.
func (b *Bulk) Given() string { return cmp.Or(b.GivenText, b.Text) }

// one reads a single row: db.Tx.One or db.Reader.One.
type one interface {
	One(text string, args []any, dest ...any) error
}

// find reads an account's campaign of many messages; db.ErrNotFound says that there
// is none, or that it is deleted.
func find(q one, accountID, id int64) (*Bulk, error) {
	b := &Bulk{}
	err := q.One("SELECT "+bulkColumns+" FROM campaign WHERE account_id = $1 AND id = $2 AND deleted_ms IS NULL",
		[]any{accountID, id}, b.fields()...)
	if err != nil {
		return nil, err
	}
	return b, nil
}

// bulk finds a campaign that is to be changed: code 2 where there is none, 10 where
// it is a message sent singly.
func (m *Module) bulk(ctx context.Context, c *api.Call, id int64) (b *Bulk, err error) {
	err = m.DB.Read(ctx, func(q *db.Reader) error {
		b, err = find(q, c.Account.ID, id)
		return err
	})
	if errors.Is(err, db.ErrNotFound) {
		if _, err := m.single(ctx, c, id); err != nil {
			return nil, err
		}
		return nil, errState
	}
	if err != nil {
		return nil, fmt.Errorf("campaign %d: %w", id, err)
	}
	return b, nil
}

// errState is code 10: where the campaign stands forbids what was asked for, or it
// was changed meanwhile.
var errState = api.Unchangeable("campaign.state", nil)
