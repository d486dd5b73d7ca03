package contactcard

import (
	"errors"
	"strings"

	"github.com/heliograph-sms/heliograph/internal/api"
	"github.com/heliograph-sms/heliograph/internal/db"
)

// card is a row of contact_card.
type card struct {
	id, accountID, createdMs int64
	values                   values
}

const cardColumns = "id, account_id, created_ms, fields"

func (c *card) scan(row db.Row) error {
	var fields string
	err := row.Scan(&c.id, &c.accountID, &c.createdMs, &fields)
	if err == nil {
		c.values, err = decode(fields)
	}
	return err
}

// querier reads rows: a db.Tx or a db.Reader.
type querier interface {
	Query(text string, scan func(db.Row) error, args ...any) error
}

func query(q querier, text string, args ...any) (found []*card, err error) {
	err = q.Query(text, func(row db.Row) error {
		c := &card{}
		found = append(found, c)
		return c.scan(row)
	}, args...)
	return found, err
}

// find reads an account's card; api.NotFound says that there is none.
func find(q querier, accountID, id int64) (*card, error) {
	found, err := query(q, "SELECT "+cardColumns+" FROM contact_card WHERE id = $1 AND account_id = $2", id, accountID)
	if err != nil {
		return nil, err
	}
	if len(found) == 0 {
		return nil, api.NotFound()
	}
	return found[0], nil
}

var insertCard = db.Rows(`INSERT INTO contact_card (id, account_id, created_ms, in_groups, fields, `+strings.Join(columns(), ", ")+`)
	SELECT :id, :account_id, :created_ms, :in_groups, :fields, :`+strings.Join(columns(), ", :")+` {rows}`,
	append([]string{"id bigint", "account_id bigint", "created_ms bigint", "in_groups bigint", "fields text"}, texts(columns())...)...)

func texts(names []string) []string {
	typed := make([]string, len(names))
	for i, name := range names {
		typed[i] = name + " text"
	}
	return typed
}

// insert writes new cards, each in so many groups.
func insert(tx *db.Tx, cards []*card, groups int) error {
	names := fieldNames()
	encoded, err := encodeAll(cards)
	if err != nil {
		return err
	}
	return tx.Each(insertCard, len(cards), func(i int, args []any) {
		c := cards[i]
		args[0], args[1], args[2], args[3], args[4] = c.id, c.accountID, c.createdMs, int64(groups), encoded[i]
		for at, name := range names {
			args[5+at] = fold(c.values[name])
		}
	})
}

func encodeAll(cards []*card) ([]string, error) {
	encoded := make([]string, len(cards))
	var errs []error
	for i, c := range cards {
		text, err := c.values.encode()
		encoded[i], errs = text, append(errs, err)
	}
	return encoded, errors.Join(errs...)
}

var updateCard = db.Rows(`UPDATE contact_card SET fields = :fields`+assignments(columns())+` {rows} WHERE contact_card.id = :id`,
	append([]string{"id bigint", "fields text"}, texts(columns())...)...)

func assignments(names []string) string {
	var b strings.Builder
	for _, name := range names {
		b.WriteString(", " + name + " = :" + name)
	}
	return b.String()
}

// store writes a card's values.
func (c *card) store(tx *db.Tx) error {
	encoded, err := c.values.encode()
	if err != nil {
		return err
	}
	return tx.Each(updateCard, 1, func(_ int, args []any) {
		args[0], args[1] = c.id, encoded
		for at, name := range fieldNames() {
			args[2+at] = fold(c.values[name])
		}
	})
}
