import { styleText } from 'node:util'

export interface ScreenBroker {
  readonly nodeId: number
  readonly rack: string | null
  readonly listeners: readonly { readonly name: string; readonly address: string }[]
}

export interface ScreenContent {
  readonly version: string
  readonly clusterId: string
  readonly bootstrapServers: string
  readonly brokers: readonly ScreenBroker[]
  readonly topics: readonly { readonly name: string; readonly partitions: number }[]
  /** The file of the certificate that clients have to trust, where it was written. */
  readonly caFile?: string | undefined
}

/** The one screen that tells where the cluster is and how to talk to it. */
export function screen(content: ScreenContent, colour: boolean): string {
  const bold = (text: string) => (colour ? styleText('bold', text) : text)
  const dim = (text: string) => (colour ? styleText('gray', text) : text)
  const row = (name: string, text: string) => `  ${dim(name.padEnd(12))}${text}`
  const { bootstrapServers } = content
  const list = bootstrapServers
    .split(',')
    .map((address) => `'${address}'`)
    .join(', ')
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
    '',
    row('any client', `bootstrap.servers=${bootstrapServers}`),
    row('kcat', `kcat -b ${bootstrapServers} -L`),
    row('Java', `kafka-topics.sh --bootstrap-server ${bootstrapServers} --list`),
    row('kafkajs', `new Kafka({ brokers: [${list}] })`),
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
