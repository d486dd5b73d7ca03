package campaign

import (
	"fmt"
	"strings"

	"github.com/heliograph-sms/heliograph/internal/api"
	"github.com/heliograph-sms/heliograph/internal/modules/message"
	"github.com/heliograph-sms/heliograph/internal/money"
)

// Counters say how many of a campaign's messages have which status. Segments and
// cost count whole messages by the message's status, and cost is what was
// charged, whether or not it was paid back: so each sums to its total.
type Counters struct {
	CampaignID   int64
	UpdateTs     string
	UserCurrency string
	Rejected     int                    // recipients that were refused
	By           [len(statusKeys)]Tally // by message.Status
}

// Tally counts the messages of one status.
type Tally struct {
	Segments, Messages int
	Cost               money.Amount
}

// statusKeys are the statuses as the names of counters spell them, by
// message.Status. The last is no status: nothing is ever counted under it.
var statusKeys = [...]string{
	"New", "Enqueud", "Acceptd", "Pdlivrd", "Delivrd", "Undeliv", "Rejectd", "Expired", "Deleted", "Unknown",
}

func newCounters(c *api.Call, r *message.Record) Counters {
	counters := Counters{
		CampaignID: r.CampaignID, UserCurrency: c.Account.Currency,
		UpdateTs: c.FormatTime(max(r.CreatedMs, r.StatusUpdateMs)),
	}
	counters.By[r.Status] = Tally{Segments: r.SegNum, Messages: 1, Cost: r.Cost()}
	return counters
}

// newBulkCounters are those of a campaign of which nothing was released yet.
func newBulkCounters(c *api.Call, b *Bulk) Counters {
	counters := Counters{CampaignID: b.ID, UserCurrency: c.Account.Currency, UpdateTs: c.FormatTime(b.CreatedMs), Rejected: b.Rejected}
	counters.By[message.Created] = Tally{Segments: b.Segments, Messages: b.Messages, Cost: b.Cost}
	return counters
}

func (t Tally) less(other Tally) Tally {
	return Tally{t.Segments - other.Segments, t.Messages - other.Messages, t.Cost - other.Cost}
}

// Total is the tally of all statuses.
func (c *Counters) Total() (total Tally) {
	for _, tally := range c.By {
		total.Segments += tally.Segments
		total.Messages += tally.Messages
		total.Cost += tally.Cost
	}
	return total
}

// MarshalJSON writes the counters under the names they have on the wire, all as
// strings.
func (c Counters) MarshalJSON() ([]byte, error) {
	b := fmt.Appendf(make([]byte, 0, 1400), `{"campaignId":"%d","updateTs":%q`, c.CampaignID, c.UpdateTs)
	for status, tally := range c.By {
		b = tally.append(b, statusKeys[status])
	}
	b = c.Total().append(b, "")
	return fmt.Appendf(b, `,"userCurrency":%q,"recipientsRejected":"%d","totalPartnerCost":null,"partnerCurrency":null}`,
		c.UserCurrency, c.Rejected), nil
}

func (t Tally) append(b []byte, status string) []byte {
	return fmt.Appendf(b, `,"total%[1]sSegNum":"%[2]d","total%[1]sMsgNum":"%[3]d","total%[1]s%[5]s":"%[4]s"`,
		status, t.Segments, t.Messages, t.Cost, costKey(status))
}

// costKey: the sum of all is totalCost, not totalMsgCost.
func costKey(status string) string {
	if status == "" {
		return "Cost"
	}
	return "MsgCost"
}

// JSONSchema declares what MarshalJSON writes.
func (Counters) JSONSchema() *api.Schema {
	fields := []api.Entry[*api.Schema]{
		api.Field("campaignId", api.Text("Id of the campaign.")),
		api.Field("updateTs", api.Text("When the counters changed last.")),
	}
	for _, status := range append(statusKeys[:], "") {
		of := "of all messages"
		if status != "" {
			of = "of the messages that are " + strings.ToUpper(status)
		}
		fields = append(fields,
			api.Field("total"+status+"SegNum", api.Text("Segments "+of+".")),
			api.Field("total"+status+"MsgNum", api.Text("Number "+of+".")),
			api.Field("total"+status+costKey(status), api.Text("Cost "+of+", as it was charged.")))
	}
	return api.Object(append(fields,
		api.Field("userCurrency", api.Text("The account's currency.")),
		api.Field("recipientsRejected", api.Text("Recipients that were refused when they were added.")),
		api.Field("totalPartnerCost", api.Null("Always null.")),
		api.Field("partnerCurrency", api.Null("Always null.")))...)
}
