#!/usr/bin/env node
import { writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { HELP, readCommand, UsageError } from './cli/arguments.ts'
import { lineLogger } from './cli/log.ts'
import { screen } from './cli/screen.ts'
import { Cluster, type Logger, OptionError } from './index.ts'

const { version } = createRequire(import.meta.url)('josephk/package.json') as { version: string }

async function main(): Promise<void> {
  const command = readCommand(process.argv.slice(2))
  if (command.show === 'help') return void process.stdout.write(HELP)
  if (command.show === 'version') return void process.stdout.write(`${version}\n`)

  // Whoever read along has gone (`josephk | head`): the cluster goes on.
  process.stdout.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code !== 'EPIPE') throw error
  })
  const lines = lineLogger(command.logLevel, process.stdout)
  let started = false
  // What the screen is about to say need not be said before it.
  const logger: Logger = { ...lines, info: (message, fields) => started && lines.info(message, fields) }
  const cluster = await Cluster.start({ ...command.options, logger })
  if (command.caFile !== undefined) await writeCa(cluster, command.caFile)
  stopOnSignals(cluster)
  process.stdout.write(
    `${screen(
      {
        version,
        clusterId: cluster.clusterId,
        bootstrapServers: cluster.bootstrapServers,
        brokers: cluster.brokers,
        topics: cluster.topics(),
        caFile: command.caFile,
        tokenEndpointUrl: command.options.oauth && cluster.oauth.tokenEndpointUrl,
      },
      process.stdout.isTTY === true,
    )}\n`,
  )
  started = true
}

/** @throws UsageError, with the cluster stopped */
async function writeCa(cluster: Cluster, file: string): Promise<void> {
  try {
    writeFileSync(file, cluster.certificates.ca)
  } catch (error) {
    await cluster.stop()
    const { code, message } = error as NodeJS.ErrnoException
    throw new UsageError(`--write-ca: ${code === undefined ? message : `cannot write ${file}: ${code}`}`)
  }
}

function stopOnSignals(cluster: Cluster): void {
  let stopping = false
  const stop = () => {
    // A second Ctrl-C means: now.
    if (stopping) process.exit(130)
    stopping = true
    cluster.stop().catch(fail)
  }
  process.on('SIGINT', stop)
  process.on('SIGTERM', stop)
}

function fail(error: unknown): void {
  const { message, code, stack } = error as NodeJS.ErrnoException
  const expected = error instanceof UsageError || error instanceof OptionError || code !== undefined
  process.stderr.write(expected ? `josephk: ${message}\n` : `${stack ?? message}\n`)
  process.exitCode = 1
}

main().catch(fail)
