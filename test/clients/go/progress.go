package main

import (
	"fmt"
	"maps"
	"sync"
	"time"
)

// progress is what the members of one group share: how far it has read and committed, and the first thing that went wrong.
type progress struct {
	content
	start     time.Time
	mutex     sync.Mutex
	committed map[int32]int64
	// reached is the offset after the last record that was read of each partition.
	reached map[int32]int64
	failure error
}

func newProgress(content content) *progress {
	return &progress{content: content, start: time.Now(), committed: map[int32]int64{}, reached: map[int32]int64{}}
}

// note is for whoever reads the log of a failed run.
func (p *progress) note(what string) {
	fmt.Printf("%s %d ms: %s\n", p.topic, time.Since(p.start).Milliseconds(), what)
}

func (p *progress) fail(err error) {
	p.mutex.Lock()
	defer p.mutex.Unlock()
	if p.failure == nil {
		p.failure = err
	}
}

func (p *progress) failed() error {
	p.mutex.Lock()
	defer p.mutex.Unlock()
	return p.failure
}

func (p *progress) setCommitted(offsets map[int32]int64) {
	p.mutex.Lock()
	defer p.mutex.Unlock()
	maps.Copy(p.committed, offsets)
}

func (p *progress) allRead() bool {
	p.mutex.Lock()
	defer p.mutex.Unlock()
	for partition := range int32(p.partitions) {
		if p.reached[partition] < p.end(partition) {
			return false
		}
	}
	return true
}

func (p *progress) await(what string, condition func() bool) error {
	deadline := time.Now().Add(60 * time.Second)
	for !condition() {
		if err := p.failed(); err != nil {
			return err
		}
		if time.Now().After(deadline) {
			p.mutex.Lock()
			defer p.mutex.Unlock()
			return fmt.Errorf("60 s passed without %s; read up to %v, committed %v", what, p.reached, p.committed)
		}
		time.Sleep(10 * time.Millisecond)
	}
	return p.failed()
}
