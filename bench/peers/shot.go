package main

import (
	"fmt"
	"strings"
)

// A shot is the request that sends a message. {id} stands for its number, ten digits, and {to} for its recipient; so all
// are of one length. send.lua fills them in as fill does.
type shot string

func (s shot) fill(number int64) []byte {
	// Last digits 13 to 99: the others have outcomes of their own.
	to := fmt.Sprintf("7701%05d%02d", number%100000, 13+number%87)
	return []byte(strings.NewReplacer("{to}", to, "{id}", fmt.Sprintf("%010d", number)).Replace(string(s)))
}

func getShot(host, target string) shot {
	return shot("GET " + target + " HTTP/1.1\r\nHost: " + host + "\r\n\r\n")
}

func postShot(host, target, form string) shot {
	length := len(shot(form).fill(0))
	return shot(fmt.Sprintf("POST %s HTTP/1.1\r\nHost: %s\r\nContent-Type: application/x-www-form-urlencoded\r\nContent-Length: %d\r\n\r\n%s",
		target, host, length, form))
}
