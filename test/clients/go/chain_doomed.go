package main

import (
	"bufio"
	"fmt"
	"io"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"time"
)

const inTransaction = "IN TRANSACTION "

// doomed is the process of the first member of each stage, as its parent sees it.
type doomed struct {
	command             *exec.Cmd
	input               io.WriteCloser
	stagesInTransaction chan int
}

func startDoomed() (*doomed, error) {
	d := &doomed{
		command:             exec.Command(os.Args[0], append([]string{"--doomed", "yes"}, os.Args[1:]...)...),
		stagesInTransaction: make(chan int, stages),
	}
	d.command.Stderr = os.Stderr
	input, err := d.command.StdinPipe()
	if err != nil {
		return nil, err
	}
	d.input = input
	output, err := d.command.StdoutPipe()
	if err != nil {
		return nil, err
	}
	go d.listen(output)
	return d, d.command.Start()
}

func (d *doomed) listen(output io.Reader) {
	for lines := bufio.NewScanner(output); lines.Scan(); {
		number, isInTransaction := strings.CutPrefix(lines.Text(), inTransaction)
		if stage, err := strconv.Atoi(number); isInTransaction && err == nil {
			d.stagesInTransaction <- stage
		} else {
			fmt.Println("doomed:", lines.Text())
		}
	}
	close(d.stagesInTransaction)
}

// die: all its members are in the middle of a transaction when SIGKILL comes.
func (d *doomed) die() error {
	// The last stage first: one whose predecessor is in a transaction for good may get nothing to do.
	for stage := stages; stage > 0; stage-- {
		fmt.Fprintln(d.input, stage)
		select {
		case paused := <-d.stagesInTransaction:
			if paused != stage {
				return fmt.Errorf("%d instead of %d is in a transaction", paused, stage)
			}
		case <-time.After(30 * time.Second):
			return fmt.Errorf("no member of stage %d to kill in a transaction", stage)
		}
	}
	if err := d.command.Process.Kill(); err != nil { // SIGKILL
		return err
	}
	_ = d.command.Wait()
	return nil
}

// beDoomed is what the process runs.
func beDoomed(arguments arguments) error {
	c := newChain(arguments)
	members := make([]*chainMember, stages)
	for stage := range members {
		members[stage] = c.member(stage+1, "a")
	}
	go func() {
		err := <-c.failures
		fmt.Println("FAILED", err)
		os.Exit(1)
	}()
	for input := bufio.NewScanner(os.Stdin); input.Scan(); {
		stage, err := strconv.Atoi(input.Text())
		if err != nil {
			return err
		}
		close(members[stage-1].pausing)
	}
	return nil
}
