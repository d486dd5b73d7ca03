package main

import (
	"context"
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/heliograph-sms/heliograph/internal/delivery"
)

type carrierCommands struct {
	List carrierList `cmd:"" help:"List the carriers: their links, and what is on its way."`
}

type carrierList struct{ admin }

// overviewView is the state of the carriers in JSON.
type overviewView struct {
	Queued   int           `json:"queued"`
	OnHold   int           `json:"onHold"`
	Carriers []carrierView `json:"carriers"`
}

type carrierView struct {
	Name    string      `json:"name"`
	Binds   int         `json:"binds"`
	Bound   int         `json:"bound"`
	Window  int         `json:"window"`
	Live    int         `json:"live"`
	InDoubt int         `json:"inDoubt"`
	Nodes   []linksView `json:"nodes"`
}

// linksView is one node's links to a carrier.
type linksView struct {
	Node      string  `json:"node"`
	Binds     int     `json:"binds"`
	Bound     int     `json:"bound"`
	Window    int     `json:"window"`
	LastError string  `json:"lastError"`
	Since     instant `json:"since"`
}

// Run reads the database: what running servers told of their links, and what is on
// its way.
func (c *carrierList) Run(ctx context.Context, out *console) error {
	return c.work(ctx, func(o *office) error {
		all, err := delivery.ReadOverview(ctx, o.db)
		if err != nil {
			return err
		}
		v := overviewView{Queued: all.Queued, OnHold: all.OnHold, Carriers: []carrierView{}}
		for _, each := range all.Carriers {
			v.Carriers = append(v.Carriers, newCarrierView(each))
		}
		return out.say(c.JSON, v, v.print)
	})
}

func newCarrierView(c delivery.CarrierOverview) carrierView {
	v := carrierView{Name: c.Name, Live: c.Live, InDoubt: c.InDoubt, Nodes: []linksView{}}
	for _, n := range c.Nodes {
		v.Binds, v.Bound, v.Window = v.Binds+n.Binds, v.Bound+n.Bound, v.Window+n.Window
		v.Nodes = append(v.Nodes, linksView{
			Node: n.Node, Binds: n.Binds, Bound: n.Bound, Window: n.Window,
			LastError: n.Problem, Since: instant{n.ChangedMs, time.Local},
		})
	}
	return v
}

func (v overviewView) print(w io.Writer) {
	fmt.Fprintln(w, "NAME\tBOUND\tWINDOW USED\tIN DOUBT\tLAST ERROR")
	for _, c := range v.Carriers {
		fmt.Fprintf(w, "%s\t%s\t%d of %d\t%d\t%s\n", c.Name, c.links(), c.Live, c.Window, c.InDoubt, c.trouble())
	}
	fmt.Fprintf(w, "\nqueued: %d, on hold: %d\n", v.Queued, v.OnHold)
}

// links tells how many links are bound; several nodes, each its own.
func (v carrierView) links() string {
	if len(v.Nodes) == 0 {
		return "no server"
	}
	total := fmt.Sprintf("%d of %d", v.Bound, v.Binds)
	if len(v.Nodes) == 1 {
		return total
	}
	var each []string
	for _, n := range v.Nodes {
		each = append(each, fmt.Sprintf("%s %d of %d", n.Node, n.Bound, n.Binds))
	}
	return total + " (" + strings.Join(each, ", ") + ")"
}

// trouble tells what is wrong with links that are not bound, and since when.
func (v carrierView) trouble() string {
	var each []string
	for _, n := range v.Nodes {
		if n.LastError != "" {
			each = append(each, fmt.Sprintf("%s, since %s", n.LastError, n.Since))
		}
	}
	if len(each) == 0 {
		return "none"
	}
	return strings.Join(each, "; ")
}
