import fc from 'fast-check'
import { expect, test } from 'vitest'
import { systemRandom } from '#adapters/system/random.ts'
import { keys } from '#core/catalog/keys.ts'
import { type AnswerView, LOOK_LIMITS } from '#core/contracts/guest-files.ts'
import type { Look } from '#core/files/look.ts'
import { SEAL } from '#test/support/answer-key.ts'
import { lookAtFiles } from '#test/support/look-at-files.ts'

/*
 * Somebody asks and takes back, a gateway answers as it likes, hears some answers twice and some never, and dies now and then.
 *
 * Pass: whoever asked only ever sees parts that are stored, in order and whole; an answer that ended stays as it is; what is open is known as open; each download leaves one
 * record that it was asked for and one of what became of it.
 */

const SEED = Number(process.env.XENKEEP_FUZZ_SEED ?? 20261123)

/** `lost`: the first answer to the call does not arrive, and it is made again. */
type Action =
  | { kind: 'ask'; download: boolean }
  | { kind: 'withdraw' | 'problem' | 'done' | 'part' | 'next'; which: number; lost: boolean }
  | { kind: 'die' }

const which = fc.nat(20)
const lost = fc.boolean()
const action: fc.Arbitrary<Action> = fc.oneof(
  {
    weight: 5,
    arbitrary: fc.record({ kind: fc.constant('ask' as const), download: fc.boolean() }),
  },
  { weight: 6, arbitrary: fc.record({ kind: fc.constant('next' as const), which, lost }) },
  { weight: 9, arbitrary: fc.record({ kind: fc.constant('part' as const), which, lost }) },
  {
    weight: 4,
    arbitrary: fc.record({
      kind: fc.constantFrom('withdraw' as const, 'problem' as const, 'done' as const),
      ...{ which, lost },
    }),
  },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('die' as const) }) },
)

const RANK = { waiting: 0, answering: 1, answered: 2, failed: 2 }
const PROBLEM = { code: 'FILE_NOT_FOUND', message: 'No.', advice: 'Look.', retryable: false }

const begin = async () => {
  const site = await lookAtFiles({ random: systemRandom })
  const runId = String((await site.start()).json.runId)
  await expect.poll(async () => (await site.lease({ freeLooks: 1 })).length).toBe(1)
  const jobId = String((await site.run(runId)).jobs[0]?.jobId)
  return { site, runId, jobId }
}

const play = async (actions: readonly Action[]): Promise<void> => {
  const { site, runId, jobId } = await begin()
  const asked = new Map<string, { download: boolean; seen?: AnswerView }>()
  /** Of the gateway's process, of what it has in hand: how many parts it was given a place for, and how to store the last of them. */
  let hand = new Map<string, { parts: number; store: () => Promise<void> }>()
  let epoch = 1
  const chosen = <T>(items: Iterable<T>, index: number): T | undefined => {
    const all = [...items]
    return all[index % Math.max(1, all.length)]
  }
  const tell = async (body: object, again: boolean) => {
    if (again) await site.tell(jobId, { epoch, ...body })
    const { status, json } = await site.tell(jobId, { epoch, ...body })
    expect(status, JSON.stringify(json)).toBe(200)
    return json as { url?: string; withdrawn?: true }
  }

  const act = async (now: Action): Promise<void> => {
    if (now.kind === 'ask') {
      const open = [...asked.values()].filter(({ seen }) => !seen || RANK[seen.state] < 2).length
      const place = { volume: '0p1', path: '/etc/hosts' }
      const body = { what: now.download ? 'download' : 'list', ...place }
      const { status, json } = await site.ask('olga', runId, body)
      if (status === 200) asked.set(String(json.questionId), { download: now.download })
      else expect([json.code, open >= LOOK_LIMITS.openQuestions]).toEqual(['FILES_LIMIT', true])
      return
    }
    if (now.kind === 'die') {
      hand = new Map()
      site.wait(6 * 60_000)
      const jobs = await site.lease({ freeLooks: 1 })
      epoch = jobs[0]?.epoch ?? epoch
      await site.next(jobId, epoch)
      return
    }
    if (now.kind === 'next') {
      const holding = [...hand.keys()]
      if (now.lost) await site.next(jobId, epoch, holding)
      const { json } = await site.next(jobId, epoch, holding)
      for (const id of (json.withdrawn ?? []) as string[]) hand.delete(id)
      const { questionId } = (json.question ?? {}) as { questionId?: string }
      if (questionId !== undefined) hand.set(questionId, { parts: 0, store: async () => {} })
      return
    }
    if (now.kind === 'withdraw') {
      const id = chosen(asked.keys(), now.which)
      if (id !== undefined) await site.as('olga', 'DELETE', `/v1/runs/${runId}/questions/${id}`)
      return
    }
    const [questionId, held] = chosen(hand, now.which) ?? []
    if (questionId === undefined || !held || (now.kind === 'done' && held.parts === 0)) return
    const { parts } = held
    await held.store()
    if (now.kind === 'part') {
      const bytes = Buffer.from(`part ${parts} of ${questionId}`)
      const part = { number: parts, bytes: bytes.length }
      const { url, withdrawn } = await tell({ questionId, seal: SEAL, part }, now.lost)
      if (withdrawn || url === undefined) hand.delete(questionId)
      else hand.set(questionId, { parts: parts + 1, store: () => site.transit.put(url, bytes) })
      return
    }
    await tell(
      now.kind === 'done' ? { questionId, done: { parts } } : { questionId, problem: PROBLEM },
      now.lost,
    )
    hand.delete(questionId)
  }

  const look = async (): Promise<void> => {
    const open: string[] = []
    for (const [questionId, of] of asked) {
      const { answer } = await site.see('olga', runId, questionId)
      const { seen } = of
      if (seen) expect(RANK[answer.state]).toBeGreaterThanOrEqual(RANK[seen.state])
      if (seen && RANK[seen.state] === 2) expect(answer.state).toBe(seen.state)
      if (seen && answer.state !== 'failed')
        expect(answer.partsSoFar).toBeGreaterThanOrEqual(seen.partsSoFar)
      for (const { number, url } of answer.parts)
        expect(Buffer.from(await site.transit.get(url)).toString()).toBe(
          `part ${number} of ${questionId}`,
        )
      if (RANK[answer.state] < 2) open.push(questionId)
      of.seen = answer
    }
    const item = await site.api.ports.catalog.get<Look>(keys.look(runId))
    expect(item?.value.open).toEqual(open)
  }

  for (const now of actions) {
    await act(now)
    await look()
  }
  const records = await site.records('downloadFile')
  for (const [questionId, { download, seen }] of asked) {
    const outcomes = records
      .filter(({ target }) => target === `${runId} ${questionId}`)
      .map(({ outcome }) => outcome)
    const end = { answered: ['done'], failed: ['failed'], waiting: [], answering: [] }
    expect(outcomes).toEqual(download ? ['asked', ...end[seen?.state ?? 'waiting']] : [])
  }
}

test('what whoever asked sees of answers is whole, in order and final, whatever a gateway does meanwhile', {
  timeout: 120_000,
}, async () => {
  await fc.assert(fc.asyncProperty(fc.array(action, { minLength: 20, maxLength: 45 }), play), {
    numRuns: Number(process.env.XENKEEP_FUZZ_RUNS ?? 12),
    seed: SEED,
  })
})
