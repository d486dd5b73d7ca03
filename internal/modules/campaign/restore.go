package campaign

import (
	"github.com/heliograph-sms/heliograph/internal/db"
	"github.com/heliograph-sms/heliograph/internal/modules/message"
)

var insertBulk = db.Rows(`INSERT INTO campaign (id, account_id, type, name, name_folded, sender, text, deferred_ms, validity_min, mclass,
		shorten_links, track_links, creation_way, created_ms, messages, segments, cost, group_ids, state, moderation, start_send_ms, end_send_ms)
	SELECT :id, :account_id, :type, :name, :name_folded, :sender, :text, :deferred_ms, :validity_min, :mclass,
		:shorten_links, :track_links, :creation_way, :created_ms, :messages, :segments, :cost, :group_ids, :state, :moderation, :start_send_ms, :end_send_ms {rows}`,
	"id bigint", "account_id bigint", "type bigint", "name text", "name_folded text", "sender text", "text text", "deferred_ms bigint",
	"validity_min bigint", "mclass bigint", "shorten_links bigint", "track_links bigint", "creation_way bigint", "created_ms bigint",
	"messages bigint", "segments bigint", "cost bigint", "group_ids text", "state bigint", "moderation bigint",
	"start_send_ms bigint", "end_send_ms bigint")

// Restore writes campaigns as they are, whatever became of them, without their messages
// and counters. It is for tests and for filling a database that is to be measured.
func Restore(tx *db.Tx, all []*Bulk) error {
	return tx.Each(insertBulk, len(all), func(i int, args []any) {
		b := all[i]
		args[0], args[1], args[2], args[3], args[4] = b.ID, b.AccountID, int64(b.Type), db.OrNull(b.Name), message.FoldName(b.Name)
		args[5], args[6], args[7], args[8], args[9] = b.From, b.Text, db.OrNull(b.DeferredMs), int64(b.ValidityMin), int64(b.MClass)
		args[10], args[11], args[12], args[13] = int64(b.ShortenLinks), int64(b.TrackLinks), int64(b.CreationWay), b.CreatedMs
		args[14], args[15], args[16], args[17] = int64(b.Messages), int64(b.Segments), int64(b.Cost), b.Groups.text()
		args[18], args[19], args[20], args[21] = int64(b.State), int64(b.Moderation), db.OrNull(b.StartSendMs), db.OrNull(b.EndSendMs)
	})
}
