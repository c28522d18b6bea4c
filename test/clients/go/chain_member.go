package main

import (
	"context"
	"errors"
	"fmt"
	"net"
	"strings"
	"sync"
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
	dying   chan struct{}
	stopped chan struct{}

	mutex  sync.Mutex
	conns  []net.Conn
	isDead bool
}

func (c *chain) member(stage int, name string) *chainMember {
	m := &chainMember{
		chain: c, stage: stage, name: fmt.Sprintf("stage-%d-%s", stage, name),
		dying: make(chan struct{}), stopped: make(chan struct{}),
	}
	ctx, stop := context.WithCancel(context.Background())
	m.stop = stop
	go c.watch(func() error {
		defer close(m.stopped)
		return m.run(ctx)
	})
	return m
}

// die cuts it off in the middle of a transaction, so that nobody hears a word of it any more.
func (m *chainMember) die() {
	close(m.dying)
	<-m.stopped
}

func (m *chainMember) leave() {
	m.stop()
	<-m.stopped
}

func (m *chainMember) run(ctx context.Context) error {
	session, err := kgo.NewGroupTransactSession(
		kgo.SeedBrokers(strings.Split(m.chain.bootstrap, ",")...),
		kgo.TransactionalID(m.chain.prefix+"-"+m.name),
		kgo.TransactionTimeout(20*time.Second),
		kgo.FetchIsolationLevel(kgo.ReadCommitted()),
		kgo.ConsumerGroup(fmt.Sprintf("%s-stage-%d", m.chain.prefix, m.stage)),
		kgo.ConsumeTopics(m.chain.topic(m.stage-1)),
		kgo.ConsumeResetOffset(kgo.NewOffset().AtStart()),
		kgo.SessionTimeout(6*time.Second),
		kgo.HeartbeatInterval(500*time.Millisecond),
		kgo.RequireStableFetchOffsets(),
		kgo.RecordPartitioner(kgo.ManualPartitioner()),
		kgo.Dialer(m.dial),
	)
	if err != nil {
		return err
	}
	m.session = session
	for ctx.Err() == nil {
		fetches := session.PollFetches(ctx)
		if fetches.NumRecords() == 0 {
			continue
		}
		goesOn, err := m.transform(fetches)
		if err != nil {
			session.Close()
			return m.judge(err)
		}
		if !goesOn {
			return nil
		}
	}
	session.Close()
	return nil
}

// transform says whether the member lives on.
func (m *chainMember) transform(fetches kgo.Fetches) (bool, error) {
	ctx := context.Background()
	if err := m.session.Begin(); err != nil {
		return false, err
	}
	first := kgo.AbortingFirstErrPromise(m.session.Client())
	for record := range fetches.RecordsAll() {
		next := &kgo.Record{Topic: m.chain.topic(m.stage), Partition: record.Partition, Key: record.Key, Value: record.Value}
		m.session.Produce(ctx, next, first.Promise())
	}
	select {
	case <-m.dying:
		err := m.session.Client().Flush(ctx)
		m.cut()
		go m.session.Close()
		return false, err
	default:
	}
	failure := first.Err()
	committed, err := m.session.End(ctx, failure == nil)
	if err != nil {
		return false, err
	}
	if failure != nil && isFencing(failure) {
		return false, failure
	}
	if !committed {
		m.chain.note(fmt.Sprintf("%s begins again: %v", m.name, failure))
	}
	return true, nil
}

func isFencing(err error) bool {
	return errors.Is(err, kerr.ProducerFenced) || errors.Is(err, kerr.InvalidProducerEpoch) || errors.Is(err, kerr.InvalidTxnState)
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

func (m *chainMember) dial(ctx context.Context, network, address string) (net.Conn, error) {
	conn, err := (&net.Dialer{Timeout: 5 * time.Second}).DialContext(ctx, network, address)
	if err != nil {
		return nil, err
	}
	m.mutex.Lock()
	defer m.mutex.Unlock()
	if m.isDead {
		conn.Close()
		return nil, errors.New("it is dead")
	}
	m.conns = append(m.conns, conn)
	return conn, nil
}

func (m *chainMember) cut() {
	m.mutex.Lock()
	defer m.mutex.Unlock()
	m.isDead = true
	for _, conn := range m.conns {
		conn.Close()
	}
}
