package config

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"strings"

	"github.com/pelletier/go-toml/v2"
)

// Load reads the file at path, lets environ ("HELIOGRAPH_SECTION_KEY=value", as
// os.Environ gives it) replace single values, and reads the secrets that stand in
// files of their own. With path "" there is only the environment. It does not judge
// the values: see Validate.
func Load(path string, environ []string) (*Config, error) {
	c := Default()
	if path != "" {
		text, err := os.ReadFile(path)
		if err != nil {
			return nil, fmt.Errorf("read the configuration: %w", err)
		}
		if err := decode(path, text, c); err != nil {
			return nil, err
		}
	}
	if err := c.override(environ); err != nil {
		return nil, err
	}
	for i := range c.Carriers {
		c.Carriers[i].fill()
	}
	return c, c.readSecrets()
}

// decode is strict: a key that nobody reads is an error, as a slip in it would be.
func decode(path string, text []byte, c *Config) error {
	err := toml.NewDecoder(bytes.NewReader(text)).DisallowUnknownFields().Decode(c)
	var unknown *toml.StrictMissingError
	var wrong *toml.DecodeError
	switch {
	case errors.As(err, &unknown):
		var errs []error
		for _, each := range unknown.Errors {
			line, _ := each.Position()
			errs = append(errs, fmt.Errorf("%s:%d: unknown key %s", path, line, strings.Join(each.Key(), ".")))
		}
		return errors.Join(errs...)
	case errors.As(err, &wrong):
		line, _ := wrong.Position()
		if key := strings.Join(wrong.Key(), "."); key != "" {
			return fmt.Errorf("%s:%d: %s: %w", path, line, key, wrong)
		}
		return fmt.Errorf("%s:%d: %w", path, line, wrong)
	case err != nil:
		return fmt.Errorf("%s: %w", path, err)
	}
	return nil
}

func (c *Config) readSecrets() error {
	errs := []error{secret("database.url", &c.Database.URL, c.Database.URLFile)}
	for i := range c.Carriers {
		carrier := &c.Carriers[i]
		errs = append(errs, secret(carrier.key(i)+".password", &carrier.Password, carrier.PasswordFile))
	}
	return errors.Join(errs...)
}

// secret reads a value out of the file that the configuration names instead.
func secret(key string, value *string, file string) error {
	if file == "" {
		return nil
	}
	if *value != "" {
		return fmt.Errorf("%s and %s_file are both given", key, key)
	}
	text, err := os.ReadFile(file)
	if err != nil {
		return fmt.Errorf("%s_file: %w", key, err)
	}
	*value = strings.TrimRight(string(text), "\r\n")
	if *value == "" {
		return fmt.Errorf("%s_file: %s is empty", key, file)
	}
	return nil
}

// key is how messages name the carrier at index i.
func (c *Carrier) key(i int) string {
	if c.Name == "" {
		return fmt.Sprintf("carrier[%d]", i)
	}
	return fmt.Sprintf("carrier[%s]", c.Name)
}
