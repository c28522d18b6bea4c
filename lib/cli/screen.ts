import { styleText } from 'node:util'

export interface ScreenBroker {
  readonly nodeId: number
  readonly rack: string | null
  readonly listeners: readonly {
    readonly name: string
    readonly securityProtocol: string
    readonly address: string
  }[]
}

export interface ScreenContent {
  readonly version: string
  readonly clusterId: string
  readonly bootstrapServers: string
  readonly brokers: readonly ScreenBroker[]
  readonly topics: readonly { readonly name: string; readonly partitions: number }[]
  /** Where clients get tokens, where they can. */
  readonly tokenEndpointUrl?: string | undefined
  /** The file of the certificate that clients have to trust, where it was written. */
  readonly caFile?: string | undefined
}

/** The one screen that tells where the cluster is and how to talk to it. */
export function screen(content: ScreenContent, colour: boolean): string {
  const bold = (text: string) => (colour ? styleText('bold', text) : text)
  const dim = (text: string) => (colour ? styleText('gray', text) : text)
  const row = (name: string, text: string) => `  ${dim(name.padEnd(12))}${text}`
  return [
    `${bold(`josephk ${content.version}`)}  ${dim(`cluster ${content.clusterId}`)}`,
    '',
    ...content.brokers.flatMap(brokerRows).map(([name, text]) => row(name, text)),
    ...content.topics.map(({ name, partitions }, i) =>
      row(
        i === 0 ? 'topics' : '',
        `${name} (${partitions} ${partitions === 1 ? 'partition' : 'partitions'})`,
      ),
    ),
    ...(content.caFile === undefined ? [] : [row('CA', content.caFile)]),
    ...(content.tokenEndpointUrl === undefined ? [] : [row('tokens', content.tokenEndpointUrl)]),
    '',
    ...clientRows(content).map(([name, text]) => row(name, text)),
    '',
    dim('Ctrl-C stops it.'),
    '',
  ].join('\n')
}

function brokerRows({ nodeId, rack, listeners }: ScreenBroker): [string, string][] {
  return listeners.map(({ name, address }, i) => [
    i === 0 ? `broker ${nodeId}` : '',
    `${address}  ${name}${rack === null || i > 0 ? '' : `  rack ${rack}`}`,
  ])
}

/** How to get in by the first listener. */
function clientRows({ bootstrapServers, brokers, caFile }: ScreenContent): [string, string][] {
  const protocol = brokers[0]?.listeners[0]?.securityProtocol ?? 'PLAINTEXT'
  const list = bootstrapServers
    .split(',')
    .map((address) => `'${address}'`)
    .join(', ')
  if (protocol === 'PLAINTEXT') {
    return [
      ['any client', `bootstrap.servers=${bootstrapServers}`],
      ['kcat', `kcat -b ${bootstrapServers} -L`],
      ['Java', `kafka-topics.sh --bootstrap-server ${bootstrapServers} --list`],
      ['kafkajs', `new Kafka({ brokers: [${list}] })`],
    ]
  }
  const anyClient: [string, string] = [
    'any client',
    `bootstrap.servers=${bootstrapServers} security.protocol=${protocol}`,
  ]
  if (protocol !== 'SSL' || caFile === undefined) return [anyClient]
  return [
    anyClient,
    ['kcat', `kcat -b ${bootstrapServers} -X security.protocol=ssl -X ssl.ca.location=${caFile} -L`],
    ['Java', `security.protocol=SSL ssl.truststore.type=PEM ssl.truststore.location=${caFile}`],
    ['kafkajs', `new Kafka({ brokers: [${list}], ssl: { ca: readFileSync('${caFile}') } })`],
  ]
}
