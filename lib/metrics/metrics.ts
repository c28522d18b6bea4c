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

/** A metric that has not been read. */
export interface MetricSource extends Omit<Metric, 'value'> {
  /** The first part of the MBean's name: `kafka.server`. */
  readonly domain: string
  readonly read: () => number
}

export class Metrics implements ClusterMetrics {
  readonly #registered: MetricSource[] = []
  readonly #followed: (() => Iterable<MetricSource>)[] = []

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

  /** @internal @param list gives metrics that come and go, whenever somebody wants to know */
  follow(list: () => Iterable<MetricSource>): void {
    this.#followed.push(list)
  }

  #all(): MetricSource[] {
    return [...this.#registered, ...this.#followed.flatMap((list) => [...list()])]
  }

  find(name?: string, tags: MetricTags = {}): Metric[] {
    const wanted = Object.entries(tags)
    return this.#all()
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
    const byText = new Map<string, MetricSource[]>()
    for (const metric of this.#all()) {
      const text = worded(`${metric.domain}_${metric.group}_${metric.name}`).toLowerCase()
      const others = byText.get(text)
      if (others === undefined) byText.set(text, [metric])
      else others.push(metric)
    }
    for (const [text, metrics] of byText) {
      const { domain, group, name } = metrics[0] as MetricSource
      const help = `${domain}:type=${group} ${name}`
      const labelNames = new Set(metrics.flatMap(({ tags }) => Object.keys(tags).map(worded)))
      const gauge = new Gauge({ name: text, help, labelNames: [...labelNames], registers: [registry] })
      for (const { tags, read } of metrics) {
        const labels = Object.entries(tags).map(([tag, value]) => [worded(tag), value])
        gauge.set(Object.fromEntries(labels), read())
      }
    }
    return registry.metrics()
  }
}

/** Prometheus' names have nothing else. */
function worded(name: string): string {
  return name.replace(/[^a-zA-Z0-9]+/g, '_')
}
