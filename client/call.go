package client

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
)

// ErrConnection says that no answer came: the connection was lost, or a gateway before the
// server failed. What the call asked for may have been done.
var ErrConnection = errors.New("no answer from the server")

// ErrNotHeliograph says that what answered is no server of the API.
var ErrNotHeliograph = errors.New("the answer is not one of the API")

// answerMost is in bytes.
const answerMost = 64 << 20

// request is one call of a method, the same at each try.
type request struct {
	method string // module/method
	params any    // a struct; nil = none
	key    string // for idempotency; "" = none
}

func newRequest(ctx context.Context, method string, writes bool, params any) request {
	r := request{method: method, params: params}
	if writes {
		r.key = newIdempotencyKey(ctx)
	}
	return r
}

// call asks for a method's result. With ErrPartlyDone and ErrNothingDone the result
// counts, too.
func call[T any](ctx context.Context, c *Client, method string, writes bool, params any) (result T, err error) {
	a, err := try(ctx, c, newRequest(ctx, method, writes, params), readAnswer)
	if err == nil {
		err = a.read(&result)
	}
	if err != nil {
		return result, fmt.Errorf("%s: %w", method, err)
	}
	return result, nil
}

// done calls a method whose result says no more than that it was done.
func done(ctx context.Context, c *Client, method string, writes bool, params any) error {
	_, err := call[json.RawMessage](ctx, c, method, writes, params)
	return err
}

// download asks for a file. The caller closes it.
func download(ctx context.Context, c *Client, method string, params any) (io.ReadCloser, error) {
	file, err := try(ctx, c, newRequest(ctx, method, false, params), readFile)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", method, err)
	}
	return file, nil
}

// readFile tells a file from an envelope by its type, and from what a proxy says, such as
// a page to log in on, by the code that each answer of the API has.
func readFile(response *http.Response) (io.ReadCloser, error) {
	if strings.HasPrefix(response.Header.Get("Content-Type"), "application/json") {
		a, err := readAnswer(response)
		if err != nil {
			return nil, err
		}
		return nil, cmp.Or(a.err(), ErrNotHeliograph)
	}
	if response.Header.Get("X-Api-Code") != "0" {
		response.Body.Close()
		return nil, fmt.Errorf("%w: it is %q without header X-Api-Code: 0", ErrNotHeliograph, response.Header.Get("Content-Type"))
	}
	return response.Body, nil
}

// once sends a request and reads the answer's head. The caller closes the body.
func (c *Client) once(ctx context.Context, r request) (*http.Response, error) {
	body, contentType, err := encode(r.params)
	if err != nil {
		return nil, err
	}
	defer body.Close()
	h, err := http.NewRequestWithContext(ctx, http.MethodPost, c.base+r.method, body)
	if err != nil {
		return nil, err
	}
	h.Header.Set("Content-Type", contentType)
	if c.key != "" {
		h.Header.Set("Authorization", "Bearer "+c.key)
	}
	if r.key != "" {
		h.Header.Set("Idempotency-Key", r.key)
	}
	response, err := c.http.Do(h)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrConnection, err)
	}
	if last := response.Request; last != nil && last.Method != http.MethodPost {
		response.Body.Close()
		return nil, fmt.Errorf("%w: a redirect to %s left the parameters behind; call there", ErrNotHeliograph, last.URL.Redacted())
	}
	if response.StatusCode == http.StatusOK {
		return response, nil
	}
	response.Body.Close()
	kind := ErrNotHeliograph
	if response.StatusCode >= 500 || response.StatusCode == http.StatusTooManyRequests {
		kind = ErrConnection
	}
	return nil, fmt.Errorf("%w: HTTP status %s", kind, response.Status)
}

// answer is an envelope.
type answer struct {
	Code    *int            `json:"code"`
	Data    json.RawMessage `json:"data"`
	Message string          `json:"message"`
	header  http.Header
}

func readAnswer(response *http.Response) (*answer, error) {
	defer response.Body.Close()
	text, err := io.ReadAll(io.LimitReader(response.Body, answerMost))
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrConnection, err)
	}
	a := &answer{header: response.Header}
	if err := json.Unmarshal(text, a); err != nil {
		return nil, fmt.Errorf("%w: %w", ErrNotHeliograph, err)
	}
	if a.Code == nil {
		return nil, fmt.Errorf("%w: it has no code", ErrNotHeliograph)
	}
	return a, a.passing()
}

// passing is the answer's error where the same call may go well later.
func (a *answer) passing() error {
	if err := a.err(); errors.Is(err, ErrRateLimit) || errors.Is(err, ErrService) {
		return err
	}
	return nil
}

// err is the answer's error; nil where it has none.
func (a *answer) err() error {
	if *a.Code == codeOK || *a.Code == codeBackground {
		return nil
	}
	e := &Error{
		Code: *a.Code, Message: a.Message, Data: a.Data,
		RetryAfter: retryAfter(a.header), RequestID: a.header.Get("X-Request-Id"),
	}
	e.fill()
	return e
}

// read reads the data of an answer that has some, and gives the answer's error.
func (a *answer) read(result any) error {
	err := a.err()
	if err != nil && !errors.Is(err, ErrPartlyDone) && !errors.Is(err, ErrNothingDone) {
		return err
	}
	decode := func(data []byte) error { return json.Unmarshal(data, result) }
	if task, ok := result.(interface{ background([]byte) error }); ok && *a.Code == codeBackground {
		decode = task.background
	}
	if bad := decode(a.Data); bad != nil {
		return errors.Join(err, fmt.Errorf("%w: data of code %d: %w", ErrNotHeliograph, *a.Code, bad))
	}
	return err
}
