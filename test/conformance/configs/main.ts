import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { THROTTLE_CONFIGS } from '../../../lib/metadata/configs/broker/throttles.ts'
import { BROKER_CONFIGS } from '../../../lib/metadata/configs/broker-configs.ts'
import { CLIENT_METRICS_CONFIGS } from '../../../lib/metadata/configs/client-metrics-configs.ts'
import { GROUP_CONFIGS } from '../../../lib/metadata/configs/group-configs.ts'
import { TOPIC_CONFIGS } from '../../../lib/metadata/configs/topic-configs.ts'
import { ConfigResourceType } from '../../../lib/metadata/records.ts'
import { repositoryRoot } from '../../helpers/real-kafka/classpath.ts'
import { startRealKafka } from '../../helpers/real-kafka/real-kafka.ts'
import { CONFIG_CASES, type ConfigCase, DESCRIBED, TRIED_VALUES } from './config-cases.ts'
import { byName, ConfigModel } from './config-model.ts'
import { ConfigWire, type WireDescribed, type WireError, type WireResource } from './config-wire.ts'

const { BROKER, CLIENT_METRICS, GROUP } = ConfigResourceType
const SHOWN = 40

/** What the fixture holds. */
export interface RecordedAnswers {
  /** The broker's server.properties. */
  properties: Record<string, string>
  /** One list of errors for each of CONFIG_CASES. */
  cases: WireError[][]
  /** The entries of each resource of DESCRIBED, by name. */
  descriptions: WireDescribed[][]
}

let recorded: RecordedAnswers = { properties: {}, cases: [], descriptions: [] }

let passed = 0
let failed = 0
let details: string[] = []

function compare(what: string, ours: unknown, theirs: unknown): void {
  const [left, right] = [JSON.stringify(ours), JSON.stringify(theirs)]
  if (left === right) {
    passed++
    return
  }
  failed++
  if (failed <= SHOWN)
    details.push(`${what.slice(0, 300)}\n  ours   ${left?.slice(0, 600)}\n  Kafka's ${right?.slice(0, 600)}`)
}

async function compareDescriptions(wire: ConfigWire, model: ConfigModel, resources: readonly WireResource[]) {
  for (const resource of resources) {
    const what = `describe ${resource.resourceType} '${resource.resourceName}'`
    const answer = await wire.describeConfigs(resource)
    compare(
      `${what}: error`,
      { errorCode: 0, errorMessage: '' },
      {
        errorCode: answer.errorCode,
        errorMessage: answer.errorMessage,
      },
    )
    const [ours, theirs] = [byName(model.describe(resource)), byName(answer.configs)]
    if (resources === DESCRIBED) recorded.descriptions.push(theirs)
    compare(
      `${what}: names`,
      ours.map(({ name }) => name),
      theirs.map(({ name }) => name),
    )
    const ourEntries = new Map(ours.map((entry) => [entry.name, entry]))
    for (const entry of theirs) compare(`${what} ${entry.name}`, ourEntries.get(entry.name), entry)
  }
}

async function compareTriedValues(wire: ConfigWire, model: ConfigModel): Promise<void> {
  for (const name of Object.keys(TOPIC_CONFIGS)) {
    for (const value of TRIED_VALUES) {
      const configs = [{ name, value }]
      const ours = model.createTopic('tried', configs, true)
      compare(`create topic ${name}='${value}'`, ours, await wire.createTopic('tried', configs, true))
    }
  }
  const tried = async (resource: WireResource, name: string, value: string) => {
    const resources = [{ ...resource, configs: [{ name, value }] }]
    const what = `alter ${resource.resourceType} '${resource.resourceName}' ${name}='${value}'`
    compare(what, model.alter(true, resources, true), await wire.incrementalAlterConfigs(resources, true))
  }
  for (const name of Object.keys(GROUP_CONFIGS)) {
    for (const value of TRIED_VALUES) await tried({ resourceType: GROUP, resourceName: 'tried' }, name, value)
  }
  for (const name of Object.keys(CLIENT_METRICS_CONFIGS)) {
    for (const value of TRIED_VALUES)
      await tried({ resourceType: CLIENT_METRICS, resourceName: 'tried' }, name, value)
  }
  for (const [name, { updateMode }] of Object.entries({ ...BROKER_CONFIGS, ...THROTTLE_CONFIGS })) {
    // What a listener is made of is checked by making it, which our functions leave to others.
    if (/^(?:listeners|listener\.security\.protocol\.map|principal\.builder\.class|sasl\.|ssl\.)/.test(name))
      continue
    const values = updateMode === 'read-only' ? ['1'] : TRIED_VALUES
    for (const value of values) {
      await tried({ resourceType: BROKER, resourceName: '1' }, name, value)
      await tried({ resourceType: BROKER, resourceName: '' }, name, value)
    }
  }
}

async function compareCases(wire: ConfigWire, model: ConfigModel): Promise<void> {
  for (const one of CONFIG_CASES) {
    const what = JSON.stringify(one)
    const ours = model.answer(one)
    const theirs = await answerOf(wire, one)
    compare(what, ours, theirs)
    recorded.cases.push(theirs)
    const altered = 'incremental' in one ? one.incremental : 'full' in one ? one.full : []
    if (altered.some(({ resourceType }) => resourceType === BROKER)) await untilApplied(wire, model)
  }
}

async function answerOf(wire: ConfigWire, one: ConfigCase): Promise<WireError[]> {
  if ('createTopic' in one) return [await wire.createTopic(one.createTopic, one.configs, false)]
  return 'incremental' in one ? wire.incrementalAlterConfigs(one.incremental) : wire.alterConfigs(one.full)
}

/** A broker answers before it has applied its own new configs, and judges the next by those it has applied. */
async function untilApplied(wire: ConfigWire, model: ConfigModel): Promise<void> {
  const own = { resourceType: BROKER, resourceName: '1' }
  const ours = JSON.stringify(byName(model.describe(own)))
  for (let attempt = 0; attempt < 50; attempt++) {
    if (JSON.stringify(byName((await wire.describeConfigs(own)).configs)) === ours) return
    await new Promise((resolve) => setTimeout(resolve, 20))
  }
}

/** Ports and folders are of one run: the fixture names others, so that it changes only when Kafka does. */
function record(properties: Readonly<Record<string, string>>): void {
  const dataDirectory = properties['log.dirs'] as string
  const text = JSON.stringify({ ...recorded, properties })
    .replaceAll(dataDirectory, '/data')
    .replace(/127\.0\.0\.1:\d{4,5}/g, '127.0.0.1:9092')
  const folder = join(repositoryRoot(), 'fixtures', 'configs')
  mkdirSync(folder, { recursive: true })
  writeFileSync(
    join(folder, 'answers.json'),
    `${text.replaceAll('],[', '],\n[').replaceAll('},{"name"', '},\n{"name"')}\n`,
  )
}

/**
 * Asks a real broker and our functions the same about configs: names, types, defaults, flags, synonyms and sources of every
 * config, and the error code and text for good and bad values. With RECORD_ANSWERS=true in the environment it keeps the
 * broker's answers to the cases in `fixtures/configs/`, for the tests that run without Java.
 */
export async function run(): Promise<{ passed: number; failed: number; details: string[] }> {
  recorded = { properties: {}, cases: [], descriptions: [] }
  passed = 0
  failed = 0
  details = []
  const properties: Record<string, string> = {
    'group.initial.rebalance.delay.ms': '0',
    'log.retention.hours': '24',
    'compression.lz4.level': '5',
    'delegation.token.secret.key': 'secret',
    'listener.name.plaintext.connections.max.reauth.ms': '10',
    'some.plugin.setting': 'x',
  }
  // Internal configs are shown only when they are set.
  for (const [name, { internal, defaultText }] of Object.entries(BROKER_CONFIGS)) {
    if (internal && defaultText !== null) properties[name] = defaultText
  }
  await using kafka = await startRealKafka({ properties })
  const [broker] = kafka.brokers
  if (broker === undefined) throw new Error('no broker')
  const wire = await ConfigWire.connect(kafka.bootstrapServers)
  // A cluster is born with this one set, so that it means the same on every broker (KIP-966).
  const model = new ConfigModel(broker.properties, new Map([['min.insync.replicas', '1']]))
  try {
    await compareDescriptions(wire, model, [
      { resourceType: BROKER, resourceName: '1' },
      { resourceType: BROKER, resourceName: '' },
      { resourceType: GROUP, resourceName: 'g' },
      { resourceType: CLIENT_METRICS, resourceName: 'm' },
    ])
    await compareTriedValues(wire, model)
    await compareCases(wire, model)
    await compareDescriptions(wire, model, DESCRIBED)
    if (process.env.RECORD_ANSWERS === 'true') record(broker.properties)
  } finally {
    await wire.close()
  }
  return { passed, failed, details }
}
