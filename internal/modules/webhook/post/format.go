package post

import (
	"bytes"
	"encoding/json"
	"encoding/xml"
	"net/url"
	"strings"
)

// Format is how a body is written.
type Format string

// The formats of contract §8.
const (
	Raw  Format = "raw" // form-encoded
	XML  Format = "xml"
	JSON Format = "json"
)

// A syntax is all that a format puts around the values of an event.
type syntax struct {
	contentType string
	before      [11]string // before each value up to sign
	end         string     // after the last of them, where nothing is signed
	sign        string     // after the last of them, where sign follows
	signed      string     // after sign
	escape      func(b []byte, s string) []byte
}

// syntaxes are never changed.
var syntaxes = map[Format]*syntax{
	Raw: {
		contentType: "application/x-www-form-urlencoded",
		before: [...]string{
			"eventId=", "&eventType=", "&eventCreateTs=", "&webhookId=", "&attempt=",
			"&data%5BcampaignId%5D=", "&data%5BmessageId%5D=", "&data%5BsegNum%5D=",
			"&data%5BstatusUpdateTs%5D=", "&data%5Bstatus%5D=", "&data%5Bto%5D=",
		},
		sign:   "&sign=",
		escape: escapeForm,
	},
	XML: {
		contentType: "application/xml; charset=utf-8",
		before: [...]string{
			`<?xml version="1.0" encoding="UTF-8"?>` + "\n<response><eventId>", "</eventId><eventType>", "</eventType><eventCreateTs>",
			"</eventCreateTs><webhookId>", "</webhookId><attempt>",
			"</attempt><data><campaignId>", "</campaignId><messageId>", "</messageId><segNum>",
			"</segNum><statusUpdateTs>", "</statusUpdateTs><status>", "</status><to>",
		},
		end:    "</to></data></response>",
		sign:   "</to></data><sign>",
		signed: "</sign></response>",
		escape: escapeXML,
	},
	JSON: {
		contentType: "application/json; charset=utf-8",
		before: [...]string{
			`{"eventId":`, `,"eventType":"`, `","eventCreateTs":"`, `","webhookId":`, `,"attempt":`,
			`,"data":{"campaignId":`, `,"messageId":`, `,"segNum":`,
			`,"statusUpdateTs":"`, `","status":"`, `","to":"`,
		},
		end:    `"}}`,
		sign:   `"},"sign":"`,
		signed: `"}`,
		escape: escapeJSON,
	},
}

func escapeForm(b []byte, s string) []byte { return append(b, url.QueryEscape(s)...) }

func escapeXML(b []byte, s string) []byte {
	if isPlain(s) {
		return append(b, s...)
	}
	out := bytes.NewBuffer(b)
	_ = xml.EscapeText(out, []byte(s)) // a buffer takes everything
	return out.Bytes()
}

func escapeJSON(b []byte, s string) []byte {
	if isPlain(s) {
		return append(b, s...)
	}
	var quoted bytes.Buffer
	out := json.NewEncoder(&quoted)
	out.SetEscapeHTML(false)
	_ = out.Encode(s) // a string can be encoded
	return append(b, quoted.Bytes()[len(`"`):quoted.Len()-len("\"\n")]...)
}

// isPlain tells whether both XML and JSON hold s as it is, as they do all but strange values.
func isPlain(s string) bool {
	for i := range len(s) {
		if s[i] < ' ' || s[i] > '~' || strings.IndexByte(`"&'<>\`, s[i]) >= 0 {
			return false
		}
	}
	return true
}
