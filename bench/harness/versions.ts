import { execFileSync, spawnSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { release, type } from 'node:os'
import { join } from 'node:path'
import { repositoryRoot } from '../../test/helpers/real-kafka/classpath.ts'

/** Of us, of the rivals and of what both run on. What is not on this machine is left out. */
export function versions(): Record<string, string> {
  const { version, devDependencies } = JSON.parse(read('package.json')) as {
    version: string
    devDependencies: Record<string, string>
  }
  const found: Record<string, string | undefined> = {
    josephk: [version, commit()].filter(Boolean).join(', commit '),
    Node: process.version,
    'Operating system': `${type()} ${release()}`,
    'Apache Kafka': /<kafka\.version>([^<]+)/.exec(read('test/helpers/real-kafka/pom.xml'))?.[1],
    Java: output('java', ['-version'], /"([^"]+)"/),
    kfake: /franz-go\/pkg\/kfake (\S+)/.exec(read('bench/load/kfake/go.mod'))?.[1],
    Go: output('go', ['version'], /go([\d.]+)/),
    'librdkafka (confluent-kafka)': /confluent-kafka==(\S+)/.exec(
      read('test/clients/python/requirements.txt'),
    )?.[1],
    kafkajs: devDependencies.kafkajs,
    '@platformatic/kafka': devDependencies['@platformatic/kafka'],
  }
  return Object.fromEntries(Object.entries(found).filter((entry): entry is [string, string] => !!entry[1]))
}

function read(path: string): string {
  return readFileSync(join(repositoryRoot(), path), 'utf8')
}

/** With `+` where the tree holds more than that; undefined outside of git. */
function commit(): string | undefined {
  const git = (...words: string[]) =>
    execFileSync('git', ['-C', repositoryRoot(), ...words], {
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'ignore'],
    }).trim()
  try {
    return `${git('rev-parse', '--short', 'HEAD')}${git('status', '--porcelain', '-uno') === '' ? '' : '+'}`
  } catch {
    return undefined
  }
}

function output(command: string, words: string[], pattern: RegExp): string | undefined {
  const { stdout, stderr } = spawnSync(command, words, { encoding: 'utf8' })
  return pattern.exec(`${stdout}${stderr}`)?.[1]
}
