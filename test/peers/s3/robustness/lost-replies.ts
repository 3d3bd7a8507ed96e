import { describe, expect, onTestFinished, test } from 'vitest'
import { s3ObjectStore } from '#adapters/aws/object-store.ts'
import { retrying } from '#adapters/wrap/retrying.ts'
import type { MaintenanceStore } from '#core/ports.ts'
import { withCreateOnly } from '#test/support/create-only.ts'
import { cuttingProxy, type S3Call, type Trouble } from '#test/support/cutting-proxy.ts'
import { LOCKED, PLAIN, type S3Host } from './s3-host.ts'

const HOUR = 3_600_000 // ms
const TROUBLES: Trouble[] = ['before', 'after', 'middle', 500, 503]

/** A store behind a proxy that breaks what `decide` says, and the same bucket as it is. */
export const brokenStore = async (
  { radosgw, connect }: S3Host,
  place: { bucket: string; prefix: string },
  decide: (call: S3Call) => Trouble | undefined,
) => {
  const proxy = await cuttingProxy(radosgw.endpoint, decide)
  const open = (endpoint: string) => {
    const client = connect(undefined, endpoint)
    const wrapped = place.bucket === LOCKED ? withCreateOnly(client) : client
    return { client, store: s3ObjectStore({ client: wrapped, ...place }) }
  }
  const behind = open(proxy.endpoint)
  const direct = open(radosgw.endpoint)
  onTestFinished(async () => {
    behind.client.destroy()
    direct.client.destroy()
    await proxy.close()
  })
  const waits: number[] = []
  const sleep = async (ms: number) => void waits.push(ms)
  const options = { sleep, chance: () => 0.999_999 }
  return {
    proxy,
    plain: behind.store,
    store: retrying(behind.store, options),
    direct: direct.store,
    waits,
  }
}

/** One call of each kind: what it needs, what it does, and what the bucket must show when it was done at least once. */
interface Operation {
  name: string
  kind: S3Call['kind']
  bucket: string
  prepare?: (store: MaintenanceStore) => Promise<unknown>
  work: (store: MaintenanceStore) => Promise<unknown>
  /** seen without the proxy */
  expects: (store: MaintenanceStore, result: unknown) => Promise<void>
}

const BYTES = Buffer.alloc(100_000, 'some bytes ')
const put = (store: MaintenanceStore) => store.put('a/b', [BYTES])
const until = Math.ceil(Date.now() / 1000) * 1000 + HOUR

/** Exactly one version, with the right bytes. */
const expectOne = async (store: MaintenanceStore) => {
  const versions = await Array.fromAsync(store.versions(''))
  expect(versions.map(({ key, deleteMarker }) => [key, deleteMarker])).toEqual([['a/b', false]])
  expect(BYTES.equals(await store.get('a/b'))).toBe(true)
}
const expectBytes = async (_: MaintenanceStore, result: unknown) =>
  expect(BYTES.equals(result as Uint8Array)).toBe(true)

const OPERATIONS: Operation[] = [
  { name: 'a conditional put', kind: 'put', bucket: PLAIN, work: put, expects: expectOne },
  // Here a repeated put would make a second version: the look before it is what prevents that.
  {
    name: 'a put into a bucket with versions',
    kind: 'put',
    bucket: LOCKED,
    work: put,
    expects: expectOne,
  },
  {
    name: 'a lock',
    kind: 'lock',
    bucket: LOCKED,
    prepare: put,
    work: store => store.retain('a/b', until, 'governance'),
    expects: async store => {
      await expectOne(store)
      expect(await store.retention('a/b')).toEqual({ mode: 'governance', until })
    },
  },
  {
    name: 'a get',
    kind: 'get',
    bucket: PLAIN,
    prepare: put,
    work: store => store.get('a/b'),
    expects: expectBytes,
  },
  {
    name: 'a get of a range',
    kind: 'get',
    bucket: PLAIN,
    prepare: put,
    work: async store =>
      Buffer.concat([
        await store.get('a/b', { offset: 0, length: 60_000 }),
        await store.get('a/b', { last: 40_000 }),
      ]),
    expects: expectBytes,
  },
  {
    name: 'a look',
    kind: 'head',
    bucket: PLAIN,
    prepare: put,
    work: store => store.stat('a/b'),
    expects: async (_, found) => expect(found).toMatchObject({ key: 'a/b', size: BYTES.length }),
  },
  {
    name: 'a list',
    kind: 'list',
    bucket: PLAIN,
    prepare: put,
    work: store => Array.fromAsync(store.list('')),
    expects: async (_, found) => expect(found).toMatchObject([{ key: 'a/b', size: BYTES.length }]),
  },
  {
    name: 'a removal',
    kind: 'delete',
    bucket: LOCKED,
    prepare: put,
    work: async store => {
      const [found] = await Array.fromAsync(store.versions('a/b'))
      await store.remove('a/b', found?.version ?? '')
    },
    expects: async store => expect(await Array.fromAsync(store.versions(''))).toEqual([]),
  },
]

/** What S3 does when the network, or S3 itself, has a bad day. */
export const testLostReplies = (host: () => S3Host) =>
  describe('lost replies', () => {
    let places = 0

    describe.each(OPERATIONS)('$name', ({ kind, bucket, prepare, work, expects }) => {
      /** The trouble meets the first request of this kind, or all of them. */
      const setUp = async (trouble: Trouble, times = 1) => {
        let left = 0
        const decide = (call: S3Call) => (call.kind === kind && left-- > 0 ? trouble : undefined)
        const place = { bucket, prefix: `place-${++places}` }
        const made = await brokenStore(host(), place, decide)
        await prepare?.(made.direct)
        left = times
        return made
      }

      test.each(TROUBLES)('trouble: %s, once', async trouble => {
        const { store, direct, proxy, waits } = await setUp(trouble)
        await expects(direct, await work(store))
        expect(proxy.calls.filter(call => call.trouble !== undefined)).toHaveLength(1)
        expect(waits).toHaveLength(1)
      })

      test('told as what it is, where nobody repeats', async () => {
        const { plain } = await setUp('after', Number.POSITIVE_INFINITY)
        await expect(work(plain)).rejects.toMatchObject({
          code: 'STORE_UNAVAILABLE',
          retryable: true,
        })
      })
    })

    test('somebody else who was first is told from our own echo', async () => {
      let cut = true
      const place = { bucket: PLAIN, prefix: `place-${++places}` }
      const decide = ({ kind }: S3Call) => {
        if (kind !== 'put' || !cut) return undefined
        cut = false
        return 'before' as const
      }
      const { store, direct } = await brokenStore(host(), place, decide)
      await direct.put('a/b', [Buffer.from('theirs')])
      await expect(put(store)).rejects.toMatchObject({ code: 'OBJECT_EXISTS' })
      expect(Buffer.from(await direct.get('a/b')).toString()).toBe('theirs')
    })

    test('a store that asks to slow down is asked ever more slowly, then given up with a sentence', async () => {
      let busy = true
      const place = { bucket: PLAIN, prefix: `place-${++places}` }
      const { store, waits, proxy } = await brokenStore(host(), place, () =>
        busy ? 503 : undefined,
      )
      await expect(put(store)).rejects.toMatchObject({
        code: 'STORE_UNAVAILABLE',
        message: `The object store did not write "a/b" in s3://${PLAIN}/${place.prefix}.`,
        retryable: true,
      })
      expect(waits.map(ms => Math.round(ms))).toEqual([
        200, 400, 800, 1600, 3200, 6400, 12_800, 20_000,
      ])
      expect(proxy.calls).toHaveLength(waits.length + 1)
      busy = false
      await put(store)
    })

    test.each([
      [403, 'STORE_DENIED'],
      [507, 'STORE_FULL'],
    ])('%i is told at once as %s, and nothing is repeated', async (status, code) => {
      const place = { bucket: PLAIN, prefix: `place-${++places}` }
      const { store, direct, proxy } = await brokenStore(host(), place, () => status)
      await expect(put(store)).rejects.toMatchObject({ code, retryable: false })
      expect(proxy.calls).toHaveLength(1)
      expect(await Array.fromAsync(direct.list(''))).toEqual([])
    })
  })
