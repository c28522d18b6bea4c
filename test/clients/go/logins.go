package main

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"os"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kgo"
	"github.com/twmb/franz-go/pkg/sasl"
	"github.com/twmb/franz-go/pkg/sasl/oauth"
	"github.com/twmb/franz-go/pkg/sasl/plain"
	"github.com/twmb/franz-go/pkg/sasl/scram"
)

const (
	loginRecords    = 20
	sendEvery       = 10 * time.Millisecond
	expirySendEvery = 100 * time.Millisecond
)

// login is a line of the file: what a client does by SASL (see logins.ts).
type login struct {
	name, kind, bootstrap, ca, mechanism, user, password, tokenURL, topic string
	duration                                                              time.Duration
}

// runLogins does what the lines say, all at the same time.
func runLogins(arguments arguments) error {
	file, err := os.ReadFile(arguments.text("logins"))
	if err != nil {
		return err
	}
	var tasks sync.WaitGroup
	for line := range strings.Lines(string(file)) {
		columns := strings.Split(strings.TrimSpace(line), "\t")
		milliseconds, err := strconv.Atoi(columns[9])
		if err != nil {
			return err
		}
		task := login{
			columns[0], columns[1], columns[2], columns[3], columns[4], columns[5], columns[6], columns[7], columns[8],
			time.Duration(milliseconds) * time.Millisecond,
		}
		tasks.Go(task.run)
	}
	tasks.Wait()
	return nil
}

func (l login) run() {
	work := map[string]func() error{"login": l.login, "flow": l.flow, "expiry": l.expiry}[l.kind]
	err := work()
	if err == nil {
		return
	}
	what := "FAILED"
	if errors.Is(err, kerr.SaslAuthenticationFailed) || strings.Contains(err.Error(), "oauth response") {
		what = "REFUSED"
	}
	l.say(what, strings.ReplaceAll(err.Error(), "\n", " "))
}

func (l login) say(what, more string) {
	fmt.Println(strings.TrimSpace(what + " " + l.name + " " + more))
}

func (l login) login() error {
	client, err := l.client(15*time.Second, kgo.ConsumePartitions(map[string]map[int32]kgo.Offset{l.topic: {0: kgo.NewOffset().AtStart()}}))
	if err != nil {
		return err
	}
	defer client.Close()
	for i := range loginRecords {
		if err := l.send(client, i); err != nil {
			return err
		}
	}
	if err := l.read(client, 0, loginRecords); err != nil {
		return err
	}
	l.say("IN", "")
	return nil
}

func (l login) flow() error {
	producer, err := l.client(15 * time.Second)
	if err != nil {
		return err
	}
	defer producer.Close()
	if err := l.send(producer, 0); err != nil {
		return err
	}
	consumer, err := l.client(15*time.Second, kgo.ConsumerGroup(l.topic), kgo.ConsumeTopics(l.topic), kgo.ConsumeResetOffset(kgo.NewOffset().AtStart()))
	if err != nil {
		return err
	}
	defer consumer.Close()
	if err := l.read(consumer, 0, 1); err != nil {
		return err
	}
	l.say("FLOWING", "")
	sent := make(chan int, 1)
	failed := make(chan error, 1)
	go func() {
		count := 1
		for end := time.Now().Add(l.duration); time.Now().Before(end); count++ {
			if err := l.send(producer, count); err != nil {
				failed <- err
				return
			}
			time.Sleep(sendEvery)
		}
		sent <- count
	}()
	for next := 1; ; {
		select {
		case err := <-failed:
			return err
		case count := <-sent:
			if err := l.read(consumer, next, count); err != nil {
				return err
			}
			l.say("FLOWED", strconv.Itoa(count))
			return nil
		default:
			if next, err = l.poll(consumer, next); err != nil {
				return err
			}
		}
	}
}

func (l login) expiry() error {
	client, err := l.client(2 * time.Second)
	if err != nil {
		return err
	}
	defer client.Close()
	for sent := 0; ; sent++ {
		if err := l.send(client, sent); err != nil {
			if sent == 0 {
				return err
			}
			l.say("CUT", fmt.Sprint(sent, " ", strings.ReplaceAll(err.Error(), "\n", " ")))
			return nil
		}
		if sent == 0 {
			l.say("IN", "")
		}
		time.Sleep(expirySendEvery)
	}
}

func (l login) send(client *kgo.Client, number int) error {
	record := &kgo.Record{Topic: l.topic, Value: []byte(strconv.Itoa(number))}
	return client.ProduceSync(context.Background(), record).FirstErr()
}

func (l login) read(client *kgo.Client, from, to int) error {
	deadline := time.Now().Add(15 * time.Second)
	for next := from; next < to; {
		if time.Now().After(deadline) {
			return fmt.Errorf("only %d records of %d", next, to)
		}
		var err error
		if next, err = l.poll(client, next); err != nil {
			return err
		}
		if next > to {
			return fmt.Errorf("%d records of %d", next, to)
		}
	}
	return nil
}

// poll reads what there is, which must go on at `next`.
func (l login) poll(client *kgo.Client, next int) (int, error) {
	ctx, cancel := context.WithTimeout(context.Background(), 100*time.Millisecond)
	defer cancel()
	fetches := client.PollFetches(ctx)
	for _, failed := range fetches.Errors() {
		if !errors.Is(failed.Err, context.DeadlineExceeded) {
			return next, failed.Err
		}
	}
	for _, record := range fetches.Records() {
		if string(record.Value) != strconv.Itoa(next) || record.Offset != int64(next) {
			return next, fmt.Errorf("record %d is %s at %d", next, record.Value, record.Offset)
		}
		next++
	}
	return next, nil
}

func (l login) client(patience time.Duration, further ...kgo.Opt) (*kgo.Client, error) {
	options := []kgo.Opt{
		kgo.SeedBrokers(l.bootstrap),
		kgo.SASL(l.mechanismOf()),
		kgo.AllowAutoTopicCreation(),
		kgo.MetadataMinAge(100 * time.Millisecond),
		kgo.RecordDeliveryTimeout(patience),
		kgo.RetryTimeout(patience),
		kgo.RequestRetries(3),
		kgo.UnknownTopicRetries(50),
		kgo.ProducerLinger(0),
	}
	if l.ca != "-" {
		pem, err := os.ReadFile(l.ca)
		if err != nil {
			return nil, err
		}
		roots := x509.NewCertPool()
		roots.AppendCertsFromPEM(pem)
		options = append(options, kgo.DialTLSConfig(&tls.Config{RootCAs: roots}))
	}
	return kgo.NewClient(append(options, further...)...)
}

func (l login) mechanismOf() sasl.Mechanism {
	switch l.mechanism {
	case "PLAIN":
		return plain.Auth{User: l.user, Pass: l.password}.AsMechanism()
	case "SCRAM-SHA-256":
		return scram.Auth{User: l.user, Pass: l.password}.AsSha256Mechanism()
	case "SCRAM-SHA-512":
		return scram.Auth{User: l.user, Pass: l.password}.AsSha512Mechanism()
	}
	return oauth.Oauth(func(ctx context.Context) (oauth.Auth, error) {
		token, err := l.token(ctx)
		return oauth.Auth{Token: token}, err
	})
}

// lastTokens are kept for as long as no other is to be had.
var lastTokens sync.Map

// token asks the endpoint each time; where there is none, nobody signs.
func (l login) token(ctx context.Context) (string, error) {
	if l.tokenURL == "-" {
		now := time.Now().Unix()
		claims := fmt.Sprintf(`{"sub":"%s","iat":%d,"exp":%d}`, l.user, now, now+3600)
		encode := base64.RawURLEncoding.EncodeToString
		return encode([]byte(`{"alg":"none"}`)) + "." + encode([]byte(claims)) + ".", nil
	}
	body := strings.NewReader(url.Values{"grant_type": {"client_credentials"}}.Encode())
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, l.tokenURL, body)
	if err != nil {
		return "", err
	}
	request.SetBasicAuth(l.user, l.password)
	request.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		return "", err
	}
	defer response.Body.Close()
	var answer struct {
		AccessToken string `json:"access_token"`
	}
	if err := json.NewDecoder(response.Body).Decode(&answer); err != nil {
		return "", err
	}
	if answer.AccessToken != "" {
		lastTokens.Store(l.name, answer.AccessToken)
		return answer.AccessToken, nil
	}
	if last, ok := lastTokens.Load(l.name); ok {
		return last.(string), nil
	}
	return "", fmt.Errorf("no token: %s", response.Status)
}
