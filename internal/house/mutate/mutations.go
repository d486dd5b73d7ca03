package main

// mutation replaces from, which must stand once in file, by to: a mechanism is off.
type mutation struct {
	what     string // the mechanism, and how it is switched off
	file     string
	from, to string
	in       string // the folder of the test that must fail
	test     string
}

var mutations = []mutation{
	{
		what: "intents off: a segment goes to the wire without one",
		file: "internal/delivery/plan.go",
		from: "s.attempt, s.startMs = 1, ",
		to:   "_, s.startMs = 1, ",
		in:   "internal/delivery", test: "TestIntentsAreDurableBeforeTheSubmit",
	},
	{
		what: "intents off: the submit does not wait for the commit of its intent",
		file: "internal/delivery/intent.go",
		from: "	for i, f := range w.fresh {\n		if !ours[i] {",
		to:   "	for i, f := range w.fresh {\n		for _, s := range f.segments[:f.slots] {\n			w.on.submit(s)\n		}\n		if !ours[i] {",
		in:   "internal/delivery", test: "TestASegmentIsNotSubmittedWhileItsIntentIsNotCommitted",
	},
	{
		what: "receipt de-duplication off: a repeated receipt is kept as one that fits nothing",
		file: "internal/delivery/receipts.go",
		from: "case c.d.ended.has(r.key()):",
		to:   "case false:",
		in:   "internal/delivery", test: "TestWhatIsFinalStaysFinalAndARepeatedReceiptIsNotKept",
	},
	{
		what: "receipt de-duplication off: a second receipt changes a final segment",
		file: "internal/delivery/complete.go",
		from: "was := t.segments[seg-1]; was.Final() || to.status <= was",
		to:   "was := t.segments[seg-1]; to.status <= was",
		in:   "internal/delivery", test: "TestASegmentsFinalStatusStays",
	},
	{
		what: "commit order swapped: callers are told before the commit",
		file: "internal/db/writer.go",
		from: "	err := w.commit(jobs)\n	for again",
		to:   "	for _, j := range jobs {\n		j.done(nil)\n		j.done = func(error) {}\n	}\n	err := w.commit(jobs)\n	for again",
		in:   "internal/modules/message", test: "TestAcceptRepliesOnlyAfterCommit",
	},
	{
		what: "commit order swapped: a receipt is acknowledged before its commit",
		file: "internal/delivery/receipts.go",
		from: "	dis.d.write(&event{receipt: r}, func(err error) {",
		to:   "	done(true)\n	done = func(bool) {}\n	dis.d.write(&event{receipt: r}, func(err error) {",
		in:   "internal/delivery", test: "TestAReceiptIsAcknowledgedOnlyAfterItsCommitAndTheReaderGoesOn",
	},
	{
		what: "commit order swapped: a slot is free before the commit of its answer",
		file: "internal/delivery/answer.go",
		from: "	d.record(&event{segment: s, answer: a})",
		to:   "	s.on.release(1)\n	d.record(&event{segment: s, answer: a})",
		in:   "internal/delivery", test: "TestASlotIsFreeOnlyAfterTheCommitOfItsAnswer",
	},
	{
		what: "claim check off: a queued message is sent by who holds it no more",
		file: "internal/delivery/statements.go",
		from: "WHERE queue.message_id = :message_id AND queue.epoch = :epoch\n		RETURNING",
		to:   "WHERE queue.message_id = :message_id AND queue.epoch <> -:epoch - 1\n		RETURNING",
		in:   "internal/delivery", test: "TestOnlyWhoHoldsAQueuedMessageSendsIt",
	},
	{
		what: "claim check off: a segment is armed by who holds it no more",
		file: "internal/delivery/statements.go",
		from: "AND pending.epoch = :epoch\n			AND pending.status = 1",
		to:   "AND pending.epoch <> -:epoch - 1\n			AND pending.status = 1",
		in:   "internal/delivery", test: "TestOnlyWhoHoldsASegmentArmsItAndOnlyOnce",
	},
	{
		what: "lock order swapped: the message before the account",
		file: "internal/modules/message/repay.go",
		from: "	if err := m.Users.Repay(tx, repayments(due)); err != nil {\n		return err\n	}\n	return markRepaid(tx, due)",
		to:   "	if err := markRepaid(tx, due); err != nil {\n		return err\n	}\n	return m.Users.Repay(tx, repayments(due))",
		in:   "internal/delivery", test: "TestLocksAreTakenInOneOrder",
	},
	{
		what: "repayment check off: two writers may pay back twice",
		file: "internal/modules/message/repay.go",
		from: "if err == nil && marked < len(due) {",
		to:   "if false {",
		in:   "internal/modules/message", test: "TestTwoWritersNeverPayBackTwice",
	},
	{
		what: "statuses may go backwards",
		file: "internal/modules/message/settle.go",
		from: "WHERE message.id = :id AND message.status < 4 AND message.status < :status`",
		to:   "WHERE message.id = :id`",
		in:   "internal/modules/message", test: "TestSettleKeepsItsRulesWhateverIsLearnt",
	},
	{
		what: "the balance is not asked before it is charged",
		file: "internal/modules/user/charge.go",
		from: "WHERE id = $2 AND balance >= $1 AND status = 0 RETURNING",
		to:   "WHERE id = $2 AND status = 0 RETURNING",
		in:   "internal/modules/user", test: "TestChargeTakesWhatASimpleCashierWould",
	},
	{
		what: "bulk messages go before single ones",
		file: "internal/delivery/turns.go",
		from: "	for i := range w {\n		if w[i].count > 0 {",
		to:   "	for i := range w {\n		if i = classes - 1 - i; w[i].count > 0 {",
		in:   "internal/delivery", test: "TestSingleMessagesGoBeforeBulk",
	},
	{
		what: "accounts do not take turns when memory has spilled",
		file: "internal/delivery/feed.go",
		from: "AND class = $2 AND account_id = $3 AND",
		to:   "AND class = $2 AND account_id + $3 > 0 AND",
		in:   "internal/delivery", test: "TestAQueueDelaysAnotherMessageByLessThanASecond",
	},
	{
		what: "commit order swapped: an event is handed over before the commit",
		file: "internal/modules/webhook/event.go",
		from: "tx.After(func() { m.deliverer.take(held) })",
		to:   "m.deliverer.take(held)",
		in:   "internal/modules/webhook", test: "TestNothingIsPostedBeforeTheCommit",
	},
	{
		what: "an attempt that a crash interrupted is not counted",
		file: "internal/modules/webhook/adopt.go",
		from: "o.judge(now)",
		to:   "o.dueMs = now",
		in:   "internal/modules/webhook", test: "TestACrashLosesNoEventAndCountsItsAttemptsOn",
	},
	{
		what: "claim check off: a claim of events takes what other nodes hold",
		file: "internal/modules/webhook/feed.go",
		from: "WHERE state = 0 AND webhook_id = $2 AND epoch = 0 AND due_ms <= $3",
		to:   "WHERE state = 0 AND webhook_id = $2 AND epoch <> $1 AND due_ms <= $3",
		in:   "internal/modules/webhook", test: "TestTwoNodesShareWhatWaitsAndTellItOnce",
	},
	{
		what: "a campaign counts its messages without knowing what they were",
		file: "internal/modules/message/settle.go",
		from: "SET was = message.status, status",
		to:   "SET was = 0, status",
		in:   "internal/modules/campaign", test: "TestWhateverHappensEachRecipientIsSentToOnceOrPaidBack",
	},
	{
		what: "a step of a task is done again by who does not know that it was done",
		file: "internal/tasks/task.go",
		from: "AND epoch = $2 AND step_no = $3 AND",
		to:   "AND epoch = $2 AND step_no + $3 >= 0 AND",
		in:   "internal/tasks", test: "TestAStepIsNotRepeatedByAWorkerThatDoesNotKnowItWasDone",
	},
	{
		what: "what a paused campaign has in the queue does not wait",
		file: "internal/delivery/check.go",
		from: "if a.verdict == Hold || a.verdict == HoldCampaign {",
		to:   "if a.verdict == Hold {",
		in:   "internal/delivery", test: "TestAPausedCampaignsMessagesAreHeldUntilItIsResumed",
	},
	{
		what: "limits not shared out: each node lets all of a limit pass",
		file: "internal/api/throttle.go",
		from: "rate.Limit(perSecond / float64(nodes)), max(1, l.Calls/nodes)",
		to:   "rate.Limit(perSecond), l.Calls",
		in:   "internal/api", test: "TestALimitIsWhatItIsHoweverManyNodesShareIt",
	},
	{
		what: "limits not shared out: a bucket keeps the share it began with",
		file: "internal/api/throttle.go",
		from: "case b.nodes != nodes:",
		to:   "case false:",
		in:   "internal/api", test: "TestALimitIsWhatItIsHoweverManyNodesShareIt",
	},
	{
		what: "limits not shared out: a node counts those it shared the database with when it joined",
		file: "internal/db/node.go",
		from: "errors.Join(err, n.count(tx))",
		to:   "err",
		in:   "internal/db", test: "TestANodeCountsThoseItSharesTheDatabaseWith",
	},
	{
		what: "guesses at once are let through together",
		file: "internal/modules/user/guess.go",
		from: "WHERE login_guess.until_ms <= $2 OR",
		to:   "WHERE login_guess.until_ms >= 0 OR",
		in:   "internal/modules/user", test: "TestGuessesAtOnceCountAll",
	},
	{
		what: "guesses are not counted: who fails does not wait",
		file: "internal/modules/user/guess.go",
		from: "	if wait == 0 {\n		return nil",
		to:   "	if wait >= 0 {\n		return nil",
		in:   "internal/modules/user", test: "TestAnAddressThatGuessesWaitsOnAllNodes",
	},
	{
		what: "a wait that a wrong clock ended far ahead counts",
		file: "internal/modules/user/guess.go",
		from: "if wait > g.longest {",
		to:   "if wait > 1000*g.longest {",
		in:   "internal/modules/user", test: "TestAClockThatIsWrongLocksNobodyOut",
	},
}
