import t from 'tap'
import { createTopics } from '../../../protocol/messages/create-topics.ts'
import { produce } from '../../../protocol/messages/produce.ts'
import { batch, quotaCluster } from '../../helpers/quota-cluster.ts'

t.test("quotas are measured by Kafka's names, of whom they are for", async (t) => {
  const { cluster, connect, set } = await quotaCluster(t)
  const { metrics } = cluster
  t.same(metrics.find('byte-rate'), [])
  await set({ user: 'ANONYMOUS' }, { producer_byte_rate: 100, request_percentage: 50 })
  await set({ 'client-id': null }, { controller_mutation_rate: 10 })
  const peer = connect()
  const topicData = [{ name: 'orders', partitionData: [{ index: 0, records: batch(2_000) }] }]
  const { throttleTimeMs } = await peer.ask(produce, 9, { acks: 1, timeoutMs: 1_000, topicData })
  const tags = { broker: '0', user: 'ANONYMOUS', 'client-id': '' }
  const [rate, ...others] = metrics.find('byte-rate')
  t.match(rate, { group: 'Produce', tags })
  t.ok((rate?.value ?? 0) > 200)
  t.same(others, [])
  t.equal(metrics.find('throttle-time', tags).find(({ group }) => group === 'Produce')?.value, throttleTimeMs)
  t.match(metrics.find('request-time'), [{ group: 'Request', tags, value: 0 }])
  t.match(metrics.find('exempt-request-time'), [{ group: 'Request', tags: { broker: '0' }, value: 0 }])
  t.match(
    metrics.find('queue-size').map(({ group, value }) => [group, value]),
    [
      ['Produce', 1],
      ['Fetch', 0],
      ['Request', 0],
    ],
  )
  const topics = [{ name: 'new', numPartitions: 5, replicationFactor: 1 }]
  await connect('d').ask(createTopics, 7, { topics, timeoutMs: 1_000 })
  const mutations = { user: '', 'client-id': 'd' }
  t.match(metrics.find('tokens', mutations), [{ group: 'ControllerMutation', value: 105 }])
  t.match(metrics.find('mutation-rate', mutations), [{ value: 5 / 30 }])

  const text = await metrics.prometheus()
  t.match(text, /^kafka_server_produce_byte_rate\{broker="0",user="ANONYMOUS",client_id=""\} \d/m)
  t.match(
    text,
    /^kafka_server_socket_server_metrics_connection_accept_rate\{broker="0",listener="PLAINTEXT"\} /m,
  )
})
