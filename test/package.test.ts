// The tarball as a stranger meets it: installed in an empty project, imported with types, run through npx.
import { execFile, spawn } from 'node:child_process'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import t from 'tap'
import { plainCommand } from './helpers/plain-environment.ts'

const execute = promisify(execFile)
const run = (command: string, args: string[], options: { cwd: string }) =>
  execute(...plainCommand(command, args), options)
const root = new URL('../..', import.meta.url).pathname
const npm = process.platform === 'win32' ? 'npm.cmd' : 'npm'

const PROGRAM = `
import { Cluster, ManualClock, OptionError } from 'josephk'
import { apis, ErrorCode } from 'josephk/protocol'

const clock = new ManualClock()
const cluster: Cluster<ManualClock> = await Cluster.start({ clock, topics: [{ name: 'orders', partitions: 3 }] })
cluster.clock.advance(1)
const servers: string = cluster.bootstrapServers
await cluster.stop()
try {
  // @ts-expect-error: a number is expected
  await Cluster.start({ port: 'x' })
} catch (error) {
  if (!(error instanceof OptionError)) throw error
}
console.log(JSON.stringify({ servers, keys: apis.length, none: ErrorCode.NONE }))
`

t.test('the tarball installs, imports with types, and runs through npx', { timeout: 120_000 }, async (t) => {
  const project = await mkdtemp(join(tmpdir(), 'josephk-package-'))
  t.teardown(() => rm(project, { recursive: true, force: true }))
  const packed = await run(npm, ['pack', '--ignore-scripts', '--json', '--pack-destination', project], {
    cwd: root,
  })
  const [{ filename, files }] = JSON.parse(packed.stdout) as [{ filename: string; files: { path: string }[] }]
  t.notOk(
    files.find(({ path }) => /(^|\/)(test|bench|fixtures)\//.test(path)),
    'tests, benches and fixtures stay out',
  )

  await writeFile(join(project, 'package.json'), '{ "name": "empty", "private": true, "type": "module" }')
  await run(npm, ['install', '--prefer-offline', '--no-audit', '--no-fund', join(project, filename)], {
    cwd: project,
  })

  await writeFile(join(project, 'program.mts'), PROGRAM)
  const tsc = join(root, 'node_modules/.bin/tsc')
  const strict = ['--module', 'nodenext', '--target', 'es2023', '--strict', '--exactOptionalPropertyTypes']
  const types = ['--types', 'node', '--typeRoots', join(root, 'node_modules/@types')]
  const compiled = await run(tsc, [...strict, ...types, 'program.mts'], { cwd: project }).catch(
    ({ stdout, stderr }: { stdout: string; stderr: string }) => ({ stdout, stderr: stderr || 'failed' }),
  )
  t.same(compiled, { stdout: '', stderr: '' }, 'its types hold in a strict project')

  const { stdout } = await run(process.execPath, ['program.mjs'], { cwd: project })
  t.match(JSON.parse(stdout), { servers: /^127\.0\.0\.1:\d+$/, none: 0 })

  const { version } = JSON.parse(await readFile(join(root, 'package.json'), 'utf8')) as { version: string }
  const npx = ['exec', '--offline', '--', 'josephk']
  t.equal((await run(npm, [...npx, '--version'], { cwd: project })).stdout.trim(), version)
  const child = spawn(...plainCommand(npm, [...npx, '--port', '0']), { cwd: project, detached: true })
  t.teardown(() => child.exitCode ?? process.kill(-(child.pid as number), 'SIGKILL'))
  let screen = ''
  for await (const chunk of child.stdout) {
    screen += chunk
    if (/bootstrap\.servers=127\.0\.0\.1:\d+/.test(screen)) break
  }
  t.match(screen, /bootstrap\.servers=127\.0\.0\.1:\d+/)
  const exited = new Promise((resolve) => child.once('exit', resolve))
  process.kill(-(child.pid as number), 'SIGTERM')
  await exited
})
