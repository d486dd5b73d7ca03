package moderation

import (
	"context"
	"errors"
	"fmt"
	"unicode/utf8"

	"github.com/heliograph-sms/heliograph/internal/db"
)

// Errors of the list of words; they come wrapped with the word they are about.
var (
	ErrWord       = errors.New("must have a letter or a digit, and up to 100 characters")
	ErrWordListed = errors.New("is on the list already")
	ErrNoWord     = errors.New("is not on the list")
)

const maxWord = 100 // characters

// AddWord puts a word, or words that follow one another, on the list, and gives it as
// it is listed: folded. A star before or behind it stands for the rest of a word.
func (m *Module) AddWord(ctx context.Context, entry string) (listed string, err error) {
	return m.changeWord(ctx, entry, `INSERT INTO moderation_word (word) VALUES ($1) ON CONFLICT (word) DO NOTHING`, ErrWordListed)
}

// RemoveWord takes a word off the list, however it is spelled.
func (m *Module) RemoveWord(ctx context.Context, entry string) (listed string, err error) {
	return m.changeWord(ctx, entry, `DELETE FROM moderation_word WHERE word = $1`, ErrNoWord)
}

func (m *Module) changeWord(ctx context.Context, entry, text string, otherwise error) (listed string, err error) {
	listed = normal(entry)
	if listed == "" || !utf8.ValidString(entry) || utf8.RuneCountInString(listed) > maxWord {
		return "", fmt.Errorf("word %q: %w", entry, ErrWord)
	}
	err = m.db.Write(ctx, db.Answers, func(tx *db.Tx) error {
		changed, err := tx.Exec(text, listed)
		if err == nil && changed == 0 {
			err = otherwise
		}
		if err != nil {
			return err
		}
		return tx.Touch(topicWords)
	})
	if err != nil {
		return "", fmt.Errorf("word %q: %w", listed, err)
	}
	m.Changed()
	return listed, nil
}

// Words reads the list, in order.
func (m *Module) Words(ctx context.Context) (all []string, err error) {
	err = m.db.Read(ctx, func(q *db.Reader) error {
		return q.Query(`SELECT word FROM moderation_word ORDER BY word`, func(row db.Row) error {
			var word string
			err := row.Scan(&word)
			all = append(all, word)
			return err
		})
	})
	if err != nil {
		return nil, fmt.Errorf("read the words: %w", err)
	}
	return all, nil
}
