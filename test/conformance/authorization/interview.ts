import { apiVersions } from '../../../protocol/messages/api-versions.ts'
import { produce } from '../../../protocol/messages/produce.ts'
import type { Api, Encodable } from '../../../protocol/schema.ts'
import type { Question } from '../../helpers/authorization/question.ts'
import { requestBytes } from '../../helpers/network.ts'
import { ConnectionClosed, type RawClient } from '../../helpers/raw-client.ts'
import { normalise } from './normalise.ts'
import { logIn, type Subject } from './subject.ts'

/** One user's way through the questions, in the versions that both sides serve: what each answer was, by its question. */
export async function interview(
  subject: Subject,
  other: Subject,
  user: string,
  questions: readonly Question[],
): Promise<Map<string, string>> {
  const answers = new Map<string, string>()
  let client = await logIn(subject.address, user)
  for (const question of questions) {
    const { api, about } = question
    for (const version of versionsOf(question, subject, other)) {
      const request = question.request({ version, user, topicId: (name) => subject.topicId(name) })
      let answer: string
      try {
        answer = normalise(await inTime(answerTo(client, api, version, request)), subject)
      } catch (error) {
        if (!(error instanceof Error)) throw error
        await client.close()
        answer = error instanceof ConnectionClosed ? 'closed' : error.message
      }
      if (client.isClosed) client = await logIn(subject.address, user)
      answers.set(`${user}: ${api.name} v${version}, ${about}`, answer)
    }
    if (question.versions !== 'all') await subject.catchUp()
  }
  await client.close()
  return answers
}

function versionsOf({ api, versions }: Question, subject: Subject, other: Subject): number[] {
  const [mine, theirs] = [subject.versionsOf(api), other.versionsOf(api)]
  if (!mine || !theirs) return []
  const min = Math.max(mine.min, theirs.min)
  const max = Math.min(mine.max, theirs.max)
  if (versions === 'newest') return [max]
  const all = Array.from({ length: max - min + 1 }, (_, index) => min + index)
  return versions === 'all' ? all : all.filter((version) => versions.includes(version))
}

async function answerTo(
  client: RawClient,
  api: Api,
  version: number,
  request: Encodable<Api['request']>,
): Promise<unknown> {
  const isUnanswered = api.key === produce.key && (request as { acks?: number }).acks === 0
  if (!isUnanswered) return client.send(api, version, request)
  // The one frame that comes is the answer to what is asked after it.
  const after = requestBytes(apiVersions, 0, {})
  const first = client.sendBytes(requestBytes(api, version, request))
  client.sendBytes(after).catch(() => {})
  await first
  await client.close()
  return 'no answer'
}

const PATIENCE_MS = 5_000

async function inTime<T>(answer: Promise<T>): Promise<T> {
  let timer: NodeJS.Timeout | undefined
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error('no answer')), PATIENCE_MS)
  })
  try {
    return await Promise.race([answer, late])
  } finally {
    clearTimeout(timer)
  }
}
