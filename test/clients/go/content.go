package main

import (
	"bytes"
	"crypto/sha256"
	"encoding/binary"
	"fmt"
	"time"

	"github.com/twmb/franz-go/pkg/kgo"
)

// content knows the records of one topic, each a function of the seed, the topic's name and the record's number (see the README).
type content struct {
	seed          string
	topic         string
	records       int
	partitions    int
	baseTimestamp int64
}

func newContent(arguments arguments, codec string) content {
	return content{
		seed:          arguments.text("seed"),
		topic:         arguments.text("prefix") + "-" + codec,
		records:       arguments.number("records"),
		partitions:    arguments.number("partitions"),
		baseTimestamp: int64(arguments.number("base-timestamp")),
	}
}

// end is how many records the partition holds.
func (c content) end(partition int32) int64 {
	return int64((c.records - int(partition) + c.partitions - 1) / c.partitions)
}

func (c content) record(index int) *kgo.Record {
	h := sha256.Sum256(fmt.Appendf(nil, "%s:%s:%d", c.seed, c.topic, index))
	timestamp := c.baseTimestamp + int64(index)*50 + int64(h[5]%7)
	if index%3 == 0 {
		timestamp -= 500
	}
	return &kgo.Record{
		Topic:     c.topic,
		Partition: int32(index % c.partitions),
		Timestamp: time.UnixMilli(timestamp),
		Key:       key(h, index),
		Value:     value(h, index),
		Headers:   headers(h),
	}
}

func key(h [32]byte, index int) []byte {
	switch index % 10 {
	case 0:
		return nil
	case 1:
		return []byte{}
	}
	return h[:1+h[0]%24]
}

func value(h [32]byte, index int) []byte {
	switch index % 50 {
	case 7:
		return nil
	case 8:
		return []byte{}
	}
	length := (int(h[1])*256 + int(h[2])) % 400
	if index%500 == 250 {
		length = 20_000
	}
	value := make([]byte, 0, length+32)
	if index%2 == 0 {
		for i := range length {
			value = append(value, h[8+i%8])
		}
		return value
	}
	for block := uint32(0); len(value) < length; block++ {
		piece := sha256.Sum256(binary.BigEndian.AppendUint32(bytes.Clone(h[:]), block))
		value = append(value, piece[:]...)
	}
	return value[:length]
}

func headers(h [32]byte) []kgo.RecordHeader {
	var headers []kgo.RecordHeader
	shape := h[3] % 4
	if shape > 0 {
		headers = append(headers, kgo.RecordHeader{Key: "trace", Value: h[12 : 12+h[12]%9]})
	}
	if shape == 2 {
		headers = append(headers, kgo.RecordHeader{Key: "trace", Value: h[20:28]}, kgo.RecordHeader{Key: "ключ", Value: nil})
	}
	if shape == 3 {
		headers = append(headers, kgo.RecordHeader{Key: "empty", Value: []byte{}})
	}
	return headers
}

// compare says what differs from what was sent to the record's place, if a byte does.
func (c content) compare(got *kgo.Record) error {
	index := int(got.Offset)*c.partitions + int(got.Partition)
	place := fmt.Sprintf("%s-%d offset %d", got.Topic, got.Partition, got.Offset)
	if index >= c.records {
		return fmt.Errorf("%s: no record was sent there", place)
	}
	sent := c.record(index)
	if !same(sent.Key, got.Key) {
		return fmt.Errorf("%s key: sent %s, got %s", place, hex(sent.Key), hex(got.Key))
	}
	if !same(sent.Value, got.Value) {
		return fmt.Errorf("%s value: sent %s, got %s", place, hex(sent.Value), hex(got.Value))
	}
	if !sent.Timestamp.Equal(got.Timestamp) {
		return fmt.Errorf("%s timestamp: sent %v, got %v", place, sent.Timestamp, got.Timestamp)
	}
	if len(sent.Headers) != len(got.Headers) {
		return fmt.Errorf("%s: sent %d headers, got %d", place, len(sent.Headers), len(got.Headers))
	}
	for i, header := range sent.Headers {
		if header.Key != got.Headers[i].Key || !same(header.Value, got.Headers[i].Value) {
			return fmt.Errorf("%s header %d: sent %s=%s, got %s=%s", place, i, header.Key, hex(header.Value), got.Headers[i].Key, hex(got.Headers[i].Value))
		}
	}
	return nil
}

// same tells null from empty, which bytes.Equal does not.
func same(sent, got []byte) bool {
	return (sent == nil) == (got == nil) && bytes.Equal(sent, got)
}

func hex(b []byte) string {
	if b == nil {
		return "null"
	}
	return fmt.Sprintf("%d bytes %x", len(b), b[:min(40, len(b))])
}
