package main

import (
	"bufio"
	"fmt"
	"io"
	"os"
	"os/exec"
	"strings"
	"sync"
	"time"
)

// victimCommits: the victim reads further than this, but commits only this.
const victimCommits = 300

// victim is the process of the third members, one of each group, as its parent sees it.
type victim struct {
	command  *exec.Cmd
	input    io.WriteCloser
	death    chan struct{}
	needs    sync.WaitGroup
	mutex    sync.Mutex
	assigned map[string]int
	ready    map[string][]int32
}

func startVictim(raw []string, groups int) (*victim, error) {
	v := &victim{
		command: exec.Command(os.Args[0], append([]string{"--victim", "yes"}, raw...)...),
		death:   make(chan struct{}), assigned: map[string]int{}, ready: map[string][]int32{},
	}
	v.needs.Add(groups)
	v.command.Stderr = os.Stderr
	input, err := v.command.StdinPipe()
	if err != nil {
		return nil, err
	}
	output, err := v.command.StdoutPipe()
	if err != nil {
		return nil, err
	}
	v.input = input
	if err := v.command.Start(); err != nil {
		return nil, err
	}
	go v.listen(output)
	go func() {
		v.needs.Wait()
		_ = v.command.Process.Kill() // SIGKILL
		_ = v.command.Wait()
		close(v.death)
	}()
	return v, nil
}

func (v *victim) listen(output io.Reader) {
	lines := bufio.NewScanner(output)
	for lines.Scan() {
		words := strings.Fields(lines.Text())
		v.mutex.Lock()
		switch {
		case len(words) == 3 && words[0] == "ASSIGNED":
			var count int
			fmt.Sscan(words[2], &count)
			v.assigned[words[1]] = count
		case len(words) > 2 && words[0] == "READY":
			for _, word := range words[2:] {
				var partition int32
				fmt.Sscan(word, &partition)
				v.ready[words[1]] = append(v.ready[words[1]], partition)
			}
		default:
			fmt.Println("victim:", lines.Text())
		}
		v.mutex.Unlock()
	}
}

func (v *victim) assignedCount(codec string) int {
	v.mutex.Lock()
	defer v.mutex.Unlock()
	return v.assigned[codec]
}

// committed is nil until the victim has read and committed in this group.
func (v *victim) committed(codec string) []int32 {
	v.mutex.Lock()
	defer v.mutex.Unlock()
	return v.ready[codec]
}

func (v *victim) goOn(codec string) {
	v.mutex.Lock()
	defer v.mutex.Unlock()
	fmt.Fprintln(v.input, codec)
}

func (v *victim) awaitDeath() error {
	select {
	case <-v.death:
		return nil
	case <-time.After(90 * time.Second):
		return fmt.Errorf("some group never let the victim die")
	}
}

// beVictim is what the victim's process runs.
func beVictim(arguments arguments) error {
	members := map[string]*member{}
	var output sync.Mutex
	say := func(line string) {
		output.Lock()
		defer output.Unlock()
		fmt.Println(line)
	}
	for _, codec := range arguments.list("compressions") {
		progress := newProgress(newContent(arguments, codec))
		lastCount, ready := -1, false
		m, err := newMember(arguments.text("bootstrap"), progress, "victim", false, func(m *member) {
			if err := progress.failed(); err != nil && !ready {
				say("FAILED " + err.Error())
				ready = true
			}
			offsets := m.nextOffsets()
			if len(offsets) != lastCount {
				lastCount = len(offsets)
				say(fmt.Sprintf("ASSIGNED %s %d", codec, lastCount))
			}
			if ready || len(offsets) == 0 {
				return
			}
			line := "READY " + codec
			for partition, next := range offsets {
				if next <= victimCommits {
					return
				}
				offsets[partition] = victimCommits
				line += fmt.Sprintf(" %d", partition)
			}
			ready = true
			m.client.PauseFetchTopics(progress.topic)
			if err := m.commit(offsets); err != nil {
				say("FAILED commit: " + err.Error())
				return
			}
			say(line)
		})
		if err != nil {
			return err
		}
		members[codec] = m
	}
	input := bufio.NewScanner(os.Stdin)
	for input.Scan() {
		members[input.Text()].startReading()
	}
	return nil
}
