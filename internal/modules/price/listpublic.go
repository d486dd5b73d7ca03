package price

import (
	"cmp"
	"context"
	"maps"
	"slices"
	"strings"

	"golang.org/x/text/language"
	"golang.org/x/text/language/display"

	"github.com/heliograph-sms/heliograph/internal/api"
	"github.com/heliograph-sms/heliograph/internal/money"
	"github.com/heliograph-sms/heliograph/internal/phone"
)

// Methods is the module's part of the method table.
func (m *Module) Methods() api.Module {
	return api.Module{
		Name: "price",
		Doc:  "What messages cost.",
		Methods: []api.Method{
			api.Define("listPublic", "Lists what a segment to a country costs, by operator.", m.listPublic,
				api.Returns[publicPrices]("The prices; both lists are empty where nothing is sent.")),
		},
	}
}

type listPublicParams struct {
	CountryA2 string `param:"countryA2,required" doc:"ISO 3166 code of the country, two letters."`
	Currency  string `param:"currency,required" doc:"ISO 4217 code of a currency that there are prices in."`
	Language  string `param:"language,required,oneof=en|ru|uk|kk|pt-BR" doc:"The language of the country's name."`
}

type publicPrices struct {
	PriceGroups []priceGroup  `json:"priceGroups" doc:"The country that was asked for; empty where nothing is sent to it."`
	Prices      []publicPrice `json:"prices" doc:"What its operators cost."`
}

// priceGroup is the prices of one country in one currency.
type priceGroup struct {
	ID          string `json:"id" doc:"Id of the price group: the country's code."`
	CountryA2   string `json:"countryA2" doc:"ISO 3166 code of the country, two letters."`
	CountryName string `json:"countryName" doc:"Its name in the language asked for."`
	CallingCode string `json:"callingCode" doc:"What its numbers begin with."`
	Currency    string `json:"currency" doc:"ISO 4217 code of the currency of the prices."`
}

type publicPrice struct {
	PriceGroupID string       `json:"priceGroupId" doc:"Id of the price group it belongs to."`
	Operator     *string      `json:"operator" doc:"The operator; null = any other of the country."`
	Price        money.Amount `json:"price" doc:"Price of one segment."`
}

// listPublic answers from memory: a country that nothing is sent to has no price group.
func (m *Module) listPublic(_ context.Context, _ *api.Call, p *listPublicParams) (any, error) {
	country, known := phone.FindCountry(strings.ToUpper(p.CountryA2))
	if !known {
		return nil, api.BadParameter("countryA2", "price.notCountry", nil)
	}
	prices, currency := m.Get(), strings.ToUpper(p.Currency)
	if !prices.currencies[currency] {
		return nil, api.BadParameter("currency", "price.notCurrency", nil)
	}
	answer := publicPrices{PriceGroups: []priceGroup{}, Prices: []publicPrice{}}
	operators := prices.countries[place{currency, country.A2}]
	if operators == nil {
		return answer, nil
	}
	answer.PriceGroups = append(answer.PriceGroups, priceGroup{
		ID: country.A2, CountryA2: country.A2, CountryName: countryName(country, p.Language), CallingCode: country.CallingCode, Currency: currency,
	})
	for _, operator := range slices.Sorted(maps.Keys(operators)) {
		price := publicPrice{PriceGroupID: country.A2, Price: operators[operator]}
		if operator != "" {
			price.Operator = &operator
		}
		answer.Prices = append(answer.Prices, price)
	}
	return answer, nil
}

// countryName is the country's name in one of the languages of the API; in English
// where that language has none for it.
func countryName(country phone.Country, tag string) string {
	region, err := language.ParseRegion(country.A2)
	names := regionNames(tag)
	if err != nil || names == nil {
		return country.Name
	}
	return cmp.Or(names.Name(region), country.Name)
}

// regionNames is nil for English: that is what phone's names are in.
func regionNames(tag string) display.Namer {
	switch tag { // a dictionary that is not named here is not linked
	case "ru":
		return display.Russian.Regions()
	case "uk":
		return display.Ukrainian.Regions()
	case "kk":
		return display.Kazakh.Regions()
	case "pt-BR":
		return display.Portuguese.Regions()
	}
	return nil
}
