// The README says what is so: its examples run, its table is what brokers serve.
import { execFile } from 'node:child_process'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'
import t from 'tap'
import { HELP } from '../lib/cli/arguments.ts'
import { Cluster } from '../lib/index.ts'
import { apis } from '../protocol/apis.ts'
import { apiVersions } from '../protocol/messages/api-versions.ts'
import { plainCommand } from './helpers/plain-environment.ts'
import { RawClient } from './helpers/raw-client.ts'

const root = new URL('../..', import.meta.url).pathname
const readme = await readFile(join(root, 'README.md'), 'utf8')

t.test('the table of APIs is what ApiVersions tells', async (t) => {
  await using cluster = await Cluster.start()
  await using client = await RawClient.connect(cluster.bootstrapServers)
  const { apiKeys } = await client.send(apiVersions, 4, {
    clientSoftwareName: 'readme',
    clientSoftwareVersion: '1',
  })
  const served = new Map(apiKeys.map((api) => [api.apiKey, api]))
  const expected = apis.map(({ key, name }) => {
    const versions = served.get(key)
    if (!versions) return [String(key), name, '–']
    const { minVersion: min, maxVersion: max } = versions
    return [String(key), name, min === max ? String(min) : `${min}-${max}`]
  })
  const rows = [...readme.matchAll(/^\| (\d+) \| (\w+) \| (\S+) \|/gm)].map(([, ...cells]) => cells)
  t.same(rows, expected)
})

t.test('its JavaScript runs', { timeout: 60_000 }, async (t) => {
  const examples = [...readme.matchAll(/^```js\n(.*?)^```/gms)].map(([, code]) => code as string)
  t.ok(examples.length >= 3)
  // Inside the package, so that it finds itself by its own name, as its users find it.
  const directory = await mkdtemp(join(root, 'dist', 'readme-'))
  t.teardown(() => rm(directory, { recursive: true }))
  for (const [index, code] of examples.entries()) {
    const file = join(directory, `example-${index}.mjs`)
    await writeFile(file, code)
    const { stdout } = await promisify(execFile)(...plainCommand(process.execPath, [file]), {
      timeout: 30_000,
    })
    t.comment(stdout)
  }
})

t.test('the options it names are those there are', async (t) => {
  const commandLine = readme.slice(readme.indexOf('## On the command line'))
  for (const [option] of commandLine.matchAll(/--[a-z][a-z-]*/g)) t.ok(HELP.includes(option), option)
})
