package user_test

import (
	"context"
	"errors"
	"slices"
	"sync"
	"testing"

	"pgregory.net/rapid"

	"github.com/heliograph-sms/heliograph/internal/db"
	"github.com/heliograph-sms/heliograph/internal/modules/user"
	"github.com/heliograph-sms/heliograph/internal/money"
)

func (h *house) charge(t testing.TB, charges ...*user.Charge) {
	t.Helper()
	err := h.db.Write(t.Context(), db.Answers, func(tx *db.Tx) error { return h.Charge(tx, charges) })
	if err != nil {
		t.Fatal(err)
	}
}

func refused(charges []*user.Charge) (list []bool) {
	for _, c := range charges {
		list = append(list, c.Refused)
	}
	return list
}

// row is what a test looks at of a row of the ledger.
type row struct {
	kind            string
	amount, balance money.Amount
	messages        int64
	message         int64
}

func (h *house) ledger(t testing.TB, id int64) (all []row) {
	t.Helper()
	err := h.db.Read(t.Context(), func(q *db.Reader) error {
		return q.Query(`SELECT kind, amount, balance, messages, coalesce(message_id, 0) FROM ledger WHERE account_id = $1 ORDER BY seq`,
			func(rows db.Row) error {
				var r row
				err := rows.Scan(&r.kind, &r.amount, &r.balance, &r.messages, &r.message)
				all = append(all, r)
				return err
			}, id)
	})
	if err != nil {
		t.Fatal(err)
	}
	return all
}

func (h *house) mustBalance(t testing.TB) {
	t.Helper()
	found, err := h.Audit(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	for _, d := range found {
		t.Error(d)
	}
}

func TestTheLedgerTellsEveryChangeOfABalance(t *testing.T) {
	onBoth(t, func(t *testing.T, h *house) {
		id, _ := h.account(t, holding(100))
		h.charge(t, &user.Charge{AccountID: id, MessageID: 7, Amount: 30})
		h.charge(t, &user.Charge{AccountID: id, MessageID: 8, Amount: 20}, &user.Charge{AccountID: id, MessageID: 9, Amount: 0},
			&user.Charge{AccountID: id, MessageID: 10, Amount: 15})
		if _, err := h.TopUp(t.Context(), id, 5); err != nil {
			t.Fatal(err)
		}
		err := h.db.Write(t.Context(), db.Answers, func(tx *db.Tx) error {
			return h.Repay(tx, []user.Repayment{{id, 8, 1, 20}, {id, 9, 1, 0}, {id, 7, 1, 30}})
		})
		if err != nil {
			t.Fatal(err)
		}
		want := []row{
			{"opening", 100, 100, 0, 0},
			{"charge", -30, 70, 1, 7},
			{"charge", -35, 35, 2, 0},
			{"topup", 5, 40, 0, 0},
			{"repay", 20, 60, 1, 8},
			{"repay", 30, 90, 1, 7},
		}
		if got := h.ledger(t, id); !slices.Equal(got, want) {
			t.Errorf("ledger %v\nwant   %v", got, want)
		}
		h.mustBalance(t)
	})
}

func TestWhatDoesNotFitIsRefusedAlone(t *testing.T) {
	onBoth(t, func(t *testing.T, h *house) {
		poor, _ := h.account(t, holding(50))
		rich, _ := h.account(t, holding(1000))
		blocked, _ := h.account(t, holding(1000))
		if err := h.Block(t.Context(), blocked); err != nil {
			t.Fatal(err)
		}
		charges := []*user.Charge{
			{AccountID: rich, Amount: 60}, {AccountID: poor, Amount: 20, Refused: true}, {AccountID: blocked, Amount: 1},
			{AccountID: poor, Amount: 40}, {AccountID: poor, Amount: 30}, {AccountID: poor, Amount: 1}, {AccountID: poor},
			{AccountID: blocked}, {AccountID: 999, Amount: 1}, {AccountID: rich, Amount: money.Max},
		}
		want := []bool{false, false, true, true, false, true, false, false, true, true}
		h.charge(t, charges...)
		if got := refused(charges); !slices.Equal(got, want) {
			t.Errorf("refused %v, want %v", got, want)
		}
		if got := h.balance(t, poor); got != 0 {
			t.Errorf("balance %s, want 0", got)
		}
		if rows := h.ledger(t, poor); len(rows) != 2 || rows[1].messages != 2 {
			t.Errorf("ledger %v, want one charge for two messages", rows)
		}
		h.mustBalance(t)
	})
}

// A batch may be run again with a part of its items, after it was rolled back.
func TestChargeJudgesAnewAtEachCall(t *testing.T) {
	onBoth(t, func(t *testing.T, h *house) {
		id, _ := h.account(t, holding(10))
		charges := []*user.Charge{{AccountID: id, Amount: 10}, {AccountID: id, Amount: 10}}
		again := errors.New("again")
		err := h.db.Write(t.Context(), db.Answers, func(tx *db.Tx) error { return errors.Join(h.Charge(tx, charges), again) })
		if !errors.Is(err, again) || !charges[1].Refused {
			t.Fatal(err, refused(charges))
		}
		h.charge(t, charges[1])
		if charges[1].Refused {
			t.Error("refused though it fits")
		}
	})
}

func TestANegativeAmountIsADefect(t *testing.T) {
	onBoth(t, func(t *testing.T, h *house) {
		id, _ := h.account(t)
		for name, fn := range map[string]func(*db.Tx) error{
			"charge":    func(tx *db.Tx) error { return h.Charge(tx, []*user.Charge{{AccountID: id, Amount: -1}}) },
			"repayment": func(tx *db.Tx) error { return h.Repay(tx, []user.Repayment{{id, 1, 1, -1}}) },
			"to nobody": func(tx *db.Tx) error { return h.Repay(tx, []user.Repayment{{999, 1, 1, 1}}) },
		} {
			if err := h.db.Write(t.Context(), db.Answers, fn); err == nil {
				t.Errorf("%s: no error", name)
			}
		}
		h.mustBalance(t)
	})
}

func TestChargeTakesWhatASimpleCashierWould(t *testing.T) {
	onBoth(t, func(t *testing.T, h *house) {
		rapid.Check(t, func(rt *rapid.T) {
			balances := rapid.SliceOfN(rapid.Int64Range(0, 50), 1, 3).Draw(rt, "balances")
			ids := make([]int64, len(balances))
			left := map[int64]money.Amount{}
			for i, b := range balances {
				ids[i], _ = h.account(t, holding(money.Amount(b)))
				left[ids[i]] = money.Amount(b)
			}
			var charges []*user.Charge
			for i := range rapid.IntRange(1, 12).Draw(rt, "n") {
				c := &user.Charge{
					AccountID: rapid.SampledFrom(ids).Draw(rt, "account"), MessageID: int64(i + 1),
					Amount: money.Amount(rapid.Int64Range(0, 30).Draw(rt, "amount")),
				}
				charges = append(charges, c)
			}
			h.charge(t, charges...)
			for _, id := range ids { // all together if they fit, else each that does
				var own []*user.Charge
				for _, c := range charges {
					if c.AccountID == id {
						own = append(own, c)
					}
				}
				for _, c := range own {
					fits := c.Amount <= left[id]
					if fits {
						left[id] -= c.Amount
					}
					if c.Refused == fits {
						rt.Errorf("message %d: refused %v", c.MessageID, c.Refused)
					}
				}
				if got := h.balance(t, id); got != left[id] {
					rt.Errorf("balance %s, want %s", got, left[id])
				}
			}
			h.mustBalance(t)
		})
	})
}

// payment is a charge, or a repayment where back is set.
type payment struct {
	charge user.Charge
	back   bool
}

// till charges and repays in group commits, as the owners of messages do.
func (h *house) till() *db.Op[*payment] {
	return db.NewOp(h.db, "till", 1, func(tx *db.Tx, items []*payment) error {
		var charges []*user.Charge
		var back []user.Repayment
		for _, p := range items {
			if p.back {
				back = append(back, user.Repayment{AccountID: p.charge.AccountID, MessageID: p.charge.MessageID, Amount: p.charge.Amount})
			} else {
				charges = append(charges, &p.charge)
			}
		}
		return errors.Join(h.Charge(tx, charges), h.Repay(tx, back))
	})
}

func TestUnderConcurrencyTheLedgerSumsToTheBalance(t *testing.T) {
	onBoth(t, func(t *testing.T, h *house) {
		rapid.Check(t, func(rt *rapid.T) {
			first, _ := h.account(t, holding(200))
			second, _ := h.account(t, holding(30))
			expected := map[int64]money.Amount{first: 200, second: 30}
			var mu sync.Mutex
			note := func(id int64, amount money.Amount) {
				mu.Lock()
				defer mu.Unlock()
				expected[id] += amount
			}
			till := h.till()
			pay := func(id int64, amount money.Amount, giveBack bool) error {
				p := &payment{charge: user.Charge{AccountID: id, MessageID: int64(amount) + 1, Amount: amount}}
				if err := till.Do(context.Background(), p, 2); err != nil || p.charge.Refused {
					return err
				}
				note(id, -amount)
				if !giveBack {
					return nil
				}
				note(id, amount)
				p.back = true
				return till.Do(context.Background(), p, 2)
			}
			var wg sync.WaitGroup
			amounts := rapid.SliceOfN(rapid.Int64Range(0, 40), 4, 24).Draw(rt, "amounts")
			for i, n := range amounts {
				id, amount := []int64{first, second}[i%2], money.Amount(n)
				wg.Go(func() {
					if err := pay(id, amount, i%3 == 0); err != nil {
						t.Error(err)
					}
					if i%5 == 0 {
						if _, err := h.TopUp(context.Background(), id, amount+1); err != nil {
							t.Error(err)
						}
						note(id, amount+1)
					}
				})
			}
			wg.Wait()
			for id, want := range expected {
				if got := h.balance(t, id); got != want {
					rt.Errorf("account %d has %s, want %s", id, got, want)
				}
			}
			if n := h.count(t, `SELECT count(*) FROM ledger WHERE balance < 0`); n > 0 {
				rt.Errorf("%d times a balance was negative", n)
			}
			h.mustBalance(t)
		})
	})
}

func TestAuditFindsWhatDoesNotAddUp(t *testing.T) {
	onBoth(t, func(t *testing.T, h *house) {
		for _, damage := range []string{
			`UPDATE account SET balance = balance + 1 WHERE id = $1`,
			`UPDATE ledger SET amount = amount + 1 WHERE account_id = $1 AND seq = 2`,
			`UPDATE ledger SET balance = balance + 1 WHERE account_id = $1 AND seq = 3`,
			`DELETE FROM ledger WHERE account_id = $1 AND seq = 2`,
		} {
			id, _ := h.account(t, holding(50))
			h.charge(t, &user.Charge{AccountID: id, Amount: 20})
			h.charge(t, &user.Charge{AccountID: id, Amount: 10})
			h.mustBalance(t)
			repaired := func(text string) {
				if err := h.db.Write(t.Context(), db.Answers, func(tx *db.Tx) error { _, err := tx.Exec(text, id); return err }); err != nil {
					t.Fatal(err)
				}
			}
			repaired(damage)
			found, err := h.Audit(t.Context())
			if err != nil || len(found) != 1 || found[0].AccountID != id {
				t.Errorf("%s: found %v, %v", damage, found, err)
			}
			repaired(`DELETE FROM ledger WHERE account_id = $1`)
			repaired(`DELETE FROM account WHERE id = $1`)
		}
	})
}
