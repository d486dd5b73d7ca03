// Command heliograph is the server, and everything that it is run and looked after
// with. This folder wires the rooms together; it is the only place that sees all of
// them.
package main

import (
	"context"
	"fmt"
	"io"
	"os"
	"os/signal"
	"slices"
	"strings"
	"syscall"
	_ "time/tzdata" // accounts have zones, the machine may have none

	"github.com/alecthomas/kong"
)

// commands is the command line: a command is a field here, and a type with a Run
// method that may ask for a context.Context and the *console.
type commands struct {
	Dev        dev                `cmd:"" help:"Run everything in one process, with nothing to set up."`
	Serve      serve              `cmd:"" help:"Run the server."`
	SMSC       simulate           `cmd:"" name:"smsc" help:"Run the carrier simulator alone."`
	Account    accountCommands    `cmd:"" help:"Accounts and their balances."`
	Key        keyCommands        `cmd:"" help:"API keys."`
	Session    sessionCommands    `cmd:"" help:"Sessions of people who logged in."`
	Sender     senderCommands     `cmd:"" help:"Sender IDs."`
	Carrier    carrierCommands    `cmd:"" help:"Carriers, as running servers see them."`
	Price      priceCommands      `cmd:"" help:"Prices of segments."`
	Stoplist   stoplistCommands   `cmd:"" help:"Numbers that no messages go to."`
	Link       linkCommands       `cmd:"" help:"Short links, and the domains that they must not lead to."`
	Moderation moderationCommands `cmd:"" help:"Texts that wait for a moderator, and the words of the rules."`
	Clock      clockCommands      `cmd:"" help:"The test clock of dev --clock."`
	Shadow     shadowing          `cmd:"" help:"Stand before another server of this API and compare it with ours."`
	Backup     backup             `cmd:"" help:"Copy the database, beside a running server."`
	Restore    restore            `cmd:"" help:"Put a backup in place."`
	Migrate    migrate            `cmd:"" help:"Bring the database's schema up to date."`
	Check      check              `cmd:"" help:"Read a configuration and say what is wrong with it."`
	Version    version            `cmd:"" help:"Print the version."`
	Man        manual             `cmd:"" help:"Print the manual page."`
}

// Exit statuses.
const (
	exitDone   = 0
	exitFailed = 1
	exitUsage  = 2
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	context.AfterFunc(ctx, stop) // a second signal ends the process at once
	os.Exit(execute(ctx, os.Args[1:], os.Stdout, os.Stderr))
}

// newParser makes the parser of command lines, with all help in it.
func newParser(ctx context.Context, stdout, stderr io.Writer) *kong.Kong {
	return kong.Must(&commands{},
		kong.Name("heliograph"),
		kong.Description("A self-hosted SMS platform."),
		kong.Writers(stdout, stderr),
		kong.ConfigureHelp(kong.HelpOptions{Compact: true, NoExpandSubcommands: true}),
		kong.Help(printHelp),
		kong.PostBuild(explain),
		kong.BindTo(ctx, (*context.Context)(nil)),
		kong.Bind(&console{out: stdout, errors: stderr}),
	)
}

// execute runs one command line and returns the exit status.
func execute(ctx context.Context, args []string, stdout, stderr io.Writer) int {
	if len(args) > 0 && args[0] == "help" { // as many programs have it
		args = append(slices.Clone(args[1:]), "--help")
	}
	command, err := newParser(ctx, stdout, stderr).Parse(args)
	if err != nil {
		complain(stderr, err)
		return exitUsage
	}
	if err := command.Run(); err != nil {
		complain(stderr, err)
		return exitFailed
	}
	return exitDone
}

// complain prints an error, a line for each problem that was joined into it. An
// indented line goes on with the one before it (pgx writes such).
func complain(w io.Writer, err error) {
	var problems []string
	for text := range strings.Lines(fmt.Sprint(err)) {
		problem := strings.TrimSpace(text)
		last := len(problems) - 1
		switch {
		case last < 0 || text[0] != '\t':
			problems = append(problems, problem)
		case !strings.HasSuffix(problems[last], problem): // an address of two names fails twice
			problems[last] += " " + problem
		}
	}
	for _, problem := range problems {
		fmt.Fprintf(w, "heliograph: %s\n", problem)
	}
}
