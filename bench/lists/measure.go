package main

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http/httptest"
	"slices"
	"strings"
	"time"

	"github.com/heliograph-sms/heliograph/internal/api"
)

// variants is in how many forms each question is asked; the median counts.
const variants = 5

// timing is how long a question took, in the order of steps.
type timing [4]outcome

// steps are what is asked one after the other of each form of a question.
func steps() [4]struct {
	name string
	page int
} {
	return [4]struct {
		name string
		page int
	}{{"first time", 0}, {"again", 0}, {"page 2", 1}, {"page 40", 39}}
}

// outcome is one answer: how long it took, or that it was refused.
type outcome struct {
	took    time.Duration
	refused bool
	total   string
}

func (o outcome) String() string {
	if o.refused {
		return fmt.Sprintf("999 after %.0f", ms(o.took))
	}
	return fmt.Sprintf("%.1f", ms(o.took))
}

func ms(d time.Duration) float64 { return float64(d.Microseconds()) / 1000 }

// measure asks all questions of both accounts and prints the table.
func (s *site) measure(ctx context.Context, out io.Writer, of subject, o options) error {
	fmt.Fprintf(out, "\n| asked | found | %s |\n|---|---|---|---|---|---|\n", header())
	for _, q := range of.questions {
		if !strings.Contains(q.name, o.only) || ctx.Err() != nil {
			continue
		}
		few, err := s.time(of, o.few, q)
		if err != nil {
			return err
		}
		many, err := s.time(of, o.many, q)
		if err != nil {
			return err
		}
		fmt.Fprintf(out, "| %s | %s | %s |\n", q.name, many[0].total, row(few, many))
	}
	return ctx.Err()
}

func header() string {
	var names []string
	for _, step := range steps() {
		names = append(names, step.name+", ms: few → many")
	}
	return strings.Join(names, " | ")
}

func row(few, many timing) string {
	var cells []string
	for i := range few {
		cell := fmt.Sprintf("%v → %v", few[i], many[i])
		if !many[i].refused {
			cell += fmt.Sprintf(" (%.1f)", float64(many[i].took)/float64(few[i].took))
		}
		cells = append(cells, cell)
	}
	return strings.Join(cells, " | ")
}

// time asks one question of an account in all its forms.
func (s *site) time(of subject, size int, q question) (median timing, err error) {
	a := asked{account: s.accounts[size]}
	var took [4][]outcome
	for a.variant = range variants {
		form := q.form(a)
		for i, step := range steps() {
			answer, err := s.ask(of.method, a.Key, form, step.page)
			if err != nil {
				return median, fmt.Errorf("%s: %w", q.name, err)
			}
			took[i] = append(took[i], answer)
		}
	}
	for i := range took {
		slices.SortFunc(took[i], func(a, b outcome) int { return int(a.took - b.took) })
		median[i] = took[i][variants/2]
	}
	return median, nil
}

// ask is one call of the listing method.
func (s *site) ask(method, key, form string, page int) (o outcome, err error) {
	form += fmt.Sprintf("&pagination[currentPage]=%d", page)
	request := httptest.NewRequest("POST", "/service/"+method, strings.NewReader(form))
	request.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	request.Header.Set("Authorization", "Bearer "+key)
	answer := httptest.NewRecorder()
	begun := time.Now()
	s.door.ServeHTTP(answer, request)
	o.took = time.Since(begun)
	var envelope struct {
		Code    api.Code
		Message string
		Data    struct{ TotalItemCount string }
	}
	if err := json.Unmarshal(answer.Body.Bytes(), &envelope); err != nil {
		_ = json.Unmarshal(answer.Body.Bytes(), &struct{ Code *api.Code }{&envelope.Code}) // an error's data is no object
	}
	o.total, o.refused = envelope.Data.TotalItemCount, envelope.Code == api.CodeServiceError
	if envelope.Code != api.CodeOK && !o.refused {
		return o, fmt.Errorf("code %d: %s", envelope.Code, envelope.Message)
	}
	return o, nil
}
