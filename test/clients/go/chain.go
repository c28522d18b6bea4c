// Three stages, each a group of members that consume, transform and produce exactly once, while members join, die, are fenced and leave
// and brokers stop and start. What comes out of the last stage must be what went into the first: each record once, in order.
package main

import (
	"bufio"
	"context"
	"fmt"
	"os"
	"slices"
	"strconv"
	"strings"
	"sync/atomic"
	"time"

	"github.com/twmb/franz-go/pkg/kadm"
	"github.com/twmb/franz-go/pkg/kgo"
)

const (
	stages      = 3
	fedTogether = 1_000
	fedAhead    = 12_000
	// So little that it lasts until everybody has got something.
	drippedTogether = 60
)

type chain struct {
	bootstrap, prefix   string
	records, partitions int
	start               time.Time
	answers             chan string
	failures            chan error
	over                chan struct{}
	received, fenced    atomic.Int64
	isDripping          atomic.Bool
}

func newChain(arguments arguments) *chain {
	return &chain{
		bootstrap: arguments.text("bootstrap"), prefix: arguments.text("prefix"),
		records: arguments.number("records"), partitions: arguments.number("partitions"),
		start: time.Now(), answers: make(chan string, 8), failures: make(chan error, 64), over: make(chan struct{}),
	}
}

func runChain(arguments arguments) error {
	c := newChain(arguments)
	brokers, err := c.makeTopics()
	if err != nil {
		return err
	}
	go c.listen()
	doomed, err := startDoomed()
	if err != nil {
		return err
	}
	// Of each stage, those that live in this process, in the order in which they came.
	members := make([][]*chainMember, stages)
	join := func(name string) func(stage int) {
		return func(stage int) { members[stage] = append(members[stage], c.member(stage+1, name)) }
	}
	for stage := range members {
		join("b")(stage)
	}
	read := make(chan struct{})
	go c.watch(c.feed)
	go c.watch(func() error {
		defer close(read)
		return c.read()
	})

	each := func(what func(stage int)) func() error {
		return func() error {
			for stage := range members {
				what(stage)
			}
			return nil
		}
	}
	events := []struct {
		hundredths int
		what       string
		happen     func() error
	}{
		{10, "a third member joins each stage", each(join("c"))},
		{20, "the first broker stops", c.order("STOP", brokers[0], "STOPPED")},
		{26, "it starts", c.order("START", brokers[0], "STARTED")},
		{34, "the first member of each stage is killed in a transaction, and is replaced", func() error {
			c.isDripping.Store(true)
			err := doomed.die()
			c.isDripping.Store(false)
			if err != nil {
				return err
			}
			return each(join("a"))()
		}},
		{48, "the second member of each stage is fenced by another of its name", each(join("b"))},
		{58, "the second broker stops", c.order("STOP", brokers[1], "STOPPED")},
		{64, "it starts", c.order("START", brokers[1], "STARTED")},
		{72, "the third member of each stage leaves", each(func(stage int) { members[stage][1].leave() })},
		{82, "the third broker stops", c.order("STOP", brokers[2], "STOPPED")},
		{88, "it starts", c.order("START", brokers[2], "STARTED")},
		{100, "all is there", each(func(stage int) {
			for _, member := range members[stage] {
				member.leave()
			}
		})},
	}
	for _, event := range events {
		if err := c.await(event.hundredths, event.what); err != nil {
			return err
		}
		if err := event.happen(); err != nil {
			return err
		}
	}
	close(c.over)
	select {
	case <-read:
	case <-time.After(30 * time.Second):
		return fmt.Errorf("the end of the last topic cannot be read")
	}
	select {
	case err := <-c.failures:
		return err
	default:
	}
	if c.fenced.Load() < stages {
		return fmt.Errorf("only %d members were fenced", c.fenced.Load())
	}
	fmt.Printf("%d records through %d stages, each once and in order; %d members were fenced\n", c.records, stages, c.fenced.Load())
	return nil
}

func (c *chain) topic(stage int) string {
	return c.prefix + "-" + strconv.Itoa(stage)
}

func (c *chain) makeTopics() ([]int32, error) {
	client, err := kgo.NewClient(kgo.SeedBrokers(strings.Split(c.bootstrap, ",")...))
	if err != nil {
		return nil, err
	}
	defer client.Close()
	admin := kadm.NewClient(client)
	topics := make([]string, 0, stages+1)
	for stage := range stages + 1 {
		topics = append(topics, c.topic(stage))
	}
	created, err := admin.CreateTopics(context.Background(), int32(c.partitions), 3, nil, topics...)
	if err != nil {
		return nil, err
	}
	if err := created.Error(); err != nil {
		return nil, err
	}
	brokers, err := admin.ListBrokers(context.Background())
	if err != nil {
		return nil, err
	}
	ids := brokers.NodeIDs()
	slices.Sort(ids)
	return ids, nil
}

func (c *chain) read() error {
	offsets := map[int32]kgo.Offset{}
	next := make([]int, c.partitions)
	for partition := range next {
		offsets[int32(partition)] = kgo.NewOffset().AtStart()
		next[partition] = partition
	}
	client, err := kgo.NewClient(
		kgo.SeedBrokers(strings.Split(c.bootstrap, ",")...), kgo.FetchIsolationLevel(kgo.ReadCommitted()),
		kgo.ConsumePartitions(map[string]map[int32]kgo.Offset{c.topic(stages): offsets}),
	)
	if err != nil {
		return err
	}
	defer client.Close()
	check := func(ctx context.Context) error {
		fetches := client.PollFetches(ctx)
		for record := range fetches.RecordsAll() {
			if expected := strconv.Itoa(next[record.Partition]) + " 1 2 3"; string(record.Value) != expected {
				return fmt.Errorf("%s instead of %s in partition %d at %d", record.Value, expected, record.Partition, record.Offset)
			}
			next[record.Partition] += c.partitions
			c.received.Add(1)
		}
		return nil
	}
	// And a while longer, for nothing may follow what is expected.
	var deadline time.Time
	for deadline.IsZero() || time.Now().Before(deadline) {
		select {
		case <-c.over:
			if deadline.IsZero() {
				deadline = time.Now().Add(time.Second)
			}
		default:
		}
		ctx, cancel := context.WithTimeout(context.Background(), 200*time.Millisecond)
		err := check(ctx)
		cancel()
		if err != nil {
			return err
		}
	}
	if received := c.received.Load(); received != int64(c.records) {
		return fmt.Errorf("%d records came out of the last stage", received)
	}
	return nil
}

// await waits until that part, in hundredths, has come out of the last stage.
func (c *chain) await(hundredths int, what string) error {
	deadline := time.Now().Add(90 * time.Second)
	for c.received.Load() < int64(c.records*hundredths/100) {
		select {
		case err := <-c.failures:
			return err
		case <-time.After(20 * time.Millisecond):
		}
		if time.Now().After(deadline) {
			return fmt.Errorf("90 s passed, and only %d records are there: not yet %s", c.received.Load(), what)
		}
	}
	c.note(fmt.Sprintf("%d records: %s", c.received.Load(), what))
	return nil
}

func (c *chain) order(order string, broker int32, answer string) func() error {
	return func() error {
		fmt.Println(order, broker)
		select {
		case given := <-c.answers:
			if given == answer {
				return nil
			}
			return fmt.Errorf("%s instead of %s", given, answer)
		case <-time.After(time.Minute):
			return fmt.Errorf("no %s", answer)
		}
	}
}

func (c *chain) listen() {
	for lines := bufio.NewScanner(os.Stdin); lines.Scan(); {
		c.answers <- lines.Text()
	}
}

func (c *chain) watch(work func() error) {
	if err := work(); err != nil {
		c.failures <- err
	}
}

func (c *chain) note(what string) {
	fmt.Printf("%d ms: %s\n", time.Since(c.start).Milliseconds(), what)
}
