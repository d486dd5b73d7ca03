package shadow

import (
	"fmt"
	"slices"
	"strings"
)

// Methods says which methods are put to ours. A name is module.method, in any case. The
// zero value has none.
type Methods struct {
	all    bool
	names  []string
	listed bool // somebody named them, perhaps wrongly
}

func (m Methods) has(name string) bool {
	return m.all || slices.ContainsFunc(m.names, func(n string) bool { return strings.EqualFold(n, name) })
}

// Reading lists the methods of the API that change nothing, under all their names. A
// test of the program compares it with the table of methods.
func Reading() []string {
	return []string{
		"alphaname.list",
		"campaign.export", "campaign.get", "campaign.getInfo", "campaign.getLinks", "campaign.list", "campaign.preview",
		"contactCard.get", "contactCard.getGroups", "contactCard.list",
		"contactGroup.getCardsCount", "contactGroup.list",
		"link.get", "link.getLinks", "link.getStats", "link.list",
		"message.explain", "message.getSMSStatus", "message.list", "message.preview",
		"numberStopList.list",
		"price.listPublic",
		"taskQueue.getStatus",
		"user.getOwnBalance",
		"webhook.deliveries", "webhook.get", "webhook.list",
	}
}

// ParseMethods understands "reading", "all", or names apart by commas:
// "message.list,user.getOwnBalance".
func ParseMethods(text string) (Methods, error) {
	switch text {
	case "all":
		return Methods{all: true}, nil
	case "reading":
		return Methods{names: Reading()}, nil
	}
	names := strings.Split(text, ",")
	for i, name := range names {
		names[i] = strings.TrimSpace(name)
		if module, method, ok := strings.Cut(names[i], "."); !ok || !isName(module) || !isName(method) {
			return Methods{}, fmt.Errorf("%q is no method: want reading, all, or names such as message.list,user.getOwnBalance", text)
		}
	}
	return Methods{names: names, listed: true}, nil
}

const servicePrefix = "/service/"

// methodOf is the method that a path calls, in the spelling of the API where it is one
// of Reading, else in lower case; ok is false where the path calls none.
func methodOf(path string) (name string, ok bool) {
	if len(path) < len(servicePrefix) || !strings.EqualFold(path[:len(servicePrefix)], servicePrefix) {
		return "", false
	}
	module, method, ok := strings.Cut(strings.TrimSuffix(path[len(servicePrefix):], "/"), "/")
	if !ok || !isName(module) || !isName(method) {
		return "", false
	}
	name = strings.ToLower(module + "." + method)
	for _, known := range Reading() {
		if strings.EqualFold(known, name) {
			return known, true
		}
	}
	return name, true
}
