package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"

	"github.com/heliograph-sms/heliograph/internal/modules/user"
)

type accountPassword struct{ oneAccount }

func (c *accountPassword) Run(ctx context.Context, out *console) error {
	password, err := readPassword(os.Stdin)
	if err != nil {
		return err
	}
	return c.change(ctx, out, func(u *user.Module) error { return u.SetPassword(ctx, c.ID, password) })
}

// readPassword reads a line. An argument would be seen by everybody on the machine.
func readPassword(from io.Reader) (string, error) {
	text, err := bufio.NewReader(io.LimitReader(from, 64<<10)).ReadString('\n')
	if err != nil && !errors.Is(err, io.EOF) {
		return "", fmt.Errorf("read the password from standard input: %w", err)
	}
	return strings.TrimRight(text, "\r\n"), nil
}
