package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"mime/multipart"
	"net/http"
	"net/url"
	"os"
	"strconv"
	"strings"
)

// call makes a call of the API; fields are names and values in turn.
func (s *stage) call(ctx context.Context, method string, into any, fields ...string) error {
	form := url.Values{}
	for i := 0; i < len(fields); i += 2 {
		form.Set(fields[i], fields[i+1])
	}
	return s.post(ctx, method, "application/x-www-form-urlencoded", strings.NewReader(form.Encode()), into)
}

// add has recipients added in the background. The value "@" stands for the file.
func (s *stage) add(ctx context.Context, campaign string, fields ...string) (task string, err error) {
	var body bytes.Buffer
	form := multipart.NewWriter(&body)
	_ = form.WriteField("id", campaign) // to memory
	for i := 0; i < len(fields); i += 2 {
		if fields[i+1] != "@" {
			_ = form.WriteField(fields[i], fields[i+1])
			continue
		}
		text, err := os.ReadFile(s.file)
		if err != nil {
			return "", err
		}
		part, _ := form.CreateFormFile(fields[i], "recipients.csv")
		_, _ = part.Write(text)
	}
	_ = form.Close()
	var id int64
	err = s.post(ctx, "campaign/addRecipients", form.FormDataContentType(), &body, &id)
	return strconv.FormatInt(id, 10), err
}

func (s *stage) post(ctx context.Context, method, contentType string, body io.Reader, into any) error {
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, s.site.URL()+"/service/"+method, body)
	if err != nil {
		return err
	}
	request.Header.Set("Content-Type", contentType)
	request.Header.Set("Authorization", "Bearer "+s.key)
	resp, err := http.DefaultClient.Do(request)
	if err != nil {
		return err
	}
	defer resp.Body.Close()
	var envelope struct {
		Code    int
		Data    json.RawMessage
		Message string
	}
	if err := json.NewDecoder(resp.Body).Decode(&envelope); err != nil {
		return fmt.Errorf("%s: %w", method, err)
	}
	if envelope.Code != 0 && envelope.Code != 100 {
		return fmt.Errorf("%s: code %d: %s", method, envelope.Code, envelope.Message)
	}
	if into == nil {
		return nil
	}
	return json.Unmarshal(envelope.Data, into)
}
