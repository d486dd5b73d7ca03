package smpp

import (
	"errors"
	"fmt"
)

var (
	// ErrNotSent: not one octet of the PDU was handed to the network. Sending it again cannot double it.
	ErrNotSent = errors.New("smpp: not sent")
	// ErrNoAnswer: the PDU, or a part of it, was or may have been handed to the network, and no answer came.
	ErrNoAnswer = errors.New("smpp: no answer")

	// ErrWindowFull goes with ErrNotSent: as many requests as the window allows are unanswered.
	ErrWindowFull = errors.New("smpp: window full")
	// ErrClosed: this side closed the session.
	ErrClosed = errors.New("smpp: session closed")
	// ErrUnbound: the peer unbound.
	ErrUnbound = errors.New("smpp: unbound by peer")
	// ErrTimeout: the peer did not answer in time.
	ErrTimeout = errors.New("smpp: timed out")
	// ErrNotBound: the client has no session at the moment, or a session is not bound the way this PDU needs.
	ErrNotBound = errors.New("smpp: not bound")
)

func notSent(cause error) error  { return fmt.Errorf("%w: %w", ErrNotSent, cause) }
func noAnswer(cause error) error { return fmt.Errorf("%w: %w", ErrNoAnswer, cause) }

// StatusError is an answer whose status is not ESME_ROK.
type StatusError struct {
	Command CommandID // of the answer
	Status  Status
}

func (e *StatusError) Error() string { return fmt.Sprintf("smpp: %s: %s", e.Command, e.Status) }

// CheckStatus is nil for an answer of status 0, else a *StatusError.
func CheckStatus(resp PDU) error {
	if s := resp.Head().Status; s != StatusOK {
		return &StatusError{resp.Command(), s}
	}
	return nil
}

// FieldError is a field that breaks the standard's limits, met when encoding or decoding. When it was met in a PDU
// that was read, the stream is still in step and Sequence can be answered with Status.
type FieldError struct {
	Command  CommandID
	Sequence uint32
	Status   Status // what the standard answers to such a field
	Field    string // the standard's name
	Reason   string
}

func (e *FieldError) Error() string {
	return fmt.Sprintf("smpp: %s: %s %s", e.Command, e.Field, e.Reason)
}

// CommandError is a whole PDU of a command that SMPP 3.4 does not have; the stream is still in step.
type CommandError struct {
	Command  CommandID
	Sequence uint32
}

func (e *CommandError) Error() string { return fmt.Sprintf("smpp: unknown %s", e.Command) }

// LengthError is a command_length out of bounds, or not that of the octets given to Decode. Nothing after it can be trusted: the link must end.
type LengthError struct{ Length uint32 }

func (e *LengthError) Error() string {
	return fmt.Sprintf("smpp: command_length %d is out of bounds or not the PDU's", e.Length)
}

// fieldStatus is the status the standard keeps for a bad field.
func fieldStatus(field string) Status {
	switch field {
	case "source_addr":
		return StatusInvSrcAddr
	case "destination_addr":
		return StatusInvDstAddr
	case "service_type":
		return StatusInvServiceType
	case "message_id":
		return StatusInvMsgID
	case "system_id":
		return StatusInvSystemID
	case "password":
		return StatusInvPassword
	case "system_type":
		return StatusInvSystemType
	case "schedule_delivery_time":
		return StatusInvSchedule
	case "validity_period":
		return StatusInvExpiry
	case "sm_length", "short_message":
		return StatusInvMsgLen
	case "number_of_dests":
		return StatusInvNumDests
	case "dest_flag":
		return StatusInvDestFlag
	case "dl_name":
		return StatusInvDLName
	case "tlv":
		return StatusInvOptParStream
	}
	return StatusInvCmdLen
}
