package main

import (
	"fmt"
	"io"
	"strings"
	"unicode/utf8"

	"github.com/alecthomas/kong"
)

type manual struct{}

// Run prints a page in roff, with the macros of man(7), of what --help says.
func (manual) Run(k *kong.Kong, out *console) error {
	var page strings.Builder
	fmt.Fprintf(&page, ".TH HELIOGRAPH 1\n.SH NAME\nheliograph \\- %s\n", roff(strings.TrimSuffix(k.Model.Help, ".")))
	fmt.Fprint(&page, ".SH SYNOPSIS\n.B heliograph\n.I command\n[flags]\n.SH COMMANDS\n")
	for _, node := range commandNodes(k) {
		manCommand(&page, node)
	}
	fmt.Fprintf(&page, ".SH FILES AND ENVIRONMENT\n%s\n.SH EXIT STATUS\n%s\n",
		roff(whichDatabase), roff(strings.TrimPrefix(exitStatuses, "Exit status: ")))
	_, err := io.WriteString(out.out, page.String())
	return err
}

// commandNodes are all commands in the order of --help, groups before their members.
func commandNodes(k *kong.Kong) (all []*kong.Node) {
	var add func(node *kong.Node)
	add = func(node *kong.Node) {
		for _, child := range node.Children {
			all = append(all, child)
			add(child)
		}
	}
	add(k.Model.Node)
	return all
}

func manCommand(w io.Writer, node *kong.Node) {
	fmt.Fprintf(w, ".SS heliograph %s\n%s\n", roff(usage(node)), roff(node.Help))
	for paragraph := range strings.SplitSeq(node.Detail, "\n\n") {
		manParagraph(w, paragraph)
	}
	for _, argument := range node.Positional {
		manItem(w, argument.Summary(), argument.Help)
	}
	for _, flag := range node.Flags {
		if flag.Name != "help" {
			manItem(w, flag.String(), flag.Help)
		}
	}
}

// manParagraph writes running text, or an example as it is.
func manParagraph(w io.Writer, text string) {
	if strings.HasPrefix(text, "    ") {
		fmt.Fprintf(w, ".PP\n.EX\n%s\n.EE\n", roff(text))
	} else {
		fmt.Fprintf(w, ".PP\n%s\n", roff(text))
	}
}

func manItem(w io.Writer, name, help string) {
	fmt.Fprintf(w, ".TP\n.B %s\n%s\n", roff(name), roff(help))
}

// roff keeps a text from being taken for commands of roff. It is ASCII, since troff by
// itself takes each byte for a letter.
func roff(text string) string {
	text = ascii(strings.NewReplacer(`\`, `\e`, "-", `\-`).Replace(text))
	lines := strings.Split(text, "\n")
	for i, line := range lines {
		if strings.HasPrefix(line, ".") || strings.HasPrefix(line, "'") {
			lines[i] = `\&` + line
		}
	}
	return strings.Join(lines, "\n")
}

func ascii(text string) string {
	var b strings.Builder
	for _, r := range text {
		if r < utf8.RuneSelf {
			b.WriteRune(r)
		} else {
			fmt.Fprintf(&b, `\[u%04X]`, r)
		}
	}
	return b.String()
}
