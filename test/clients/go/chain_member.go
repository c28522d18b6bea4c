package main

import (
	"context"
	"errors"
	"fmt"
	"net"
	"slices"
	"strings"
	"time"

	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kgo"
)

// chainMember is one member of a stage. Others may have its name, and so its transactional id: the last one to come has it.
type chainMember struct {
	chain   *chain
	stage   int
	name    string
	session *kgo.GroupTransactSession
	stop    context.CancelFunc
	pausing chan struct{}
	stopped chan struct{}
}

func (c *chain) member(stage int, name string) *chainMember {
	m := &chainMember{
		chain: c, stage: stage, name: fmt.Sprintf("stage-%d-%s", stage, name),
		pausing: make(chan struct{}), stopped: make(chan struct{}),
	}
	ctx, stop := context.WithCancel(context.Background())
	m.stop = stop
	go c.watch(func() error {
		defer close(m.stopped)
		return m.run(ctx)
	})
	return m
}

func (m *chainMember) leave() {
	m.stop()
	<-m.stopped
}

func (m *chainMember) run(ctx context.Context) error {
	for {
		err := m.serve(ctx)
		switch {
		case err == nil || errors.Is(err, context.Canceled):
			return nil
		case !isLostBroker(err):
			return m.judge(err)
		case ctx.Err() != nil:
			return nil
		}
		// Nobody knows whether the transaction was committed: franz-go would go back to where it began. A new client asks.
		m.chain.note(fmt.Sprintf("%s begins again as a new client: %v", m.name, err))
	}
}

func (m *chainMember) serve(ctx context.Context) error {
	options := []kgo.Opt{
		kgo.SeedBrokers(strings.Split(m.chain.bootstrap, ",")...),
		kgo.TransactionalID(m.chain.prefix + "-" + m.name),
		kgo.TransactionTimeout(20 * time.Second),
		kgo.FetchIsolationLevel(kgo.ReadCommitted()),
		kgo.ConsumerGroup(fmt.Sprintf("%s-stage-%d", m.chain.prefix, m.stage)),
		kgo.ConsumeTopics(m.chain.topic(m.stage - 1)),
		kgo.ConsumeResetOffset(kgo.NewOffset().AtStart()),
		kgo.SessionTimeout(6 * time.Second),
		kgo.HeartbeatInterval(500 * time.Millisecond),
		kgo.RequireStableFetchOffsets(),
		kgo.RecordPartitioner(kgo.ManualPartitioner()),
	}
	if coordinatorAssigns {
		options = append(options, kgo.ServerSideBalancer())
	}
	session, err := kgo.NewGroupTransactSession(options...)
	if err != nil {
		return err
	}
	defer session.Close()
	m.session = session
	// Ends what one of its name has left open, as initTransactions of the Java client.
	if _, _, err := session.Client().ProducerID(ctx); err != nil {
		return err
	}
	for ctx.Err() == nil {
		fetches := session.PollFetches(ctx)
		if fetches.NumRecords() == 0 {
			continue
		}
		if err := m.transform(fetches); err != nil {
			return err
		}
	}
	return nil
}

// transform puts the stage's number behind each value.
func (m *chainMember) transform(fetches kgo.Fetches) error {
	ctx := context.Background()
	if err := m.session.Begin(); err != nil {
		return err
	}
	first := kgo.AbortingFirstErrPromise(m.session.Client())
	for record := range fetches.RecordsAll() {
		value := fmt.Appendf(slices.Clip(record.Value), " %d", m.stage)
		next := &kgo.Record{Topic: m.chain.topic(m.stage), Partition: record.Partition, Key: record.Key, Value: value}
		m.session.Produce(ctx, next, first.Promise())
	}
	select {
	case <-m.pausing:
		if err := m.session.Client().Flush(ctx); err != nil {
			return err
		}
		fmt.Printf("%s%d\n", inTransaction, m.stage)
		select {} // Until it is killed.
	default:
	}
	failure := first.Err()
	committed, err := m.session.End(ctx, failure == nil)
	if err != nil {
		return err
	}
	if failure != nil && isFencing(failure) {
		return failure
	}
	if !committed {
		m.chain.note(fmt.Sprintf("%s begins again: %v", m.name, failure))
	}
	return nil
}

func isFencing(err error) bool {
	return errors.Is(err, kerr.ProducerFenced) || errors.Is(err, kerr.InvalidProducerEpoch) || errors.Is(err, kerr.InvalidTxnState)
}

func isLostBroker(err error) bool {
	var network *net.OpError
	return errors.As(err, &network) || kgo.IsRetryableBrokerErr(err)
}

// judge: whoever has its name now goes on with its work.
func (m *chainMember) judge(err error) error {
	if !isFencing(err) {
		return fmt.Errorf("%s: %w", m.name, err)
	}
	m.chain.fenced.Add(1)
	m.chain.note(fmt.Sprintf("%s is fenced: %v", m.name, err))
	return nil
}
