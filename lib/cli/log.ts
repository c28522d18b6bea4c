import { styleText } from 'node:util'
import type { LogFields, Logger } from '../lab/logger.ts'

/** From the quietest to the most talkative. */
export const LOG_LEVELS = ['silent', 'error', 'warn', 'info', 'debug'] as const
export type LogLevel = (typeof LOG_LEVELS)[number]

const COLOURS = { error: 'red', warn: 'yellow', info: 'green', debug: 'gray' } as const

/** A line for each thing a person wants to see: coloured on a terminal, plain when piped. */
export function lineLogger(level: LogLevel, out: NodeJS.WriteStream): Logger {
  const limit = LOG_LEVELS.indexOf(level)
  const write = (kind: keyof typeof COLOURS) => {
    if (LOG_LEVELS.indexOf(kind) > limit) return () => {}
    return (message: string, fields?: LogFields) => {
      out.write(out.isTTY ? colouredLine(kind, message, fields) : plainLine(kind, message, fields))
    }
  }
  return { error: write('error'), warn: write('warn'), info: write('info'), debug: write('debug') }
}

function plainLine(kind: string, message: string, fields: LogFields = {}): string {
  return `${new Date().toISOString()} ${kind.padEnd(5)} ${message}${shown(fields)}\n`
}

function colouredLine(kind: keyof typeof COLOURS, message: string, fields: LogFields = {}): string {
  const time = styleText('gray', new Date().toISOString().slice(11, 23))
  return `${time} ${styleText(COLOURS[kind], kind.padEnd(5))} ${message}${styleText('gray', shown(fields))}\n`
}

function shown(fields: LogFields): string {
  return Object.entries(fields)
    .map(([name, value]) => ` ${name}=${value instanceof Error ? value.message : value}`)
    .join('')
}
