package message

import "github.com/heliograph-sms/heliograph/internal/modules/message/column"

// CampaignStatus is where a campaign stands, its moderation and its sending in
// one word (contract §4, commonStatus).
type CampaignStatus string

const (
	CampaignNew        CampaignStatus = "NEW"
	CampaignModeration CampaignStatus = "MODERATION"
	CampaignDeclined   CampaignStatus = "DECLINED"
	CampaignReady      CampaignStatus = "READY_FOR_SEND"
	CampaignAutoReady  CampaignStatus = "AUTO_READY_FOR_SEND"
	CampaignRunning    CampaignStatus = "RUNNING"
	CampaignSent       CampaignStatus = "SENT" // all handed over
	CampaignDone       CampaignStatus = "DONE" // all final

	// These two are only searched for.
	CampaignNotYetSent CampaignStatus = "NOT_YET_SENT"
	CampaignDeferred   CampaignStatus = "DEFERRED"
)

// CampaignStatus derives the status of a single message's campaign.
// singleCampaignStatus is the same in SQL; a test holds the two together.
func (r *Record) CampaignStatus() CampaignStatus {
	switch {
	case r.Moderation == Declined:
		return CampaignDeclined
	case r.Status.Final():
		return CampaignDone
	case r.Status >= Accepted:
		return CampaignSent
	case r.StartSendMs != 0:
		return CampaignRunning
	case r.Moderation == WaitingModerator:
		return CampaignModeration
	case r.Moderation == Ready:
		return CampaignReady
	default:
		return CampaignAutoReady
	}
}

const singleCampaignStatus = `CASE WHEN moderation = 2 THEN 'DECLINED'
	WHEN status >= 4 THEN 'DONE'
	WHEN status >= 2 THEN 'SENT'
	WHEN start_send_ms IS NOT NULL THEN 'RUNNING'
	WHEN moderation = 1 THEN 'MODERATION'
	WHEN moderation = 3 THEN 'READY_FOR_SEND'
	ELSE 'AUTO_READY_FOR_SEND' END`

const (
	singleNotYetSent = `status < 2 AND moderation <> 2 AND start_send_ms IS NULL`
	bulkNotYetSent   = `common_status IN ('NEW', 'MODERATION', 'READY_FOR_SEND', 'AUTO_READY_FOR_SEND')`
	deferred         = `deferred_ms > ?`
)

// inStatus narrows to campaigns with a status. A word that is no status leaves none.
func (o *ofCampaign) inStatus(status CampaignStatus, nowMs int64) {
	switch status {
	case CampaignNotYetSent, CampaignDeferred:
		o.single.hold(singleNotYetSent)
		o.bulk.hold(bulkNotYetSent)
		if status == CampaignDeferred {
			o.single.hold(deferred, nowMs)
			o.bulk.hold(deferred, nowMs)
		}
	case CampaignNew: // a single message's campaign is ready when it is made
		o.single = nil
		o.bulk.hold("common_status = ?", string(status))
	case CampaignModeration, CampaignDeclined, CampaignReady, CampaignAutoReady, CampaignRunning, CampaignSent, CampaignDone:
		o.single.hold(singleCampaignStatus+" = ?", string(status))
		o.bulk.hold("common_status = ?", string(status))
	default:
		o.single, o.bulk = nil, nil
	}
	o.settled = append(o.settled, column.OneOf(column.Status, settledStatuses(status)...))
}
