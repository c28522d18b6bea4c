export type MetricTags = { readonly [tag: string]: string }

/** A metric of Kafka's, by its name and tags as a broker has them; `broker` is the node id. */
export interface Metric {
  /** `socket-server-metrics`, or the type of the MBean where Kafka has no group. */
  readonly group: string
  readonly name: string
  readonly tags: MetricTags
  /** NaN where there is nothing to make an average or a maximum of. */
  readonly value: number
}

/** Everything a cluster measures. */
export interface ClusterMetrics {
  /** Metrics of this name that have these tags; all, where nothing is said. */
  find(name?: string, tags?: MetricTags): Metric[]
  /** Their values added up; for counts and rates. 0 where there are none. */
  total(name: string, tags?: MetricTags): number
  /** All of them in Prometheus' text format. */
  prometheus(): Promise<string>
}

interface Registered extends Omit<Metric, 'value'> {
  readonly domain: string
  readonly read: () => number
}

export class Metrics implements ClusterMetrics {
  readonly #registered: Registered[] = []

  /** @internal @param domain the first part of the MBean's name: `kafka.server` */
  register(
    domain: string,
    group: string,
    tags: MetricTags,
    reads: Readonly<Record<string, () => number>>,
  ): void {
    for (const [name, read] of Object.entries(reads))
      this.#registered.push({ domain, group, name, tags, read })
  }

  find(name?: string, tags: MetricTags = {}): Metric[] {
    const wanted = Object.entries(tags)
    return this.#registered
      .filter((metric) => name === undefined || metric.name === name)
      .filter((metric) => wanted.every(([tag, value]) => metric.tags[tag] === value))
      .map((metric) => ({ group: metric.group, name: metric.name, tags: metric.tags, value: metric.read() }))
  }

  total(name: string, tags: MetricTags = {}): number {
    return this.find(name, tags).reduce((total, { value }) => total + value, 0)
  }

  async prometheus(): Promise<string> {
    // Loaded when somebody asks: a cluster is up sooner than this module is.
    const { Gauge, Registry } = await import('prom-client')
    const registry = new Registry()
    const gauges = new Map<string, InstanceType<typeof Gauge>>()
    for (const { domain, group, name, tags, read } of this.#registered) {
      const text = `${domain}_${group}_${name}`.replace(/[^a-zA-Z0-9]+/g, '_').toLowerCase()
      let gauge = gauges.get(text)
      if (gauge === undefined) {
        const help = `${domain}:type=${group} ${name}`
        gauge = new Gauge({ name: text, help, labelNames: Object.keys(tags), registers: [registry] })
        gauges.set(text, gauge)
      }
      gauge.set(tags, read())
    }
    return registry.metrics()
  }
}
