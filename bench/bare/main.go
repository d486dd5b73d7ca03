// Bare is what the server is measured against: a net/http handler that reads the same form and answers the same
// envelope, and does nothing else. What the server takes on top of it is ours.
package main

import (
	"flag"
	"fmt"
	"log"
	"net/http"
	"strconv"
	"sync/atomic"
)

func main() {
	listen := flag.String("listen", "127.0.0.1:8081", "address to listen on")
	flag.Parse()
	http.Handle("/service/message/sendSmsMessage", &handler{})
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
