/** What happened, for a person to read. `fields` are the facts of the event by name. */
export interface Logger {
  debug(message: string, fields?: LogFields): void
  info(message: string, fields?: LogFields): void
  warn(message: string, fields?: LogFields): void
  error(message: string, fields?: LogFields): void
}

export type LogFields = Readonly<Record<string, unknown>>

function nothing(): void {}

/** A library says nothing unless it is asked to. */
export const SILENT: Logger = { debug: nothing, info: nothing, warn: nothing, error: nothing }
