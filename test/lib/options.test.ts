import t from 'tap'
import { checkOptions, checkTopic, OptionError } from '../../lib/check-options.ts'
import { ManualClock } from '../../lib/lab/clock.ts'
import type { ClusterOptions } from '../../lib/options.ts'

t.test('wrong options are named, with what is expected', async (t) => {
  const wrong: [unknown, RegExp][] = [
    [null, /^the options: expected an object with brokers, .*, got null$/],
    [{ prot: 9092 }, /^unknown option prot: expected an object with brokers, host, port, /],
    [{ port: '9092' }, /^option port: expected a port from 0 \(any free one\) to 65535, got '9092'$/],
    [{ port: 65_536 }, /^option port: .*, got 65536$/],
    [
      { brokers: 0 },
      /^option brokers: expected a whole number|^option brokers: expected a number of brokers >= 1/,
    ],
    [{ brokers: [] }, /^option brokers: expected a number of brokers >= 1 or .*, got an empty list$/],
    [{ brokers: [{ nodeId: 'x' }] }, /^option brokers\[0\]\.nodeId: expected a node id, .*, got 'x'$/],
    [
      { brokers: [{ nodId: 1 }] },
      /^unknown option brokers\[0\]\.nodId: expected an object with nodeId, rack, /,
    ],
    [
      { listeners: [{ securityProtocol: 'TLS' }] },
      /^option listeners\[0\]\.securityProtocol: expected 'PLAINTEXT', .*, got 'TLS'$/,
    ],
    [
      { listeners: [{ tls: false }] },
      /^option listeners\[0\]\.tls: expected true or an object .*, got false$/,
    ],
    [
      { listeners: [{ tls: { clientAuth: 'want' } }] },
      /^option listeners\[0\]\.tls\.clientAuth: expected 'none', 'requested' or 'required', got 'want'$/,
    ],
    [
      { listeners: [{ tls: { key: 5 } }] },
      /^option listeners\[0\]\.tls\.key: expected PEM, as a text or a Buffer$/,
    ],
    [
      { listeners: [{ tls: { passphrase: 1234 } }] },
      /^option listeners\[0\]\.tls\.passphrase: expected a text$/,
    ],
    [
      { listeners: [{ transport: 'udp' }] },
      /^option listeners\[0\]\.transport: expected 'tcp' or 'memory', got 'udp'$/,
    ],
    [
      { listeners: [{ securityProtocol: 'SASL_PLAINTEXT', saslMechanisms: ['NTLM'] }] },
      /^option listeners\[0\]\.saslMechanisms\[0\]: expected a list of at least one of PLAIN, .*, got 'NTLM'$/,
    ],
    [
      { users: [1, 2].map(() => ({ name: 'a', password: 'p' })) },
      /^option users: expected a list of users of different names, got a list$/,
    ],
    [{ users: [{ name: 'a' }] }, /^option users\[0\]\.password: expected/],
    [{ users: [{ name: 'a', password: 5 }] }, /^option users\[0\]\.password: expected a non-empty text$/],
    [
      { users: [{ name: '', password: 'p' }] },
      /^option users\[0\]\.name: expected a non-empty text, got ''$/,
    ],
    [{ topics: ['a/b'] }, /^option topics\[0\]: expected a topic name: .*, got 'a\/b'$/],
    [{ topics: [{ name: 'a', partitions: 0 }] }, /^option topics\[0\]\.partitions: .*, got 0$/],
    [{ config: [] }, /^option config: .*, got an empty list$/],
    [
      { config: { 'a.b': {} } },
      /^option config\.a\.b: expected a text, a number or a boolean, got an object$/,
    ],
    [{ clock: 5 }, /^option clock: expected a Clock, such as new ManualClock\(\), got 5$/],
    [
      { logger: console.log },
      /^option logger: expected a Logger with debug, info, warn and error, got a function$/,
    ],
  ]
  for (const [options, message] of wrong) {
    t.throws(
      () => checkOptions(options as ClusterOptions),
      { name: 'OptionError', message },
      JSON.stringify(options),
    )
  }
  t.throws(() => checkTopic('..'), OptionError)
})

t.test('right options pass as they are', async (t) => {
  const options: ClusterOptions = {
    brokers: [
      { nodeId: 7, rack: 'a', listeners: [{ name: 'IN', port: 0 }], config: { 'num.partitions': 3 } },
      {},
    ],
    host: '::1',
    topics: ['plain', { name: 'full', partitions: 3, replicationFactor: 2, config: { 'retention.ms': -1 } }],
    clock: new ManualClock(),
    logger: console,
  }
  t.same(checkOptions(options), options)
  t.same(checkOptions({}), {})
  t.same(checkTopic('orders'), { name: 'orders' })
})
