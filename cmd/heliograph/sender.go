package main

import (
	"context"
	"fmt"
	"io"

	"github.com/heliograph-sms/heliograph/internal/modules/alphaname"
)

type senderCommands struct {
	Add    senderAdd    `cmd:"" help:"Add a sender to an account, or to all."`
	List   senderList   `cmd:"" help:"List all senders."`
	Remove senderRemove `cmd:"" help:"Take a sender away."`
}

// oneSender is a command on one sender.
type oneSender struct {
	admin
	Shared  bool   `required:"" xor:"owner" help:"It is for all accounts."`
	Account int64  `required:"" xor:"owner" placeholder:"ID" help:"It is for this account."`
	Name    string `arg:"" help:"Up to 11 letters and digits, or a number."`
}

// owner is the account of the sender, which must be there.
func (c *oneSender) owner(ctx context.Context, o *office) (int64, error) {
	if c.Shared {
		return alphaname.Shared, nil
	}
	_, err := o.users.Show(ctx, c.Account)
	return c.Account, err
}

type senderAdd struct {
	oneSender
	Default bool `help:"It is taken where a message names none."`
}

func (c *senderAdd) Run(ctx context.Context, out *console) error {
	return c.work(ctx, func(o *office) error {
		owner, err := c.owner(ctx, o)
		if err != nil {
			return err
		}
		made, err := o.senders.Add(ctx, owner, c.Name, c.Default)
		if err != nil {
			return err
		}
		return out.say(c.JSON, map[string]any{"id": id(made)}, line("sender %s is added", c.Name))
	})
}

type senderRemove struct{ oneSender }

func (c *senderRemove) Run(ctx context.Context, out *console) error {
	return c.work(ctx, func(o *office) error {
		owner, err := c.owner(ctx, o)
		if err != nil {
			return err
		}
		if err := o.senders.Remove(ctx, owner, c.Name); err != nil {
			return err
		}
		return out.say(c.JSON, map[string]any{"name": c.Name, "removed": true}, line("sender %s is removed", c.Name))
	})
}

// senderView is a sender in JSON; a shared one has no account.
type senderView struct {
	ID      id     `json:"id"`
	Account *id    `json:"account"`
	Name    string `json:"name"`
	Default bool   `json:"default"`
	Status  string `json:"status"`
}

func (v senderView) owner() string {
	if v.Account == nil {
		return "all"
	}
	return fmt.Sprint(int64(*v.Account))
}

type senderList struct{ admin }

func (c *senderList) Run(ctx context.Context, out *console) error {
	return c.work(ctx, func(o *office) error {
		all, err := o.senders.List(ctx)
		if err != nil {
			return err
		}
		views := make([]senderView, len(all))
		for i, a := range all {
			views[i] = senderView{ID: id(a.ID), Name: a.Name, Default: a.Default, Status: a.Status.String()}
			if a.AccountID != alphaname.Shared {
				views[i].Account = new(id(a.AccountID))
			}
		}
		return out.say(c.JSON, views, func(w io.Writer) {
			fmt.Fprintln(w, "ID\tNAME\tACCOUNT\tDEFAULT\tSTATUS")
			for _, v := range views {
				fmt.Fprintf(w, "%d\t%s\t%s\t%s\t%s\n", v.ID, v.Name, v.owner(), yesNo(v.Default), v.Status)
			}
		})
	})
}
