package user

// OnHash has told called before each password that a login compares.
func (m *Module) OnHash(told func()) {
	compare := m.hasher.compare
	m.hasher.compare = func(password, hash string) (bool, error) {
		told()
		return compare(password, hash)
	}
}
