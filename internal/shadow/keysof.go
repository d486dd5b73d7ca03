package shadow

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"mime"
	"mime/multipart"
	"net/http"
	"net/url"
	"slices"
	"strings"
)

const paramKey = "apiKey"

// keysOf finds the keys of a call in all places where the API takes one (contract §1): the
// header, the query and the body. Which of several counts is the servers' business. An
// error is that of a body that can't be read, which may have more.
func keysOf(h http.Header, query string, body []byte) ([]string, error) {
	inBody, err := keysOfBody(h.Get("Content-Type"), body)
	keys := slices.Concat([]string{bearer(h)}, keysOfForm(query), inBody)
	return slices.DeleteFunc(keys, func(key string) bool { return key == "" }), err
}

func bearer(h http.Header) string {
	scheme, token, ok := strings.Cut(h.Get("Authorization"), " ")
	if !ok || !strings.EqualFold(scheme, "Bearer") {
		return ""
	}
	return strings.TrimSpace(token)
}

// keysOfBody reads a body as the API does, but for one thing: what begins like an object
// is none of anybody's forms, whatever its type says.
func keysOfBody(kind string, body []byte) ([]string, error) {
	media, _, _ := strings.Cut(kind, ";")
	media = strings.ToLower(strings.TrimSpace(media))
	body = bytes.TrimLeft(body, " \t\r\n")
	switch {
	case len(body) == 0:
		return nil, nil
	case media == "multipart/form-data":
		return keysOfParts(kind, body)
	case media == "application/json" || body[0] == '{':
		return keysOfObject(body)
	default:
		return keysOfForm(string(body)), nil
	}
}

// keysOfForm takes a key in brackets, apiKey[0], for a key as well. A value with an escape
// in it has not the form of a key, and is left as it is.
func keysOfForm(text string) (keys []string) {
	for pair := range strings.SplitSeq(text, "&") {
		name, value, _ := strings.Cut(pair, "=")
		if plain, err := url.QueryUnescape(name); err == nil {
			name = plain
		}
		if name, _, _ = strings.Cut(name, "["); name == paramKey {
			keys = append(keys, value)
		}
	}
	return keys
}

func keysOfParts(kind string, body []byte) (keys []string, err error) {
	_, params, err := mime.ParseMediaType(kind)
	if err != nil {
		return nil, err
	}
	parts := multipart.NewReader(bytes.NewReader(body), params["boundary"])
	for {
		part, err := parts.NextPart()
		if errors.Is(err, io.EOF) {
			return keys, nil
		}
		if err != nil {
			return keys, err
		}
		if name, _, _ := strings.Cut(part.FormName(), "["); name != paramKey {
			continue
		}
		value, err := io.ReadAll(part)
		if err != nil {
			return keys, err
		}
		keys = append(keys, string(value))
	}
}

var errNoObject = errors.New("shadow: a body in JSON that is no object")

// keysOfObject reads token by token: a name may stand there twice, and in more than one
// spelling.
func keysOfObject(body []byte) (keys []string, err error) {
	if !json.Valid(body) || body[0] != '{' {
		return nil, errNoObject
	}
	d := json.NewDecoder(bytes.NewReader(body))
	_, _ = d.Token() // the brace; what is valid gives no errors
	for d.More() {
		name, _ := d.Token()
		var value json.RawMessage
		if err := d.Decode(&value); err != nil {
			return keys, err
		}
		if name == paramKey {
			keys = append(keys, textOf(value))
		}
	}
	return keys, nil
}

// textOf is a JSON string's text, "" for null, and else what is no key.
func textOf(value json.RawMessage) (text string) {
	if json.Unmarshal(value, &text) != nil {
		return string(value)
	}
	return text
}
