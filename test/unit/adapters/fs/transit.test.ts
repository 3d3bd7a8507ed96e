import { mkdtemp, readdir, rm, stat, utimes } from 'node:fs/promises'
import { request } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, expect, onTestFinished, test } from 'vitest'
import { sweepTransit } from '#adapters/fs/sweep-transit.ts'
import { type LocalTransit, localTransit } from '#adapters/fs/transit.ts'
import { systemClock } from '#adapters/system/clock.ts'
import { listenHttp } from '#local/http-front.ts'
import { transitDoor } from '#local/transit-door.ts'
import { testApi } from '#test/support/call-api.ts'
import { until } from '#test/support/patience.ts'

const folders: string[] = []
afterAll(() => Promise.all(folders.map(folder => rm(folder, { recursive: true, force: true }))))

const KEY = 'transit/01J0000000000000000000000A/01J0000000000000000000000B/0'
const DAY = 24 * 60 * 60_000

const made = async (reserve = 0) => {
  const folder = await mkdtemp(join(tmpdir(), 'transit-'))
  folders.push(folder)
  return { folder, transit: localTransit({ folder, clock: systemClock, reserve }) }
}
const files = async (folder: string): Promise<string[]> =>
  (await readdir(folder, { recursive: true, withFileTypes: true }))
    .filter(entry => entry.isFile())
    .map(entry => join(entry.parentPath, entry.name))

const served = async (transit: LocalTransit): Promise<string> => {
  const { ports } = await testApi()
  const beside = { transit: transitDoor(transit) }
  const front = await listenHttp(ports, { host: '127.0.0.1', port: 0 }, beside)
  onTestFinished(() => front.close())
  return front.url
}
const pieces = async function* (...all: Uint8Array[]) {
  yield* all
}

test('parts and their folders are readable by their owner alone', async () => {
  const { folder, transit } = await made()
  await transit.put(KEY, 3, pieces(Buffer.from('ab'), Buffer.from('c')))
  const [path = ''] = await files(folder)
  expect(path.endsWith('/01J0000000000000000000000B/0')).toBe(true)
  expect((await stat(path)).mode & 0o777).toBe(0o600)
  expect((await stat(join(path, '..'))).mode & 0o777).toBe(0o700)
})

test('what is a day old is removed with its folders; what was cut off then, too', async () => {
  const { folder, transit } = await made()
  const other = KEY.replace('0A/', '0D/')
  await transit.put(KEY, 1, pieces(Buffer.alloc(1)))
  await transit.put(other, 1, pieces(Buffer.alloc(1)))
  const [path = ''] = await files(folder)
  const old = new Date(Date.now() - DAY - 60_000)
  await utimes(path, old, old)
  expect(await sweepTransit(folder, { clock: systemClock })).toEqual({ removed: 1 })
  expect(await readdir(folder)).toHaveLength(1)
  const tomorrow = { now: () => Date.now() + DAY + 60_000 }
  expect(await sweepTransit(folder, { clock: tomorrow })).toEqual({ removed: 1 })
  expect(await readdir(folder)).toEqual([])
  expect(await sweepTransit(join(folder, 'nowhere'), { clock: systemClock })).toEqual({
    removed: 0,
  })
})

test('the last room of the disk is not taken: the catalog is there as well', async () => {
  const { folder, transit } = await made(Number.MAX_SAFE_INTEGER)
  await expect(transit.put(KEY, 1, pieces(Buffer.alloc(1)))).rejects.toMatchObject({
    code: 'STORE_FULL',
  })
  expect(await files(folder)).toEqual([])
  const url = new URL(await transit.putUrl(KEY, 1), await served(transit))
  expect((await fetch(url, { method: 'PUT', body: 'x' })).status).toBe(507)
})

test('of a part that is cut off on its way nothing is left', async () => {
  const { folder, transit } = await made()
  const url = new URL(await transit.putUrl(KEY, 1_000_000), await served(transit))
  const call = request(url, { method: 'PUT', headers: { 'content-length': 1_000_000 } })
  call.on('error', () => {})
  call.write(Buffer.alloc(200_000))
  await until('the part is on its way', async () => (await files(folder)).length === 1)
  call.destroy()
  await until('it is gone', async () => (await files(folder)).length === 0)
  expect((await fetch(new URL(await transit.getUrl(KEY), url))).status).toBe(404)
})

test('answers are kept by nobody on the way, and are no page', async () => {
  const { transit } = await made()
  await transit.put(KEY, 8, pieces(Buffer.from('<script>')))
  const { headers } = await fetch(new URL(await transit.getUrl(KEY), await served(transit)))
  expect(Object.fromEntries(headers)).toMatchObject({
    ...{ 'content-type': 'application/octet-stream', 'content-length': '8' },
    ...{ 'cache-control': 'no-store', 'x-content-type-options': 'nosniff' },
  })
})

test('no path leads out of the folder, and nothing but GET and PUT is taken', async () => {
  const { folder, transit } = await made()
  const url = new URL(await served(transit))
  const raw = (path: string, method = 'GET') =>
    new Promise<number | undefined>(resolve => {
      const call = request(
        { ...{ hostname: url.hostname, port: url.port, path, method } },
        answer => {
          answer.resume()
          resolve(answer.statusCode)
        },
      )
      call.end()
    })
  const { search } = new URL(await transit.getUrl(KEY), url)
  for (const path of [
    '/local/transit/../../etc/passwd',
    '/local/transit/%2e%2e/%2e%2e/etc/passwd',
    '/local/transit/A/..%2f..%2fetc/1',
    '/local/transit/A/B/1%00',
    '/local/transit//etc/passwd',
    '/local/transit/',
  ]) {
    const status = await raw(`${path}${search}`)
    expect([path, status === 403 || status === 404]).toEqual([path, true])
  }
  expect(await raw(await transit.getUrl(KEY), 'POST')).toBe(405)
  expect(await raw(await transit.getUrl(KEY), 'DELETE')).toBe(405)
  expect(await files(folder)).toEqual([])
})
