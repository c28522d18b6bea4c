// The job that every client does (see the README), by franz-go, once for each compression, all at the same time.
package main

import (
	"context"
	"fmt"
	"os"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/twmb/franz-go/pkg/kadm"
	"github.com/twmb/franz-go/pkg/kgo"
)

// arguments is the command line: `--name value` pairs.
type arguments map[string]string

func (a arguments) text(name string) string {
	value, ok := a[name]
	if !ok {
		panic("--" + name + " is missing")
	}
	return value
}

func (a arguments) number(name string) int {
	number, err := strconv.Atoi(a.text(name))
	if err != nil {
		panic("--" + name + " is no number: " + a.text(name))
	}
	return number
}

func (a arguments) list(name string) []string {
	return strings.Split(a.text(name), ",")
}

var codecs = map[string]kgo.CompressionCodec{
	"none": kgo.NoCompression(), "gzip": kgo.GzipCompression(), "snappy": kgo.SnappyCompression(),
	"lz4": kgo.Lz4Compression(), "zstd": kgo.ZstdCompression(),
}

func main() {
	arguments := arguments{}
	for i := 1; i+1 < len(os.Args); i += 2 {
		arguments[strings.TrimPrefix(os.Args[i], "--")] = os.Args[i+1]
	}
	coordinatorAssigns = arguments["group"] == "consumer"
	work := runJobs
	if arguments["victim"] != "" {
		work = beVictim
	} else if arguments["doomed"] != "" {
		work = beDoomed
	} else if arguments["chain"] != "" {
		work = runChain
	} else if arguments["logins"] != "" {
		work = runLogins
	}
	if err := work(arguments); err != nil {
		fmt.Println("FAIL", err)
		os.Exit(1)
	}
}

func runJobs(arguments arguments) error {
	names := arguments.list("compressions")
	victim, err := startVictimAfterTopics(arguments, names)
	if err != nil {
		return err
	}
	var jobs sync.WaitGroup
	var failures sync.Map
	for _, codec := range names {
		jobs.Go(func() {
			progress := newProgress(newContent(arguments, codec))
			letGo := sync.OnceFunc(victim.needs.Done)
			defer letGo()
			if err := job(arguments, codec, progress, victim, letGo); err != nil {
				failures.Store(codec, err)
				fmt.Println("FAIL", codec, strings.ReplaceAll(err.Error(), "\n", " "))
				return
			}
			fmt.Println("PASS", codec, time.Since(progress.start).Milliseconds())
		})
	}
	jobs.Wait()
	failures.Range(func(_, _ any) bool { os.Exit(1); return false })
	return nil
}

// The topics come first: a group whose members subscribe to a topic that is not there yet shares it out only after a metadata refresh.
func startVictimAfterTopics(arguments arguments, names []string) (*victim, error) {
	client, err := kgo.NewClient(kgo.SeedBrokers(arguments.text("bootstrap")), kgo.MetadataMinAge(100*time.Millisecond))
	if err != nil {
		return nil, err
	}
	defer client.Close()
	admin := kadm.NewClient(client)
	for _, codec := range names {
		content := newContent(arguments, codec)
		if _, err := admin.CreateTopic(context.Background(), int32(content.partitions), 1, nil, content.topic); err != nil {
			return nil, fmt.Errorf("create %s: %w", content.topic, err)
		}
		// A broker may learn of a topic a moment after the controller has answered that it exists.
		if err := newProgress(content).await("a topic as it was asked for", func() bool {
			topics, err := admin.ListTopics(context.Background(), content.topic)
			return err == nil && len(topics[content.topic].Partitions) == content.partitions
		}); err != nil {
			return nil, err
		}
	}
	return startVictim(os.Args[1:], len(names))
}

func job(arguments arguments, codec string, progress *progress, victim *victim, letGo func()) error {
	bootstrap := arguments.text("bootstrap")
	if err := produce(bootstrap, codec, progress.content); err != nil {
		return err
	}
	progress.note("produced")
	first, err := newMember(bootstrap, progress, "first", false, nil)
	if err != nil {
		return err
	}
	second, err := newMember(bootstrap, progress, "second", false, nil)
	if err != nil {
		return err
	}
	if err := progress.await("2 partitions for each of 3 members", func() bool {
		return first.assignedCount() == 2 && second.assignedCount() == 2 && victim.assignedCount(codec) == 2
	}); err != nil {
		return err
	}
	progress.note("three members have two partitions each")
	first.startReading()
	second.startReading()
	victim.goOn(codec)
	if err := progress.await("the victim's commit", func() bool { return victim.committed(codec) != nil }); err != nil {
		return err
	}
	if err := progress.await("all of their own partitions", func() bool {
		return first.hasReadItsShare() && second.hasReadItsShare()
	}); err != nil {
		return err
	}
	for _, partition := range victim.committed(codec) {
		progress.setCommitted(map[int32]int64{partition: victimCommits})
	}

	progress.note("ready for the victim's death")
	letGo()
	if err := victim.awaitDeath(); err != nil {
		return err
	}
	death := time.Now()
	progress.note("the victim is dead")
	if err := progress.await("a take-over", func() bool {
		return first.assignedCount()+second.assignedCount() == progress.partitions
	}); err != nil {
		return err
	}
	progress.note("its partitions are taken over")
	if takeOver := time.Since(death); takeOver < sessionTimeout-heartbeatInterval-time.Second {
		return fmt.Errorf("taken over after %v, before the session can have timed out", takeOver)
	}
	if err := progress.await("all records", progress.allRead); err != nil {
		return err
	}
	return restart(bootstrap, progress, first, second)
}

// restart has the members commit short of the end, and a new one go on from there.
func restart(bootstrap string, progress *progress, members ...*member) error {
	offsets := map[int32]int64{}
	for partition := range int32(progress.partitions) {
		offsets[partition] = progress.end(partition) - 100 - int64(partition)
	}
	for _, m := range members {
		if err := m.retire(offsets); err != nil {
			return err
		}
	}
	for _, m := range members {
		m.leave()
	}
	progress.note("everything is read, the members have gone")
	if err := checkCommitted(bootstrap, progress.topic, offsets); err != nil {
		return err
	}
	progress.mutex.Lock()
	clear(progress.reached)
	progress.mutex.Unlock()
	restarted, err := newMember(bootstrap, progress, "restarted", true, nil)
	if err != nil {
		return err
	}
	if err := progress.await("all records after the restart", progress.allRead); err != nil {
		return err
	}
	restarted.leave()
	return progress.failed()
}

func checkCommitted(bootstrap, group string, expected map[int32]int64) error {
	client, err := kgo.NewClient(kgo.SeedBrokers(bootstrap))
	if err != nil {
		return err
	}
	defer client.Close()
	committed, err := kadm.NewClient(client).FetchOffsets(context.Background(), group)
	if err != nil {
		return err
	}
	for partition, offset := range expected {
		got, ok := committed.Lookup(group, partition)
		if !ok || got.At != offset || got.Metadata != fmt.Sprintf("at %d", offset) {
			return fmt.Errorf("partition %d: committed %d, listed %+v", partition, offset, got)
		}
	}
	return nil
}

func produce(bootstrap, codec string, content content) error {
	client, err := kgo.NewClient(
		kgo.SeedBrokers(bootstrap),
		kgo.RecordPartitioner(kgo.ManualPartitioner()),
		kgo.ProducerBatchCompression(codecs[codec]),
		kgo.ProducerLinger(20*time.Millisecond),
	)
	if err != nil {
		return err
	}
	defer client.Close()
	records := make([]*kgo.Record, content.records)
	for index := range records {
		records[index] = content.record(index)
	}
	ctx, cancel := context.WithTimeout(context.Background(), 60*time.Second)
	defer cancel()
	if err := client.ProduceSync(ctx, records...).FirstErr(); err != nil {
		return err
	}
	for index, record := range records {
		if record.Offset != int64(index/content.partitions) {
			return fmt.Errorf("record %d was stored at offset %d of partition %d", index, record.Offset, record.Partition)
		}
	}
	return nil
}
