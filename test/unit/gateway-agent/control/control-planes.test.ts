import { describe, expect, test } from 'vitest'
import { createClient } from '#core/contracts/client.ts'
import { createControlPlanes } from '#gateway-agent/control/control-planes.ts'

const [A, B] = ['https://a.example', 'https://b.example'] as const
type Place = typeof A | typeof B
type Answer =
  | 'serves'
  | 'stands by'
  | 'is silent'
  | 'is broken'
  | 'is a page of a proxy'
  | 'was taken down'

/** Two control planes that answer as they are told, and a gateway that lists its own. */
const gatewayOfTwo = async (kept?: string) => {
  let now = 0
  let saved = kept
  const log: string[] = []
  const calls: Place[] = []
  const state: Record<Place, { answer: Answer; epoch: number }> = {
    [A]: { answer: 'serves', epoch: 0 },
    [B]: { answer: 'stands by', epoch: 0 },
  }
  const write = (line: string) => void log.push(line)
  const planes = await createControlPlanes({
    urls: [async () => A, async () => B],
    memory: {
      load: async () => saved,
      save: async text => {
        saved = text
      },
    },
    patienceMs: 60_000,
    clock: { now: () => now },
    log: { info: write, warn: write },
  })
  const problem = (code: string, status: number, epoch: number) =>
    Response.json(
      { code, message: code, advice: 'Wait.', retryable: true },
      { status, headers: { 'xenkeep-region-epoch': String(epoch) } },
    )
  const wire = async (): Promise<Response> => {
    const at = (await planes.baseUrl()) as Place
    calls.push(at)
    const { answer, epoch } = state[at]
    if (answer === 'is silent') throw new TypeError('fetch failed')
    if (answer === 'is broken') return new Response('Service Unavailable', { status: 503 })
    if (answer === 'is a page of a proxy') return new Response('<html>', { status: 200 })
    if (answer === 'was taken down') return Response.json({ message: 'Forbidden' }, { status: 403 })
    if (answer === 'stands by') return problem('REGION_STANDBY', 421, epoch)
    if (epoch > planes.epoch()) return problem('REGION_EPOCH_CHANGED', 409, epoch)
    return Response.json({ accepted: true }, { headers: { 'xenkeep-region-epoch': String(epoch) } })
  }
  const client = planes.following(
    createClient({ baseUrl: A, fetch: planes.listening(wire), authorize: () => 'Bearer x' }),
  )
  return {
    state,
    calls,
    log,
    kept: () => saved,
    wait: (ms: number) => {
      now += ms
    },
    call: () =>
      client
        .call('result', { params: { jobId: '01J000000000000000000000PA' }, body: {} as never })
        .then(
          () => 'ok',
          ({ code }) => code as string,
        ),
  }
}

describe('a gateway with two control planes', () => {
  test('goes to the next at once where one says that it stands by, within the same call', async () => {
    const { state, call, calls, log } = await gatewayOfTwo()
    expect(await call()).toBe('ok')
    state[A].answer = 'stands by'
    state[B] = { answer: 'serves', epoch: 1 }
    expect(await call()).toBe('ok')
    expect(calls).toEqual([A, A, B, B]) // the second call to B bears its epoch
    expect(log).toEqual([
      `The control plane at ${A} stands by: this gateway calls ${B} from now on.`,
      `The control plane at ${B} serves us now.`,
      'A region was taken over: it is epoch 1 now, before it was 0.',
    ])
    expect(await call()).toBe('ok')
    expect(calls.at(-1)).toBe(B) // it does not go back by itself
  })

  test.each([['is silent'], ['is broken'], ['is a page of a proxy'], ['was taken down']] as const)(
    'leaves one that %s only when nobody has served for a minute',
    async answer => {
      const { state, call, calls, wait } = await gatewayOfTwo()
      await call()
      state[A].answer = answer
      state[B] = { answer: 'serves', epoch: 1 }
      wait(59_000)
      await call()
      expect(new Set(calls)).toEqual(new Set([A]))
      wait(1_000)
      await call()
      expect(await call()).toBe('ok')
      expect(calls.at(-1)).toBe(B)
    },
  )

  test('comes back to the one that was silent while the other stands by, and says it once', async () => {
    const { state, call, wait, log } = await gatewayOfTwo()
    await call()
    state[A].answer = 'is silent'
    wait(60_000)
    for (let round = 0; round < 6; round++) await call()
    expect(log.filter(line => line.includes('does not answer'))).toHaveLength(1)
    state[A].answer = 'serves'
    expect(await call()).toBe('ok')
  })

  test('faults between answers move it nowhere, however many', async () => {
    const { state, call, calls, wait, log } = await gatewayOfTwo()
    await call()
    state[B] = { answer: 'serves', epoch: 0 }
    for (let round = 0; round < 20; round++) {
      state[A].answer = round % 4 === 0 ? 'serves' : 'is broken'
      wait(15_000)
      await call()
    }
    expect(new Set(calls)).toEqual(new Set([A]))
    expect(log).toEqual([])
  })

  test('after a restart it begins with who served last, and knows the epoch', async () => {
    const before = await gatewayOfTwo()
    before.state[A].answer = 'stands by'
    before.state[B] = { answer: 'serves', epoch: 2 }
    await before.call()
    const after = await gatewayOfTwo(before.kept())
    after.state[B] = { answer: 'serves', epoch: 2 }
    expect(await after.call()).toBe('ok')
    expect(after.calls).toEqual([B])
    expect(JSON.parse(after.kept() ?? '')).toEqual({ epoch: 2, url: B })
  })

  test('where all stand by, the call fails with that, and does not go round for ever', async () => {
    const { state, call, calls } = await gatewayOfTwo()
    state[A].answer = 'stands by'
    expect(await call()).toBe('REGION_STANDBY')
    expect(calls.length).toBeLessThanOrEqual(3)
  })

  test('what was kept is no JSON: it begins at the first', async () => {
    const { call, calls } = await gatewayOfTwo('{{')
    expect(await call()).toBe('ok')
    expect(calls).toEqual([A])
  })
})
