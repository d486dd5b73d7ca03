package message

import (
	"context"
	"fmt"

	"github.com/heliograph-sms/heliograph/internal/api"
	"github.com/heliograph-sms/heliograph/internal/db"
)

type statusParams struct {
	IDs []int64 `param:"ids,max=100" doc:"Ids of the messages."`
}

type statusResult struct {
	ID             int64   `json:"id,string" doc:"Id of the message."`
	Status         string  `json:"status" doc:"NEW = not released yet, ENQUEUD = waits to be sent, ACCEPTD = the carrier has it, PDLIVRD = part of its segments arrived. Final: DELIVRD = delivered, UNDELIV = not delivered, REJECTD = refused by the carrier or the service, EXPIRED = its validity ran out, DELETED = withdrawn by the carrier or the account."`
	SegNum         int     `json:"segNum,string" doc:"Segments that its text takes."`
	StartSendTs    *string `json:"startSendTs" doc:"When sending began; null = it has not."`
	StatusUpdateTs *string `json:"statusUpdateTs" doc:"When the status changed last; null = it has not."`
}

// getSMSStatus answers in the order of the ids, each once. Unknown and foreign
// ones are left out.
func (m *Module) getSMSStatus(ctx context.Context, c *api.Call, p *statusParams) (any, error) {
	if len(p.IDs) == 0 {
		return nil, api.NotFound()
	}
	found, err := m.statuses(ctx, c, p.IDs)
	if err != nil {
		return nil, fmt.Errorf("statuses of %d messages: %w", len(p.IDs), err)
	}
	results := make([]statusResult, 0, len(found))
	for _, id := range p.IDs {
		if result, ok := found[id]; ok {
			results = append(results, result)
			delete(found, id)
		}
	}
	return results, nil
}

var selectStatus = db.Rows(`SELECT message.id, message.status, message.seg_num,
		coalesce(message.start_send_ms, 0), coalesce(message.status_update_ms, 0)
	FROM message {rows} WHERE message.id = :id AND message.account_id = :account_id`, "id bigint", "account_id bigint")

func (m *Module) statuses(ctx context.Context, c *api.Call, ids []int64) (map[int64]statusResult, error) {
	found := make(map[int64]statusResult, len(ids))
	err := m.DB.Read(ctx, func(q *db.Reader) error {
		fill := func(i int, args []any) { args[0], args[1] = ids[i], c.Account.ID }
		return q.Each(selectStatus, len(ids), fill, func(rows db.Row) error {
			var result statusResult
			var status Status
			var startMs, updateMs int64
			err := rows.Scan(&result.ID, &status, &result.SegNum, &startMs, &updateMs)
			result.Status = status.String()
			result.StartSendTs, result.StatusUpdateTs = c.TimeOrNull(startMs), c.TimeOrNull(updateMs)
			found[result.ID] = result
			return err
		})
	})
	return found, err
}
