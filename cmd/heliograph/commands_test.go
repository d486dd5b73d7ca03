package main

import (
	"bytes"
	"flag"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/alecthomas/kong"
)

var writeCommands = flag.Bool("write-commands", false, "write docs/commands.md anew")

const commandsHeader = "<!-- Made by: go test ./cmd/heliograph -run TestTheDocumentOfCommandsIsTheirHelp -write-commands -->\n\n" +
	"# Commands\n\nWhat `--help` says to each command. `heliograph man` prints the same as a manual page.\n"

// helpOf is what a command says to --help on a terminal of 80 columns.
func helpOf(t *testing.T, command string) string {
	t.Helper()
	t.Setenv("COLUMNS", "80")
	var out bytes.Buffer
	ctx, err := kong.Trace(newParser(t.Context(), &out, &out), strings.Fields(command))
	if err != nil {
		t.Fatal(err)
	}
	if err := ctx.PrintUsage(false); err != nil {
		t.Fatal(err)
	}
	return out.String()
}

func TestTheDocumentOfCommandsIsTheirHelp(t *testing.T) {
	var text strings.Builder
	text.WriteString(commandsHeader + "\n```\n" + helpOf(t, "") + "```\n")
	for _, node := range commandNodes(newParser(t.Context(), nil, nil)) {
		text.WriteString("\n## heliograph " + node.Path() + "\n\n```\n" + helpOf(t, node.Path()) + "```\n")
	}
	path := filepath.Join("..", "..", "docs", "commands.md")
	if *writeCommands {
		if err := os.WriteFile(path, []byte(text.String()), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	written, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if string(written) != text.String() {
		t.Errorf("docs/commands.md is not what the commands say; its first line says how to write it anew")
	}
}

// TestEachCommandExplainsItself: what it does, an example that would run, what each flag
// and argument is.
func TestEachCommandExplainsItself(t *testing.T) {
	parser := newParser(t.Context(), nil, nil)
	sections, err := helpSections(helpText)
	if err != nil {
		t.Fatal(err)
	}
	for _, node := range commandNodes(parser) {
		if node.Detail == "" {
			t.Errorf("%s has no section in help.txt", node.Path())
		}
		delete(sections, node.Path())
		if node.Leaf() && !strings.Contains(node.Detail, "\n    heliograph "+node.Path()) {
			t.Errorf("%s has no example", node.Path())
		}
		for _, flag := range node.Flags {
			if flag.Help == "" {
				t.Errorf("%s --%s says nothing of itself", node.Path(), flag.Name)
			}
		}
		for _, argument := range node.Positional {
			if argument.Help == "" {
				t.Errorf("%s %s says nothing of itself", node.Path(), argument.Name)
			}
		}
	}
	for command := range sections {
		t.Errorf("help.txt explains %q, which is no command", command)
	}
}

// TestTheHelpSpeaksOfEachCommandOnce: what stands in the first of two sections is lost.
func TestTheHelpSpeaksOfEachCommandOnce(t *testing.T) {
	if _, err := helpSections("Head.\n\n# key\n\nOne.\n\n# key list\n\nTwo.\n\n# key\n\nThree.\n"); err == nil || !strings.Contains(err.Error(), `"key"`) {
		t.Errorf("two sections on a command: %v", err)
	}
	if _, err := helpSections(helpText); err != nil {
		t.Error(err)
	}
}

// TestAChoiceOfFlagsLooksLikeOne, in the help and in the manual.
func TestAChoiceOfFlagsLooksLikeOne(t *testing.T) {
	const want = "heliograph stoplist add (--global | --account=ID) <number> [flags]\n"
	if help := helpOf(t, "stoplist add"); !strings.HasPrefix(help, "Usage: "+want) {
		t.Errorf("%.100s; want %s", help, want)
	}
	var page bytes.Buffer
	if execute(t.Context(), []string{"man"}, &page, &page); !strings.Contains(page.String(), roff(want)) {
		t.Errorf("the manual does not have %s", want)
	}
}

// TestTheExamplesOfTheHelpAreRightUsage parses each.
func TestTheExamplesOfTheHelpAreRightUsage(t *testing.T) {
	for _, line := range examples(helpText) {
		if _, err := newParser(t.Context(), nil, nil).Parse(words(line)[1:]); err != nil {
			t.Errorf("%s: %v", line, err)
		}
	}
}

// examples are the indented lines that call the program, joined where they go on.
func examples(text string) (lines []string) {
	text = strings.ReplaceAll(text, "\\\n", " ")
	for line := range strings.Lines(text) {
		if line, ok := strings.CutPrefix(line, "    "); ok && strings.HasPrefix(line, "heliograph ") {
			line, _, _ = strings.Cut(line, " < ")
			line, _, _ = strings.Cut(line, " > ")
			line, _, _ = strings.Cut(line, " | ")
			lines = append(lines, strings.TrimSpace(line))
		}
	}
	return lines
}

// words splits a line as a shell does: what single quotes hold is one word.
func words(line string) (all []string) {
	for i, part := range strings.Split(line, "'") {
		if i%2 == 1 {
			all = append(all, part)
		} else {
			all = append(all, strings.Fields(part)...)
		}
	}
	return all
}

func TestTheManualHasEveryCommand(t *testing.T) {
	var out, errors bytes.Buffer
	if status := execute(t.Context(), []string{"man"}, &out, &errors); status != exitDone {
		t.Fatalf("man ends with %d: %s", status, &errors)
	}
	lines := strings.Split(out.String(), "\n")
	for _, node := range commandNodes(newParser(t.Context(), nil, nil)) {
		if !slices.Contains(lines, ".SS heliograph "+roff(usage(node))) {
			t.Errorf("the manual lacks %s", node.Path())
		}
	}
	for _, line := range lines {
		if macro, ok := strings.CutPrefix(line, "."); ok && !slices.Contains([]string{"TH", "SH", "SS", "PP", "TP", "B", "I", "EX", "EE"}, strings.Fields(macro + " -")[0]) {
			t.Errorf("a text is taken for a command of roff: %s", line)
		}
		if strings.ContainsFunc(line, func(r rune) bool { return r > '~' }) {
			t.Errorf("troff can't read: %s", line)
		}
	}
}
