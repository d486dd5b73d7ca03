package campaign

import (
	"context"
	"encoding/csv"
	"fmt"
	"io"
	"strconv"

	"github.com/heliograph-sms/heliograph/internal/api"
	"github.com/heliograph-sms/heliograph/internal/db"
	"github.com/heliograph-sms/heliograph/internal/modules/link"
	"github.com/heliograph-sms/heliograph/internal/modules/message"
)

// exportChunk is how many messages one read of an export takes.
const exportChunk = 1000

var exportHeader = []string{
	"messageId", "recipient", "from", "countryA2", "operatorName", "text", "segNum", "segUserBuy", "cost",
	"status", "reason", "startSendTs", "statusUpdateTs", "clicks", "redirects",
}

// export answers a CSV file (RFC 4180, UTF-8) with a row for each of the campaign's
// messages, in the order of their ids. It is streamed: what it says of a message is so
// when its row is read.
func (m *Module) export(ctx context.Context, c *api.Call, p *idParams) (any, error) {
	b, err := m.bulk(ctx, c, p.ID)
	if err != nil {
		return nil, err
	}
	return &api.FileAnswer{
		Name: fmt.Sprintf("campaign-%d.csv", b.ID), ContentType: "text/csv; charset=utf-8",
		Write: func(ctx context.Context, w io.Writer) error { return m.writeCSV(ctx, c, b, w) },
	}, nil
}

func (m *Module) writeCSV(ctx context.Context, c *api.Call, b *Bulk, w io.Writer) error {
	rows := csv.NewWriter(w)
	if err := rows.Write(exportHeader); err != nil {
		return err
	}
	for last := int64(0); ; {
		some, err := m.exportSome(ctx, b, last)
		if err != nil {
			return err
		}
		for _, r := range some.records {
			if err := rows.Write(some.row(c, b, r)); err != nil {
				return err
			}
			last = r.ID
		}
		rows.Flush()
		if err := rows.Error(); err != nil || len(some.records) < exportChunk {
			return err
		}
	}
}

// exported are some of a campaign's messages, with what others know of them by their ids.
type exported struct {
	records []*message.Record
	refused map[int64]string      // why we rejected it
	clicks  map[int64]link.Clicks // on the recipient's own links
}

func (m *Module) exportSome(ctx context.Context, b *Bulk, after int64) (some exported, err error) {
	err = m.DB.Read(ctx, func(q *db.Reader) error {
		if some.records, err = m.Messages.RecordsOfCampaign(q, b.ID, after, exportChunk); err != nil {
			return err
		}
		var all, rejected []int64
		for _, r := range some.records {
			all = append(all, r.ID)
			if r.Status == message.Rejected {
				rejected = append(rejected, r.ID)
			}
		}
		if some.refused, err = m.Queue.Refusals(q, rejected); err != nil || b.TrackLinks == 0 {
			return err
		}
		some.clicks, err = m.Links.ClicksOf(q, all)
		return err
	})
	if err != nil {
		return exported{}, fmt.Errorf("messages of campaign %d: %w", b.ID, err)
	}
	return some, nil
}

func (e *exported) row(c *api.Call, b *Bulk, r *message.Record) []string {
	reason, clicks, redirects := "", "", ""
	if key := reasonKey(b, r, e.refused[r.ID]); key != "" {
		reason = c.Say(key, nil)
	}
	if n, has := e.clicks[r.ID]; has {
		clicks, redirects = strconv.FormatInt(n.All, 10), strconv.FormatInt(n.ByPeople, 10)
	}
	return []string{
		strconv.FormatInt(r.ID, 10), r.Recipient, r.Sender, r.Country, r.Operator, r.Text, strconv.Itoa(r.SegNum),
		r.SegPrice.String(), r.Cost().String(), r.Status.String(), reason, timeOrEmpty(c, r.StartSendMs), timeOrEmpty(c, r.StatusUpdateMs), clicks, redirects,
	}
}

// reasonKey names why a message was not delivered; "" = it was, or may still be.
func reasonKey(b *Bulk, r *message.Record, refusal string) string {
	switch {
	case refusal != "":
		return "explain." + refusal
	case r.Status == message.Rejected && b.State == Declined:
		return "export.declined"
	case r.Status == message.Rejected:
		return "export.rejected"
	case r.Status == message.Undelivered:
		return "export.undelivered"
	case r.Status == message.Expired && r.StartSendMs == 0:
		return "export.notSent"
	case r.Status == message.Expired:
		return "export.expired"
	case r.Status == message.Deleted && r.StartSendMs == 0:
		return "export.cancelled"
	case r.Status == message.Deleted:
		return "export.deleted"
	default:
		return ""
	}
}

func timeOrEmpty(c *api.Call, ms int64) string {
	if ms == 0 {
		return ""
	}
	return c.FormatTime(ms)
}
