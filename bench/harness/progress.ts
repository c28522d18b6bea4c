/** One line at the bottom of a terminal: which bench, which step, for how long. Nothing where there is no terminal. */
export class Progress {
  readonly #terminal: NodeJS.WriteStream | undefined
  readonly #bench: string
  readonly #begun = performance.now()
  #step = ''
  #timer: NodeJS.Timeout | undefined

  /** @param bench as it is shown: `fetch (3 of 11)` */
  constructor(bench: string, terminal: NodeJS.WriteStream = process.stderr) {
    this.#bench = bench
    this.#terminal = terminal.isTTY ? terminal : undefined
  }

  step(text: string): void {
    this.#step = text
    if (this.#terminal === undefined) return
    this.#timer ??= setInterval(() => this.#draw(), 1000).unref()
    this.#draw()
  }

  /** Before anything else is written. */
  clear(): void {
    this.#terminal?.write('\r\x1b[K')
  }

  end(): void {
    clearInterval(this.#timer)
    this.clear()
  }

  #draw(): void {
    if (this.#terminal === undefined) return
    const time = ` ... ${elapsed(performance.now() - this.#begun)}`
    const room = Math.max(0, (this.#terminal.columns || 80) - 1 - time.length)
    this.#terminal.write(`\r\x1b[K${`${this.#bench}: ${this.#step}`.slice(0, room)}${time}`)
  }
}

/** `12 s`, `3 min 05 s`. */
export function elapsed(milliseconds: number): string {
  const seconds = Math.floor(milliseconds / 1000)
  if (seconds < 60) return `${seconds} s`
  return `${Math.floor(seconds / 60)} min ${String(seconds % 60).padStart(2, '0')} s`
}
