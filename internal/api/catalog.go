package api

import (
	"cmp"
	"embed"
	"fmt"
	"io/fs"
	"path"
	"strings"

	"github.com/nicksnyder/go-i18n/v2/i18n"
	"github.com/pelletier/go-toml/v2"
	"golang.org/x/text/language"
)

//go:embed catalog/*.toml
var catalogFiles embed.FS

// A catalogue holds every text the API answers with, by language. A language is
// one file, catalog/active.<language>.toml; adding the file adds the language.
type catalogue struct {
	localizers map[string]*i18n.Localizer // by language tag in lower case
}

// loadCatalogue reads the files of fsys. What a language lacks is said in
// English.
func loadCatalogue(fsys fs.FS) (*catalogue, error) {
	files, err := fs.Glob(fsys, "catalog/active.*.toml")
	if err != nil {
		return nil, err
	}
	bundle := i18n.NewBundle(language.English)
	bundle.RegisterUnmarshalFunc("toml", toml.Unmarshal)
	c := &catalogue{localizers: map[string]*i18n.Localizer{}}
	for _, file := range files {
		text, err := fs.ReadFile(fsys, file)
		if err != nil {
			return nil, err
		}
		if _, err := bundle.ParseMessageFileBytes(text, file); err != nil {
			return nil, fmt.Errorf("%s: %w", file, err)
		}
		c.add(strings.TrimSuffix(strings.TrimPrefix(path.Base(file), "active."), ".toml"), bundle)
	}
	return c, nil
}

// add makes a language known under its tag, and under that without the region where
// the language has no texts of its own: pt is said as pt-BR.
func (c *catalogue) add(tag string, bundle *i18n.Bundle) {
	localizer := i18n.NewLocalizer(bundle, tag)
	tag = strings.ToLower(tag)
	c.localizers[tag] = localizer
	if base, _, _ := strings.Cut(tag, "-"); c.localizers[base] == nil {
		c.localizers[base] = localizer
	}
}

// localizer returns the texts of a language, or of the language without its
// region; nil when there are none.
func (c *catalogue) localizer(tag string) *i18n.Localizer {
	tag = strings.ToLower(tag)
	if l := c.localizers[tag]; l != nil {
		return l
	}
	base, _, _ := strings.Cut(tag, "-")
	return c.localizers[base]
}

// A speaker says texts in one language.
type speaker struct{ localizer *i18n.Localizer }

// speaker returns the first of the languages that there are texts for; English
// is always there.
func (c *catalogue) speaker(languages ...string) speaker {
	for _, tag := range languages {
		if l := c.localizer(tag); l != nil {
			return speaker{l}
		}
	}
	return speaker{c.localizers["en"]}
}

// say fills the text under key. A key that is in no catalogue is its own text.
func (s speaker) say(key string, args Args) string {
	config := i18n.LocalizeConfig{MessageID: key, TemplateData: args}
	if n, ok := args["Count"]; ok {
		config.PluralCount = n
	}
	// Beside an English text for a missing one comes an error: ours is the text.
	text, _ := s.localizer.Localize(&config)
	if text == "" {
		return key
	}
	return text
}

// message is the envelope's message for a refusal.
func (s speaker) message(e *Error) string {
	text := s.say(cmp.Or(e.Key, "error.failed"), e.Args)
	if e.Parameter == "" {
		return text
	}
	return s.say("parameter.bad", Args{"Name": e.Parameter, "Problem": text})
}
