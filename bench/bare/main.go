// Bare is what the server is measured against: net/http handlers that read the same forms and answer the same
// envelopes, and do nothing else. What the server takes on top of it is ours.
package main

import (
	"flag"
	"fmt"
	"io"
	"log"
	"net/http"
	"strconv"
	"sync/atomic"
)

func main() {
	listen := flag.String("listen", "127.0.0.1:8081", "address to listen on")
	flag.Parse()
	http.Handle("/service/message/sendSmsMessage", &handler{})
	http.HandleFunc("/service/user/getOwnBalance", balance)
	http.HandleFunc("/readyz", func(w http.ResponseWriter, _ *http.Request) { fmt.Fprintln(w, "ok") })
	log.Fatal(http.ListenAndServe(*listen, nil))
}

type handler struct{ last atomic.Int64 }

func (h *handler) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if err := r.ParseForm(); err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	w.Header().Set("Content-Type", "application/json; charset=utf-8")
	for _, name := range []string{"apiKey", "recipient", "text", "from"} {
		if r.Form.Get(name) == "" {
			fmt.Fprintf(w, `{"code":11,"data":null,"message":%q}`, name)
			return
		}
	}
	id := strconv.FormatInt(h.last.Add(1), 10)
	body := make([]byte, 0, 96)
	body = append(body, `{"code":0,"data":{"campaignId":"`...)
	body = append(body, id...)
	body = append(body, `","messageId":"`...)
	body = append(body, id...)
	body = append(body, `","status":2},"message":""}`...)
	if _, err := w.Write(body); err != nil {
		return // the caller has gone
	}
}

func balance(w http.ResponseWriter, r *http.Request) {
	if err := r.ParseForm(); err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	w.Header().Set("Content-Type", "application/json; charset=utf-8")
	answer := `{"code":0,"data":{"balance":"190.4280","currency":"KZT"},"message":""}`
	if r.Form.Get("apiKey") == "" {
		answer = `{"code":11,"data":null,"message":"apiKey"}`
	}
	if _, err := io.WriteString(w, answer); err != nil {
		return // the caller has gone
	}
}
