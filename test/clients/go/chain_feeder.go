package main

import (
	"context"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/twmb/franz-go/pkg/kadm"
	"github.com/twmb/franz-go/pkg/kgo"
)

// feed sends the numbers.
func (c *chain) feed() error {
	for first := 0; first < c.records; {
		err := c.feedFrom(&first)
		if !isLostBroker(err) {
			return err
		}
		// Whether the last transaction was committed is seen when it is over: a producer of the same name has ended it.
		c.note(fmt.Sprintf("the feeder begins again as a new client: %v", err))
		if first, err = c.committed(); err != nil {
			return err
		}
	}
	return nil
}

// feedFrom sends what follows. Every seventh transaction is aborted and sent again: nobody may see it.
func (c *chain) feedFrom(first *int) error {
	client, err := c.feeder()
	if err != nil {
		return err
	}
	defer client.Close()
	ctx := context.Background()
	aborts := false
	for *first < c.records {
		if err := client.BeginTransaction(); err != nil {
			return err
		}
		together := fedTogether
		if c.isDripping.Load() {
			together = drippedTogether
		}
		end := min(*first+together, c.records)
		failure := kgo.AbortingFirstErrPromise(client)
		for number := *first; number < end; number++ {
			value := []byte(strconv.Itoa(number))
			record := &kgo.Record{Topic: c.topic(0), Partition: int32(number % c.partitions), Value: value}
			client.Produce(ctx, record, failure.Promise())
		}
		if err := client.Flush(ctx); err != nil {
			return err
		}
		if err := failure.Err(); err != nil {
			return err
		}
		aborts = !aborts && *first/fedTogether%7 == 0
		if err := client.EndTransaction(ctx, kgo.TransactionEndTry(!aborts)); err != nil {
			return err
		}
		if !aborts {
			*first = end
		}
		// So that what happens to the members and brokers happens while records flow.
		time.Sleep(30 * time.Millisecond)
		for int64(*first)-c.received.Load() > fedAhead {
			time.Sleep(10 * time.Millisecond)
		}
	}
	return nil
}

func (c *chain) feeder() (*kgo.Client, error) {
	return kgo.NewClient(
		kgo.SeedBrokers(strings.Split(c.bootstrap, ",")...), kgo.TransactionalID(c.prefix+"-feeder"), kgo.RecordPartitioner(kgo.ManualPartitioner()),
	)
}

// committed counts the records that the feeder has committed, after it has ended what it had left open.
func (c *chain) committed() (int, error) {
	ctx, cancel := context.WithTimeout(context.Background(), 30*time.Second)
	defer cancel()
	feeder, err := c.feeder()
	if err != nil {
		return 0, err
	}
	defer feeder.Close()
	if _, _, err := feeder.ProducerID(ctx); err != nil {
		return 0, err
	}
	ends, err := kadm.NewClient(feeder).ListCommittedOffsets(ctx, c.topic(0))
	if err == nil {
		err = ends.Error()
	}
	if err != nil {
		return 0, err
	}
	from := map[int32]kgo.Offset{}
	left := 0
	ends.Each(func(end kadm.ListedOffset) {
		if end.Offset > 0 {
			from[end.Partition] = kgo.NewOffset().AtStart()
			left++
		}
	})
	reader, err := kgo.NewClient(
		kgo.SeedBrokers(strings.Split(c.bootstrap, ",")...), kgo.FetchIsolationLevel(kgo.ReadCommitted()), kgo.KeepControlRecords(),
		kgo.ConsumePartitions(map[string]map[int32]kgo.Offset{c.topic(0): from}),
	)
	if err != nil {
		return 0, err
	}
	defer reader.Close()
	committed := 0
	for left > 0 && ctx.Err() == nil {
		for record := range reader.PollFetches(ctx).RecordsAll() {
			if !record.Attrs.IsControl() {
				committed++
			}
			// The last that stands before the end is what ended a transaction.
			if end, _ := ends.Lookup(record.Topic, record.Partition); record.Offset == end.Offset-1 {
				left--
			}
		}
	}
	return committed, ctx.Err()
}
