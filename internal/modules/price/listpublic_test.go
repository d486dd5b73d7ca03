package price_test

import (
	"fmt"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/heliograph-sms/heliograph/internal/api"
	"github.com/heliograph-sms/heliograph/internal/db"
	"github.com/heliograph-sms/heliograph/internal/modules/price"
	"github.com/heliograph-sms/heliograph/internal/modules/user"
	"github.com/heliograph-sms/heliograph/internal/phone"
	"github.com/heliograph-sms/heliograph/internal/testkit"
)

// shop is a module behind the door, with an account that may ask it.
type shop struct {
	door *api.Door
	key  string
}

func openShop(t *testing.T, d *db.DB, m *price.Module) *shop {
	t.Helper()
	users := user.New(d, db.NewWatcher(d), testkit.Logger(t))
	_, key, err := users.CreateAccount(t.Context(), user.NewAccount{Name: "Ann", Currency: "KZT", Timezone: "UTC", Language: "en"})
	if err != nil {
		t.Fatal(err)
	}
	door, err := api.New(api.Config{Modules: []api.Module{m.Methods()}, Auth: users, Clock: time.Now, Undeclared: testkit.Fails(t), Logger: testkit.Logger(t)})
	if err != nil {
		t.Fatal(err)
	}
	return &shop{door, key}
}

// ask gives the answer as it stands on the wire.
func (s *shop) ask(t *testing.T, query string) string {
	t.Helper()
	w := httptest.NewRecorder()
	s.door.ServeHTTP(w, httptest.NewRequest("GET", "/service/price/listPublic?"+query, nil))
	return strings.TrimSpace(w.Body.String())
}

func TestPublicPricesHaveTheirDocumentedShape(t *testing.T) {
	onBoth(t, func(t *testing.T, d *db.DB, m *price.Module) {
		load(t, m, "KZ,Kcell,12.5,KZT", "KZ,,10,KZT", "KZ,,0.02,USD", "RU,MTS,3,KZT")
		start(t, m)
		s := openShop(t, d, m)
		const group = `{"id":%q,"countryA2":%[1]q,"countryName":%[2]q,"callingCode":"7","currency":%[3]q}`
		kazakhstan := func(name, currency string) string { return fmt.Sprintf(group, "KZ", name, currency) }
		both := `{"priceGroupId":"KZ","operator":null,"price":"10.0000"},{"priceGroupId":"KZ","operator":"Kcell","price":"12.5000"}`
		for _, c := range []struct{ query, groups, prices string }{
			{"countryA2=KZ&currency=KZT&language=en", kazakhstan("Kazakhstan", "KZT"), both},
			{"countryA2=kz&currency=kzt&language=ru", kazakhstan("Казахстан", "KZT"), both},
			{"countryA2=KZ&currency=KZT&language=uk", kazakhstan("Казахстан", "KZT"), both},
			{"countryA2=KZ&currency=KZT&language=kk", kazakhstan("Қазақстан", "KZT"), both},
			{"countryA2=KZ&currency=USD&language=pt-BR", kazakhstan("Cazaquistão", "USD"), `{"priceGroupId":"KZ","operator":null,"price":"0.0200"}`},
			{"countryA2=RU&currency=KZT&language=en", fmt.Sprintf(group, "RU", "Russia", "KZT"), `{"priceGroupId":"RU","operator":"MTS","price":"3.0000"}`},
			{"countryA2=RU&currency=USD&language=en", "", ""},
		} {
			want := fmt.Sprintf(`{"code":0,"data":{"priceGroups":[%s],"prices":[%s]},"message":""}`, c.groups, c.prices)
			if got := s.ask(t, "apiKey="+s.key+"&"+c.query); got != want {
				t.Errorf("%s:\ngot  %s\nwant %s", c.query, got, want)
			}
		}
	})
}

func TestPublicPricesOfWhatIsUnknownAreRefused(t *testing.T) {
	onBoth(t, func(t *testing.T, d *db.DB, m *price.Module) {
		load(t, m, "KZ,,10,KZT")
		start(t, m)
		s := openShop(t, d, m)
		for _, c := range []struct {
			query string
			code  api.Code
			names string
		}{
			{"countryA2=XX&currency=KZT&language=en", 12, "countryA2"},
			{"countryA2=Kazakhstan&currency=KZT&language=en", 12, "countryA2"},
			{"countryA2[x]=KZ&currency=KZT&language=en", 12, "countryA2"},
			{"countryA2=KZ&currency=EUR&language=en", 12, "currency"},
			{"countryA2=KZ&currency=tenge&language=en", 12, "currency"},
			{"countryA2=KZ&currency=KZT&language=de", 12, "language"},
			{"countryA2=KZ", 11, "currency, language"},
			{"countryA2=&currency=&language=", 11, "countryA2, currency, language"},
		} {
			got := s.ask(t, "apiKey="+s.key+"&"+c.query)
			if !strings.HasPrefix(got, fmt.Sprintf(`{"code":%d,"data":null,`, c.code)) || !strings.Contains(got, c.names) {
				t.Errorf("%s: %s; want code %d about %s", c.query, got, c.code, c.names)
			}
		}
		if got := s.ask(t, "countryA2=KZ&currency=KZT&language=en"); !strings.HasPrefix(got, `{"code":8,`) {
			t.Errorf("without a key: %s", got)
		}
	})
}

func TestEveryCountryHasANameInEachLanguage(t *testing.T) {
	onBoth(t, func(t *testing.T, d *db.DB, m *price.Module) {
		var codes []string
		for _, country := range phone.Countries() {
			codes = append(codes, country.A2)
		}
		if err := m.SetAll(t.Context(), "KZT", 1, codes); err != nil {
			t.Fatal(err)
		}
		start(t, m)
		s := openShop(t, d, m)
		for _, code := range codes {
			for _, tag := range user.Languages() {
				got := s.ask(t, "apiKey="+s.key+"&countryA2="+code+"&currency=KZT&language="+tag)
				if strings.Contains(got, `"countryName":""`) || !strings.Contains(got, `"countryName":"`) {
					t.Errorf("%s in %s: %s", code, tag, got)
				}
			}
		}
	})
}
