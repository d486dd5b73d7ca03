package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"runtime/debug"

	"github.com/heliograph-sms/heliograph/internal/config"
	"github.com/heliograph-sms/heliograph/internal/db"
	"github.com/heliograph-sms/heliograph/internal/modules/user"
)

type migrate struct{ admin }

// Run applies the migrations and stores the cell that the configuration names.
func (c *migrate) Run(ctx context.Context, out *console) error {
	conf, err := c.configuration()
	if err != nil {
		return err
	}
	return openDatabase(ctx, conf.Database.URL, func(d *db.DB) error {
		applied, err := d.Migrate(ctx)
		if err != nil {
			return err
		}
		if conf.Cell.Prefix != "" {
			cell := user.Cell{Prefix: conf.Cell.Prefix, Domain: conf.Cell.Domain}
			if err := newOffice(d).users.SetCell(ctx, cell); err != nil {
				return err
			}
		}
		return out.say(c.JSON, map[string][]string{"applied": list(applied)}, func(w io.Writer) {
			for _, name := range applied {
				fmt.Fprintf(w, "applied\t%s\n", name)
			}
			fmt.Fprintln(w, "the schema is up to date")
		})
	})
}

type check struct {
	Config string `required:"" placeholder:"FILE" help:"The configuration file."`
}

// Run tells everything that is wrong, or that nothing is.
func (c *check) Run(ctx context.Context, out *console) error {
	conf, err := config.Load(c.Config, os.Environ())
	if err != nil {
		return err
	}
	durability, err := checkDatabase(ctx, conf.Database.URL)
	if err := errors.Join(conf.Validate(), err); err != nil {
		return err
	}
	return out.say(false, nil, line("configuration\tis right\ndatabase\tis up to date (%s)", durability))
}

// checkDatabase opens the database, where one is named, and writes nothing.
func checkDatabase(ctx context.Context, url string) (durability string, err error) {
	if url == "" {
		return "", nil
	}
	if err := mustExist(url); err != nil {
		return "", fmt.Errorf("database.url: %w", err)
	}
	err = openDatabase(ctx, url, func(d *db.DB) error {
		durability, err = d.Durability(ctx)
		return errors.Join(err, d.CheckSchema(ctx))
	})
	if err != nil {
		return "", fmt.Errorf("database.url: %w", err)
	}
	return durability, nil
}

type version struct {
	JSON bool `name:"json" help:"Print JSON, for scripts."`
}

// Run prints what the build says of itself.
func (c *version) Run(out *console) error {
	v := struct {
		Version  string `json:"version"`
		Revision string `json:"revision"`
		Go       string `json:"go"`
	}{"unknown", "unknown", "unknown"}
	if build, ok := debug.ReadBuildInfo(); ok {
		v.Version, v.Go = orWord(build.Main.Version, "(devel)"), build.GoVersion
		for _, s := range build.Settings {
			if s.Key == "vcs.revision" {
				v.Revision = s.Value
			}
		}
	}
	return out.say(c.JSON, v, line("heliograph %s, revision %s, %s", v.Version, v.Revision, v.Go))
}
