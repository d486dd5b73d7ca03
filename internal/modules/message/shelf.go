package message

import (
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"slices"

	"github.com/heliograph-sms/heliograph/internal/db"
	"github.com/heliograph-sms/heliograph/internal/modules/message/column"
)

// A shelf holds the blocks of one account: what message/list searches in place of
// rows where there are very many. A block has all messages of a range of ids, whole
// but for their statuses: a message that is not final yet is marked unsettled, and
// what a search wants to know of its status is read from its row. So is everything
// about messages with ids above last. A shelf never changes once it was read.
type shelf struct {
	generation int64
	last       int64    // 0 = no blocks
	blocks     []*block // by id, their ranges without gaps
}

type block struct {
	account     int64
	first, last int64
	generation  int64
	unsettled   int
	*column.Summary
}

// Of a status in a block: the message's own, once it is final, with wasDeclined
// added where the moderator declined it.
const (
	unsettled   = 1
	wasDeclined = 16
	statusBits  = wasDeclined - 1
)

// What kind of message a block has.
const (
	kindSingle = 1
	kindBulk   = 2
)

// errMoved: a block was written anew between two looks at it; the search begins again.
var errMoved = errors.New("a block was written anew meanwhile")

// shelves are the shelves last searched, by account.
type shelves struct{ *db.Recent[int64, *shelf] }

// keptBlocks bounds their memory to about 20 MB.
const keptBlocks = 10_000

func newShelves() shelves {
	return shelves{db.NewRecent[int64](keptBlocks, func(s *shelf) int { return 1 + len(s.blocks) })}
}

// read gives the account's shelf as it stands in the database. Only what changed
// since the last time is read.
func (s shelves) read(q *db.Reader, account int64) (*shelf, error) {
	var generation int64
	err := q.One("SELECT generation FROM message_shelf WHERE account_id = $1", []any{account}, &generation)
	if errors.Is(err, db.ErrNotFound) {
		return &shelf{}, nil
	}
	known, ok := s.Get(account)
	if err != nil || ok && known.generation == generation {
		return known, err
	}
	if !ok {
		known = &shelf{}
	}
	changed, err := readBlocks(q, account, known.generation)
	if err != nil {
		return nil, err
	}
	fresh := known.with(changed)
	s.Put(account, fresh)
	return fresh, nil
}

// with is the shelf with the changed blocks in their places. It goes by what it has:
// between two statements another block may have come.
func (s *shelf) with(changed []*block) *shelf {
	fresh := &shelf{generation: s.generation, blocks: slices.Clone(s.blocks)}
	for _, b := range changed {
		at, found := slices.BinarySearchFunc(fresh.blocks, b.first, func(a *block, first int64) int { return int(a.first - first) })
		if found {
			fresh.blocks[at] = b
		} else {
			fresh.blocks = slices.Insert(fresh.blocks, at, b)
		}
		fresh.generation = max(fresh.generation, b.generation)
	}
	if n := len(fresh.blocks); n > 0 {
		fresh.last = fresh.blocks[n-1].last
	}
	return fresh
}

const blockFields = "first_id, last_id, generation, unsettled, summary"

func readBlocks(q *db.Reader, account, since int64) (blocks []*block, err error) {
	err = q.Query("SELECT "+blockFields+" FROM message_block WHERE account_id = $1 AND generation > $2 ORDER BY first_id",
		func(rows db.Row) error {
			b, err := scanBlock(rows, account)
			blocks = append(blocks, b)
			return err
		}, account, since)
	return blocks, err
}

func scanBlock(rows db.Row, account int64) (*block, error) {
	b := &block{account: account, Summary: &column.Summary{}}
	var summary []byte
	if err := rows.Scan(&b.first, &b.last, &b.generation, &b.unsettled, &summary); err != nil {
		return nil, err
	}
	if err := json.Unmarshal(summary, b.Summary); err != nil {
		return nil, fmt.Errorf("summary of block %d of account %d: %w", b.first, account, err)
	}
	return b, nil
}

// ask is what is wanted of a block: some of its columns, of the rows that meet what
// is left of a search's conditions.
type ask struct {
	*block
	rest  [][]column.Condition // alternatives
	names columnSet
}

func newAsk(b *block, rest [][]column.Condition, names columnSet) ask {
	for _, conditions := range rest {
		for _, c := range conditions {
			names |= 1 << c.Column()
		}
	}
	return ask{b, rest, names}
}

// allRows asks for every row of a block.
func allRows(b *block, names columnSet) ask { return newAsk(b, [][]column.Condition{nil}, names) }

// columnSet is a set of columns, a bit for each.
type columnSet uint16

func setOf(names ...column.Name) (s columnSet) {
	for _, name := range names {
		s |= 1 << name
	}
	return s
}

// columns are a block's columns, as many of them as were asked for.
type columns [column.Width][]int64

// maxRun is how many blocks are read by one query.
const maxRun = 64

// eachBlock reads what is asked for, of blocks in the order of their ids, and calls
// fn for each with the rows that meet its conditions. All is lent for the call.
func eachBlock(q *db.Reader, asks []ask, fn func(a ask, c *columns, rows []int32) error) error {
	var room columns
	var rows []int32
	for len(asks) > 0 {
		n := adjacent(asks)
		err := readRun(q, asks[:n], &room, func(a ask) error {
			rows = a.choose(&room, rows[:0])
			return fn(a, &room, rows)
		})
		if err != nil {
			return err
		}
		asks = asks[n:]
	}
	return nil
}

// adjacent counts the blocks that stand side by side and are asked for the same.
func adjacent(asks []ask) int {
	n := 1
	for n < min(len(asks), maxRun) && asks[n].first == asks[n-1].last+1 && asks[n].names == asks[0].names {
		n++
	}
	return n
}

// choose adds to rows those that meet one of the alternatives.
func (a ask) choose(c *columns, rows []int32) []int32 {
	for _, conditions := range a.rest {
		begin := len(rows)
		for row := range a.Rows {
			rows = append(rows, int32(row))
		}
		chosen := rows[begin:]
		for _, condition := range conditions {
			chosen = column.Keep(a.Summary, condition, c[condition.Column()], chosen)
		}
		rows = rows[:begin+len(chosen)]
	}
	if len(a.rest) > 1 {
		slices.Sort(rows)
	}
	return rows
}

const selectColumns = `SELECT first_id, name, data FROM message_column WHERE account_id = $1 AND first_id >= $2 AND first_id <= $3
	AND name IN ($4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15) ORDER BY first_id, name`

func readRun(q *db.Reader, run []ask, room *columns, fn func(a ask) error) error {
	args := []any{run[0].account, run[0].first, run[len(run)-1].first}
	for name := range column.Width { // always as many, for the sake of few statements
		if run[0].names&(1<<name) == 0 {
			name = -1
		}
		args = append(args, int64(name))
	}
	done, left := 0, run[0].names
	err := q.Query(selectColumns,
		func(rows db.Row) error {
			if done == len(run) {
				return errMoved
			}
			name, err := run[done].scan(rows, room)
			if err != nil {
				return err
			}
			if left &^= 1 << name; left != 0 {
				return nil
			}
			done, left = done+1, run[0].names
			return fn(run[done-1])
		}, args...)
	if err == nil && done < len(run) {
		err = errMoved
	}
	return err
}

// scan decodes one column and checks that it is of the block as it is known.
func (b *block) scan(rows db.Row, room *columns) (column.Name, error) {
	var first int64
	var name column.Name
	var data sql.RawBytes
	if err := rows.Scan(&first, &name, &data); err != nil {
		return 0, err
	}
	if first != b.first || name < 0 || name >= column.Width {
		return 0, errMoved
	}
	version, values, err := column.Decode(data, room[name])
	switch {
	case err != nil:
		return 0, fmt.Errorf("column %d of block %d of account %d: %w", name, b.first, b.account, err)
	case version != b.Columns[name].Version || len(values) != b.Rows:
		return 0, errMoved
	}
	room[name] = values
	return name, nil
}
