package main

import (
	"cmp"
	_ "embed"
	"fmt"
	"io"
	"strings"

	"github.com/alecthomas/kong"
)

// helpText is what --help says of each command beyond its flags.
//
//go:embed help.txt
var helpText string

// helpSections are the parts of a text such as helpText by command: "account create". A
// command has one: of two, the first would never be read.
func helpSections(text string) (map[string]string, error) {
	sections := map[string]string{}
	_, text, _ = strings.Cut(text, "\n# ")
	for section := range strings.SplitSeq(text, "\n# ") {
		command, words, _ := strings.Cut(section, "\n")
		if _, twice := sections[command]; twice {
			return nil, fmt.Errorf("help.txt has two sections on %q", command)
		}
		sections[command] = strings.TrimSpace(words)
	}
	return sections, nil
}

// explain gives each command of the model its text.
func explain(k *kong.Kong) error {
	sections, err := helpSections(helpText)
	if err != nil {
		return err
	}
	return kong.Visit(k.Model, func(v kong.Visitable, next kong.Next) error {
		if node, ok := v.(*kong.Node); ok && node.Type == kong.CommandNode {
			node.Detail = sections[node.Path()]
		}
		return next(nil)
	})
}

// printHelp is kong's help under our usage, and what holds for commands alike at its end.
func printHelp(options kong.HelpOptions, ctx *kong.Context) error {
	node := cmp.Or(ctx.Selected(), ctx.Model.Node)
	fmt.Fprintf(ctx.Stdout, "Usage: %s %s\n", ctx.Model.Name, strings.TrimSpace(usage(node)))
	options.NoAppSummary = true
	if err := kong.DefaultHelpPrinter(options, ctx); err != nil {
		return err
	}
	if node.Leaf() && takesDatabase(node) {
		fmt.Fprintf(ctx.Stdout, "\n%s\n", whichDatabase)
	}
	_, err := io.WriteString(ctx.Stdout, "\n"+exitStatuses+"\n")
	return err
}

// usage is a command's summary. Of flags of which one must be given it makes a choice:
// kong has them look as if all were needed.
func usage(node *kong.Node) string {
	var choice []string
	for _, flag := range node.Flags {
		if flag.Required && len(flag.Xor) > 0 {
			choice = append(choice, flag.Summary())
		}
	}
	if len(choice) < 2 {
		return node.Summary()
	}
	return strings.Replace(node.Summary(), strings.Join(choice, " "), "("+strings.Join(choice, " | ")+")", 1)
}

const (
	whichDatabase = `The database is that of --config, or of --database, or without either that of
HELIOGRAPH_DATABASE_URL in the environment.`
	exitStatuses = "Exit status: 0 done, 1 failed (standard error says why), 2 wrong usage."
)

func takesDatabase(node *kong.Node) bool {
	for _, flag := range node.Flags {
		if flag.Name == "database" {
			return true
		}
	}
	return false
}
