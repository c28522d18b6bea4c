package main

import (
	"context"
	"fmt"
	"maps"
	"sync"
	"time"

	"github.com/twmb/franz-go/pkg/kgo"
	"github.com/twmb/franz-go/pkg/kmsg"
)

const (
	sessionTimeout    = 6 * time.Second
	heartbeatInterval = 2 * time.Second
)

// coordinatorAssigns: groups speak the consumer protocol (KIP-848), whose cluster says how long sessions last.
var coordinatorAssigns bool

// member is one member of a group. Each time it is given a partition, the first record must be at the group's committed offset and the
// next ones must follow without a gap; each is compared byte by byte.
type member struct {
	name      string
	progress  *progress
	client    *kgo.Client
	afterPoll func(*member)
	stop      context.CancelFunc
	stopped   chan struct{}

	mutex    sync.Mutex
	assigned map[int32]bool
	next     map[int32]int64
	retired  bool
}

func newMember(bootstrap string, progress *progress, name string, reading bool, afterPoll func(*member)) (*member, error) {
	m := &member{
		name: name, progress: progress, afterPoll: afterPoll, stopped: make(chan struct{}),
		assigned: map[int32]bool{}, next: map[int32]int64{},
	}
	options := []kgo.Opt{
		kgo.SeedBrokers(bootstrap),
		kgo.ClientID(progress.topic + "-" + name),
		kgo.ConsumerGroup(progress.topic),
		kgo.ConsumeTopics(progress.topic),
		kgo.ConsumeResetOffset(kgo.NewOffset().AtStart()),
		kgo.SessionTimeout(sessionTimeout),
		kgo.HeartbeatInterval(heartbeatInterval),
		kgo.DisableAutoCommit(),
		kgo.BlockRebalanceOnPoll(),
		kgo.OnPartitionsAssigned(m.onAssigned),
		kgo.OnPartitionsRevoked(m.onRevoked),
		kgo.OnPartitionsLost(m.onLost),
	}
	if coordinatorAssigns {
		options = append(options, kgo.ServerSideBalancer())
	}
	client, err := kgo.NewClient(options...)
	if err != nil {
		return nil, err
	}
	m.client = client
	if !reading {
		client.PauseFetchTopics(progress.topic)
	}
	ctx, cancel := context.WithCancel(context.Background())
	m.stop = cancel
	go m.run(ctx)
	return m, nil
}

func (m *member) run(ctx context.Context) {
	defer close(m.stopped)
	for ctx.Err() == nil {
		pollContext, cancel := context.WithTimeout(ctx, 100*time.Millisecond)
		fetches := m.client.PollFetches(pollContext)
		cancel()
		fetches.EachError(func(topic string, partition int32, err error) {
			if pollContext.Err() == nil {
				m.progress.fail(fmt.Errorf("%s: %s-%d: %w", m.name, topic, partition, err))
			}
		})
		fetches.EachRecord(func(record *kgo.Record) {
			if err := m.read(record); err != nil {
				m.progress.fail(err)
			}
		})
		if m.afterPoll != nil {
			m.afterPoll(m)
		}
		m.client.AllowRebalance()
	}
}

func (m *member) read(record *kgo.Record) error {
	m.mutex.Lock()
	defer m.mutex.Unlock()
	m.progress.mutex.Lock()
	defer m.progress.mutex.Unlock()
	expected, begun := m.next[record.Partition]
	if !begun {
		expected = m.progress.committed[record.Partition]
	}
	if m.retired {
		return nil
	}
	if record.Offset != expected {
		return fmt.Errorf("%s partition %d: expected offset %d, got %d", m.name, record.Partition, expected, record.Offset)
	}
	if err := m.progress.compare(record); err != nil {
		return err
	}
	m.next[record.Partition] = record.Offset + 1
	m.progress.reached[record.Partition] = max(m.progress.reached[record.Partition], record.Offset+1)
	return nil
}

// startReading: until it is told so, a member holds its partitions without fetching.
func (m *member) startReading() {
	m.client.ResumeFetchTopics(m.progress.topic)
}

func (m *member) assignedCount() int {
	m.mutex.Lock()
	defer m.mutex.Unlock()
	return len(m.assigned)
}

func (m *member) nextOffsets() map[int32]int64 {
	m.mutex.Lock()
	defer m.mutex.Unlock()
	offsets := map[int32]int64{}
	for partition := range m.assigned {
		offsets[partition] = m.next[partition]
	}
	return offsets
}

func (m *member) hasReadItsShare() bool {
	for partition, next := range m.nextOffsets() {
		if next < m.progress.end(partition) {
			return false
		}
	}
	return true
}

func (m *member) commit(offsets map[int32]int64) error {
	wanted := map[int32]kgo.EpochOffset{}
	for partition, offset := range offsets {
		wanted[partition] = kgo.EpochOffset{Epoch: -1, Offset: offset}
	}
	ctx, cancel := context.WithTimeout(context.Background(), 20*time.Second)
	defer cancel()
	ctx = kgo.PreCommitFnContext(ctx, func(request *kmsg.OffsetCommitRequest) error {
		for _, topic := range request.Topics {
			for i := range topic.Partitions {
				text := fmt.Sprintf("at %d", topic.Partitions[i].Offset)
				topic.Partitions[i].Metadata = &text
			}
		}
		return nil
	})
	var failure error
	m.client.CommitOffsetsSync(ctx, map[string]map[int32]kgo.EpochOffset{m.progress.topic: wanted},
		func(_ *kgo.Client, _ *kmsg.OffsetCommitRequest, response *kmsg.OffsetCommitResponse, err error) {
			failure = err
			if err != nil {
				return
			}
			for _, topic := range response.Topics {
				for _, partition := range topic.Partitions {
					if partition.ErrorCode != 0 {
						failure = fmt.Errorf("commit of partition %d: error code %d", partition.Partition, partition.ErrorCode)
					}
				}
			}
		})
	if failure == nil {
		m.progress.setCommitted(offsets)
	}
	return failure
}

// retire commits these offsets, of the partitions that are its own, as the last thing it does before it leaves the group.
func (m *member) retire(wanted map[int32]int64) error {
	m.client.PauseFetchTopics(m.progress.topic)
	own := m.nextOffsets()
	for partition := range own {
		own[partition] = wanted[partition]
	}
	m.mutex.Lock()
	m.retired = true
	m.mutex.Unlock()
	return m.commit(own)
}

func (m *member) leave() {
	m.stop()
	<-m.stopped
	m.client.LeaveGroup()
	m.client.Close()
}

func (m *member) onAssigned(_ context.Context, _ *kgo.Client, added map[string][]int32) {
	m.mutex.Lock()
	defer m.mutex.Unlock()
	for _, partition := range added[m.progress.topic] {
		m.assigned[partition] = true
		delete(m.next, partition)
	}
}

func (m *member) onRevoked(_ context.Context, _ *kgo.Client, revoked map[string][]int32) {
	read := m.forget(revoked)
	if len(read) == 0 {
		return
	}
	if err := m.commit(read); err != nil {
		m.progress.fail(fmt.Errorf("%s: commit on revocation: %w", m.name, err))
	}
}

func (m *member) onLost(_ context.Context, _ *kgo.Client, lost map[string][]int32) {
	m.forget(lost)
}

// forget takes the partitions away and answers how far they had been read.
func (m *member) forget(partitions map[string][]int32) map[int32]int64 {
	m.mutex.Lock()
	defer m.mutex.Unlock()
	read := map[int32]int64{}
	for _, partition := range partitions[m.progress.topic] {
		if offset, ok := m.next[partition]; ok && !m.retired {
			read[partition] = offset
		}
		delete(m.assigned, partition)
		delete(m.next, partition)
	}
	return maps.Clone(read)
}
