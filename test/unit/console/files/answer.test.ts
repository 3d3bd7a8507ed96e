import { expect, test, vi } from 'vitest'
import { askGuest } from '#console/pages/files/answer.ts'
import { assemble } from '#console/pages/files/assemble.ts'
import { readContents } from '#console/pages/files/contents.ts'
import type { Client } from '#core/contracts/client.ts'
import type { FilesQuestion } from '#core/contracts/guest-files.ts'
import { newReader, sealAnswer } from '#core/contracts/sealed-answers.ts'
import { RelayedError } from '#core/errors/base.ts'

const RUN = '01J00000000000000000000001'
const QUESTION = '01J00000000000000000000002'
const LIST = { what: 'list', volume: '0p1', path: '/etc' } as const
const DOWNLOAD = { what: 'download', volume: '0p1', path: '/etc/hosts' } as const

const bytes = (value: unknown) =>
  Uint8Array.from(
    typeof value === 'string' ? Buffer.from(value) : Buffer.from(JSON.stringify(value)),
  )
const listing = { entries: [], total: 0 }
const answerOf = (header: object, data: readonly unknown[], trailer: object = {}) => {
  const pieces = data.map(bytes)
  const sum = pieces.reduce((all, { length }) => all + length, 0)
  return [bytes(header), ...pieces, bytes({ bytes: sum, notes: [], unread: [], ...trailer })]
}
const LISTED = answerOf({ ...LIST, type: 'json', name: 'etc' }, [listing])

/** A control plane and a gateway that has sealed an answer: each look at it shows one part more. */
const gateway = async (plain: readonly Uint8Array<ArrayBuffer>[], key?: string) => {
  const reader = await newReader()
  const sealed = await sealAnswer(key ?? reader.publicKey, { runId: RUN, questionId: QUESTION })
  const parts: Uint8Array<ArrayBuffer>[] = []
  for (const [index, part] of plain.entries())
    parts.push(await sealed.part(part, index === plain.length - 1))
  const calls: string[] = []
  let there = 0
  const client = {
    call: async (name: string, input: { query?: { from: number } }) => {
      calls.push(name)
      if (name !== 'getAnswer') return { questionId: QUESTION }
      const { from = 0 } = input.query ?? {}
      there = Math.min(parts.length, there + 1)
      return {
        questionId: QUESTION,
        state: there === parts.length ? 'answered' : 'answering',
        ...(there > 0 && { seal: sealed.seal }),
        parts: parts.slice(from, there).map((part, index) => ({
          number: from + index,
          url: `/transit/${from + index}`,
          bytes: part.length,
        })),
        partsSoFar: there,
        bytesSoFar: 0,
      }
    },
  }
  const fetched: string[] = []
  const fetch = async (url: string) => {
    fetched.push(url)
    return new Response(parts[Number(url.split('/').at(-1))])
  }
  return {
    parts,
    calls,
    fetched,
    client: client as unknown as Client & typeof client,
    fetch: fetch as unknown as typeof globalThis.fetch,
    look: { runId: RUN, privateKey: reader.privateKey },
  }
}

const signal = new AbortController().signal
const ask = (site: Awaited<ReturnType<typeof gateway>>, question: FilesQuestion = LIST) =>
  askGuest(site.look, question, { client: site.client, fetch: site.fetch, signal })

test('a list is read along while it comes, each part once', async () => {
  const site = await gateway(LISTED)
  expect(await readContents(LIST, ask(site))).toEqual({ what: 'list', notes: [], ...listing })
  expect(site.fetched).toEqual(['/transit/0', '/transit/1', '/transit/2'])
  expect(site.calls).not.toContain('withdrawQuestion')
})

test('a download is put together, with what was said at its end', async () => {
  const notes = [{ trouble: true, message: 'one file is damaged' }]
  const header = { ...DOWNLOAD, type: 'file', name: 'hosts', size: 9 }
  const site = await gateway(answerOf(header, ['one', 'two', 'six'], { notes }))
  const progress: (number | undefined)[][] = []
  const { content, trailer } = await assemble(DOWNLOAD, ask(site, DOWNLOAD), (...told) =>
    progress.push(told),
  )
  expect(await content.text()).toBe('onetwosix')
  expect(trailer.notes).toEqual(notes)
  expect(progress).toEqual([
    [3, 9],
    [6, 9],
    [9, 9],
  ])
})

test('an address that has ended, and a part that was damaged on its way, are asked for again', async () => {
  const site = await gateway(LISTED)
  const { fetch } = site
  let n = 0
  const faulty = async (url: string) => {
    if (n++ === 0) return new Response('', { status: 403 })
    if (n === 3) return new Response(Uint8Array.of(0, 1, 2))
    return fetch(url)
  }
  site.fetch = faulty as unknown as typeof fetch
  expect(await readContents(LIST, ask(site))).toMatchObject({ total: 0 })
})

test.each<[string, (site: Awaited<ReturnType<typeof gateway>>) => void, string]>([
  [
    'parts in another order',
    site => site.parts.splice(0, 2, ...site.parts.slice(0, 2).toReversed()),
    'ANSWER_NOT_AUTHENTIC',
  ],
  ['an answer that was cut', site => site.parts.splice(2, 1), 'ANSWER_NOT_AUTHENTIC'],
  ['no answer at all', site => site.parts.splice(0), 'ANSWER_NOT_AUTHENTIC'],
])('%s is refused', async (_, change, code) => {
  const site = await gateway(LISTED)
  change(site)
  await expect(readContents(LIST, ask(site))).rejects.toMatchObject({ code })
  expect(site.calls.at(-1)).toBe('withdrawQuestion')
})

test('what was sealed to another key is not read', async () => {
  const site = await gateway(LISTED, (await newReader()).publicKey)
  await expect(readContents(LIST, ask(site))).rejects.toMatchObject({
    code: 'ANSWER_NOT_AUTHENTIC',
  })
})

test('an answer to another question is refused: somebody between may have changed the question', async () => {
  const site = await gateway(
    answerOf({ ...LIST, path: '/root', type: 'json', name: 'root' }, [listing]),
  )
  await expect(readContents(LIST, ask(site))).rejects.toMatchObject({
    code: 'ANSWER_NOT_AUTHENTIC',
    message: expect.stringContaining('another question'),
  })
})

test('what the gateway refuses is told in its words', async () => {
  const site = await gateway(LISTED)
  const problem = {
    code: 'FILE_NOT_FOUND',
    message: 'Not there.',
    advice: 'Look.',
    retryable: false,
  }
  site.client.call = (async (name: string) =>
    name === 'getAnswer'
      ? { state: 'failed', parts: [], partsSoFar: 0, bytesSoFar: 0, problem }
      : { questionId: QUESTION }) as never
  const reading = readContents(LIST, ask(site))
  await expect(reading).rejects.toThrow(RelayedError)
  await expect(reading).rejects.toMatchObject({ code: 'FILE_NOT_FOUND', message: 'Not there.' })
})

test('while the control plane is away or the sign-in has ended it waits, tells why, and goes on', async () => {
  vi.useFakeTimers()
  try {
    const site = await gateway(LISTED)
    const { call } = site.client
    const failures = [
      { code: 'CONTROL_PLANE_UNREACHABLE', retryable: true },
      { code: 'SIGN_IN_ENDED', retryable: false },
    ]
    site.client.call = (async (name: string, input: never) => {
      const failure = name === 'getAnswer' && failures.shift()
      if (failure) throw Object.assign(new Error(failure.code), failure)
      return call(name, input)
    }) as never
    const told: unknown[] = []
    const answer = askGuest(site.look, LIST, {
      ...{ client: site.client, fetch: site.fetch, signal },
      onProgress: ({ trouble }) => told.push((trouble as { code?: string } | undefined)?.code),
    })
    const reading = readContents(LIST, answer)
    await vi.advanceTimersByTimeAsync(10_000)
    expect(await reading).toMatchObject({ total: 0 })
    expect(told.slice(0, 3)).toEqual(['CONTROL_PLANE_UNREACHABLE', 'SIGN_IN_ENDED', undefined])
  } finally {
    vi.useRealTimers()
  }
})

test('whoever leaves takes the question back', async () => {
  const site = await gateway(LISTED)
  const leaving = new AbortController()
  const { client, fetch } = site
  const answer = askGuest(site.look, LIST, { client, fetch, signal: leaving.signal })
  await answer.next()
  leaving.abort(new Error('left'))
  await expect(answer.next()).rejects.toThrow('left')
  expect(site.calls.at(-1)).toBe('withdrawQuestion')
})
