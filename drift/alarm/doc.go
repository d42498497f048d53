// Package alarm owns the rules on metrics and the life cycle of the alarms
// they raise: unknown, ok, pending, firing, resolved. It is a pure state
// machine: memory, what a window says and an instant go in, memory and at most
// one record come out.
//
// It must not know how windows are summed, which window is judged, Kafka,
// notifiers or the wall clock. Three promises are kept here: too little
// evidence is never taken for good, a firing alarm is never silently resolved,
// and an alarm whose window no longer stands is withdrawn and says so.
package alarm
