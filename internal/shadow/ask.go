package shadow

import (
	"bytes"
	"errors"
	"net/http"
)

// compare asks ours, counts what comes of it, and gives the slot back. All of it is done
// in turn: to read two answers takes many times the memory that they are kept in.
func (s *Shadow) compare(c *call) {
	defer func() { s.slots <- struct{}{} }()
	if c.failed {
		s.config.Tally.Add(c.method, OutcomeUpstream, nil)
		return
	}
	select {
	case <-s.asking:
		defer func() { s.asking <- struct{}{} }()
	case <-s.life.Done(): // ours will not be asked
	}
	outcome, found := s.judge(c)
	s.config.Tally.Add(c.method, outcome, found)
}

func (s *Shadow) judge(c *call) (Outcome, []Difference) {
	theirs, err := c.theirs()
	if err != nil {
		return OutcomeUnreadable, nil
	}
	question, err := s.question(c)
	if err != nil {
		return OutcomeUnreadable, nil
	}
	ours, err := s.ask(question)
	if err != nil {
		return OutcomeOurs, nil
	}
	found := Compare(theirs, ours, s.config.Values)
	if len(found) > 0 {
		return OutcomeDifferent, found
	}
	return OutcomeSame, nil
}

var errNoKey = errors.New("shadow: a key that none of ours stands for")

// question is the call as it is put to ours: what the API reads of it, under our key.
func (s *Shadow) question(c *call) (*http.Request, error) {
	body, err := c.body.content()
	if err != nil {
		return nil, err
	}
	header, query, body, ok := s.config.Keys.translate(c.request.Header, c.request.URL.RawQuery, body)
	if !ok {
		return nil, errNoKey
	}
	u := s.config.Ours.JoinPath(c.request.URL.Path)
	u.RawQuery = query
	q, err := http.NewRequestWithContext(s.life, c.request.Method, u.String(), bytes.NewReader(body))
	if err != nil {
		return nil, err
	}
	for _, name := range []string{"Accept", "Content-Type", "Idempotency-Key", "User-Agent"} {
		if values := header.Values(name); values != nil {
			q.Header[name] = values
		}
	}
	if bearer(header) != "" {
		q.Header.Set("Authorization", header.Get("Authorization"))
	}
	once(q)
	return q, nil
}

func (s *Shadow) ask(q *http.Request) (a Answer, err error) {
	response, err := s.client.Do(q)
	if err != nil {
		return Answer{}, err
	}
	defer response.Body.Close()
	body, err := readAll(response.Body)
	if err == nil {
		body, err = unpack(response.Header, body)
	}
	return Answer{Status: response.StatusCode, Header: response.Header, Body: body}, err
}
