package main

import (
	"os"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"

	"github.com/heliograph-sms/heliograph/internal/testkit"
)

// The scripts run the program itself, this test's binary under its name.
func TestMain(m *testing.M) {
	testscript.Main(m, map[string]func(){"heliograph": main})
}

// TestScripts runs every script on each engine; $DB is the URL of an empty database.
func TestScripts(t *testing.T) {
	for _, engine := range testkit.Engines {
		t.Run(engine, func(t *testing.T) {
			testscript.Run(t, testscript.Params{
				Dir:                 "testdata/script",
				RequireExplicitExec: true,
				Condition:           func(cond string) (bool, error) { return cond == engine, nil },
				Setup: func(env *testscript.Env) error {
					url := "sqlite:" + env.WorkDir + "/heliograph.db"
					if engine == "postgres" {
						url = testkit.NewDatabase(env.T().(testing.TB), engine)
					}
					env.Setenv("DB", url)
					return os.WriteFile(env.WorkDir+"/heliograph.toml", []byte("[database]\nurl = \""+url+"\"\n[cell]\nprefix = \"br\"\ndomain = \"api.br.example\"\n"), 0o600)
				},
			})
		})
	}
}
