package schemas

// op is one instruction of a Projection: its code and what it needs of a count,
// a slot and an index.
type op struct {
	code opCode
	n    int32 // bytes, repetitions, branches, symbols, or the scale of a decimal
	slot int32 // where the value goes
	arg  int32 // index into a table of the projection, or a place in the program, or the size of a fixed
}

type opCode uint8

const (
	opEnd     opCode = iota // the datum or the item is read
	opDoubles               // n doubles to slots[arg:]
	opText                  // string or bytes to a text, aliasing
	opNumberInt
	opNumberLong
	opNumberFloat
	opNumberBool
	opTimeMillis
	opTimeMicros
	opUnion   // n branches, their places in jumps[arg:]
	opJump    // to arg
	opMark    // remember the position
	opBack    // return to it: the same bytes are wanted again
	opDefault // the writer's branch lacks the field: values[arg], type n
	opFault   // the branch cannot be projected: faults[arg]

	// The rest of the skips, in runSkip.
	opSkip       // n bytes
	opSkipBytes  // n strings or bytes
	opSkipInt    // n ints
	opSkipLong   // n longs
	opSkipBool   // n booleans
	opSkipEnum   // of n symbols
	opArray      // items of at least n bytes by the program that follows; goes on at arg
	opArrayFixed // items of exactly n bytes
	opMap        // like opArray, each item preceded by a key; n without the key

	// The rest of the values, in runValue.
	opTimeNanos
	opTimeDate
	opTimeString
	opNumberDecimal      // of bytes, n: scale
	opNumberDecimalFixed // arg: size
	opTextFixed          // arg: size
	opTextUUID
	opTextEnum // symbols[arg]
	opTextInt
	opTextLong
	opTextFloat
	opTextDouble
	opTextBool
	opTextDecimal
	opTextDecimalFixed
)

// leafOp returns the op that turns a datum of s into t, and whether there is one.
func leafOp(s *schema, t FieldType) (op, bool) {
	type key struct {
		kind avroType
		t    FieldType
	}
	if s.logical == "decimal" && t != Time {
		code := map[key]opCode{
			{typeBytes, Number}: opNumberDecimal, {typeFixed, Number}: opNumberDecimalFixed,
			{typeBytes, Text}: opTextDecimal, {typeFixed, Text}: opTextDecimalFixed,
		}[key{s.kind, t}]
		return op{code: code, n: int32(s.scale), arg: int32(s.size)}, true
	}
	if t == Time {
		code, ok := map[string]opCode{
			"long ": opTimeMillis, "long timestamp-millis": opTimeMillis, "long local-timestamp-millis": opTimeMillis,
			"long timestamp-micros": opTimeMicros, "long local-timestamp-micros": opTimeMicros,
			"long timestamp-nanos": opTimeNanos, "long local-timestamp-nanos": opTimeNanos,
			"int date": opTimeDate, "string ": opTimeString,
		}[s.kind.String()+" "+s.logical]
		return op{code: code}, ok
	}
	if s.kind == typeFixed && s.logical == "uuid" && t == Text {
		return op{code: opTextUUID}, true
	}
	code, ok := map[key]opCode{
		{typeBoolean, Number}: opNumberBool, {typeInt, Number}: opNumberInt, {typeLong, Number}: opNumberLong,
		{typeFloat, Number}: opNumberFloat, {typeDouble, Number}: opDoubles,
		{typeString, Text}: opText, {typeBytes, Text}: opText, {typeFixed, Text}: opTextFixed, {typeEnum, Text}: opTextEnum,
		{typeBoolean, Text}: opTextBool, {typeInt, Text}: opTextInt, {typeLong, Text}: opTextLong,
		{typeFloat, Text}: opTextFloat, {typeDouble, Text}: opTextDouble,
	}[key{s.kind, t}]
	return op{code: code, arg: int32(s.size)}, ok
}
