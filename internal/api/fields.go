package api

import "slices"

// fieldMessages is the data of code 1: field → list of messages, fields in the
// order they were found wanting.
type fieldMessages []fieldMessage

type fieldMessage struct {
	field    string
	messages []string
}

// fields says what is wrong with each field.
func (s speaker) fields(errors []FieldError) fieldMessages {
	var all fieldMessages
	for _, e := range errors {
		i := slices.IndexFunc(all, func(m fieldMessage) bool { return m.field == e.Field })
		if i < 0 {
			i = len(all)
			all = append(all, fieldMessage{field: e.Field})
		}
		all[i].messages = append(all[i].messages, s.say(e.Key, e.Args))
	}
	return all
}

// MarshalJSON writes an object whose keys keep their order.
func (m fieldMessages) MarshalJSON() ([]byte, error) {
	b := newBuffer()
	b.WriteByte('{')
	for i, f := range m {
		if i > 0 {
			b.WriteByte(',')
		}
		if err := b.value(f.field); err != nil {
			return nil, err
		}
		b.WriteByte(':')
		if err := b.value(f.messages); err != nil {
			return nil, err
		}
	}
	b.WriteByte('}')
	return b.Bytes(), nil
}
