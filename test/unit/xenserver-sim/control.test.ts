import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { rawFiles, type SimulatedPool, simulatedPool } from '#test/support/simulated-pool.ts'

const BLOCK = 64 * 1024
const image = Buffer.from(Array.from({ length: 10 * BLOCK }, (_, i) => (i >> 8) & 0xff))

let files: Awaited<ReturnType<typeof rawFiles>>
let pool: SimulatedPool
let target: string
beforeEach(async () => {
  files = await rawFiles({ a: image })
  pool = await simulatedPool({ seed: 5, vms: [{ name: 'db', disks: [files.path('a')] }] })
  target = `vm=${pool.vms.db}&device=0`
})
afterEach(async () => {
  await pool.close()
  await files.remove()
})

const basic = (password = 'xenserver') => ({
  authorization: `Basic ${Buffer.from(`root:${password}`).toString('base64')}`,
})
const sim = async (path: string, body?: Buffer | object, method = 'POST') => {
  const response = await fetch(`${pool.url}/sim/${path}`, {
    method,
    headers: basic(),
    ...(body ? { body: Buffer.isBuffer(body) ? new Uint8Array(body) : JSON.stringify(body) } : {}),
  })
  return { status: response.status, value: await response.json() }
}
const disk = () => {
  const found = [...pool.state.database.all('VDI').values()].find(v => v.name_label === 'db disk 0')
  return found?.uuid ?? ''
}
const content = () => pool.state.disks.read(disk(), 0, image.length)

test('it is protected by the credentials of the pool', async () => {
  const ask = (headers: Record<string, string>) =>
    fetch(`${pool.url}/sim/faults`, { headers }).then(r => r.status)
  expect(await ask({})).toBe(401)
  expect(await ask(basic('wrong'))).toBe(401)
  expect(await ask(basic())).toBe(200)
})

test('guest-write puts bytes at an offset', async () => {
  const { value } = await sim(`guest-write?${target}&offset=100`, Buffer.from('hello'))
  expect(value).toStrictEqual({ written: 5 })
  expect((await content()).toString('latin1', 100, 105)).toBe('hello')
  expect((await content())[105]).toBe(image[105])
})

test('guest-apply writes only the 64 KiB blocks that differ', async () => {
  const changed = Buffer.from(image)
  changed[3 * BLOCK + 5] = 0xee
  changed[9 * BLOCK] = 0xee
  expect((await sim(`guest-apply?${target}`, changed)).value).toStrictEqual({ written: 2 * BLOCK })
  expect((await content()).equals(changed)).toBe(true)
  expect((await sim(`guest-apply?${target}`, changed)).value).toStrictEqual({ written: 0 })
})

test('damage overwrites a range, the same at every run', async () => {
  await sim(`damage?${target}&offset=${BLOCK}&length=${BLOCK}&seed=3`)
  const after = await content()
  expect(after.subarray(0, BLOCK).equals(image.subarray(0, BLOCK))).toBe(true)
  expect(after.subarray(2 * BLOCK).equals(image.subarray(2 * BLOCK))).toBe(true)
  expect(after.subarray(BLOCK, 2 * BLOCK).equals(image.subarray(BLOCK, 2 * BLOCK))).toBe(false)
  await sim(`damage?${target}&offset=${BLOCK}&length=${BLOCK}&seed=3`)
  expect((await content()).equals(after)).toBe(true)
})

test.each([
  ['guest-write?vm=none&device=0&offset=0', ['UUID_INVALID', 'VM', 'none']],
  ['guest-write?TARGET', ['FIELD_TYPE_ERROR', 'offset is a whole number']],
  ['guest-write?OTHER&offset=0', ['INVALID_DEVICE', '7']],
])('%s is refused with a code', async (path, error) => {
  const wanted = path.replace('TARGET', target).replace('OTHER', `vm=${pool.vms.db}&device=7`)
  expect(await sim(wanted, Buffer.from('x'))).toStrictEqual({ status: 400, value: { error } })
})

describe('faults', () => {
  const vm = () => pool.rpc('VM.get_by_uuid', pool.vms.db)

  test('a call fails as often as ordered, after letting some pass; Async too', async () => {
    const error = ['SR_BACKEND_FAILURE_109', '', 'chain too long', '']
    await sim('faults', { kind: 'fail-call', method: 'VM.snapshot', error, skip: 1, times: 2 })
    await pool.rpc('VM.snapshot', await vm(), 'one')
    expect(await pool.failure('VM.snapshot', await vm(), 'two')).toStrictEqual(error)
    expect(await pool.outcome('VM.snapshot', await vm(), 'two')).toMatchObject({
      error_info: error,
    })
    await pool.rpc('VM.snapshot', await vm(), 'three')
    expect((await sim('faults', undefined, 'GET')).value).toStrictEqual([])
  })

  test('a call is dropped before or after its work', async () => {
    await sim('faults', [
      { kind: 'drop-call', method: 'VM.set_name_label' },
      { kind: 'drop-call', method: 'VM.set_name_label', after: true },
    ])
    await expect(pool.rpc('VM.set_name_label', await vm(), 'x')).rejects.toThrow('fetch failed')
    expect(await pool.rpc('VM.get_name_label', await vm())).toBe('db')
    await expect(pool.rpc('VM.set_name_label', await vm(), 'x')).rejects.toThrow('fetch failed')
    expect(await pool.rpc('VM.get_name_label', await vm())).toBe('x')
  })

  test('a stream is cut, or turns into a second HTTP response', async () => {
    const snapshot = await pool.rpc('VM.snapshot', await vm(), 's')
    const [vbd] = await pool.rpc<string[]>('VM.get_VBDs', snapshot)
    const url = `${pool.url}/export_raw_vdi?vdi=${await pool.rpc('VBD.get_VDI', vbd)}&session_id=${pool.session}`
    await sim('faults', [
      { kind: 'cut-stream', handler: 'export_raw_vdi', bytes: 1000 },
      {
        kind: 'in-band-error',
        handler: 'export_raw_vdi',
        bytes: 2000,
        error: ['VDI_IO_ERROR', 'x'],
      },
    ])
    const cut = await fetch(url)
    expect((await cut.bytes()).length).toBe(1000)
    expect(await pool.rpc('task.get_status', cut.headers.get('task-id'))).toBe('failure')
    const text = Buffer.from(await (await fetch(url)).bytes())
    expect(text.subarray(0, 2000).equals(image.subarray(0, 2000))).toBe(true)
    expect(text.toString('latin1', 2000)).toMatch(/^HTTP\/1\.1 500 Internal Error/)
    expect((await (await fetch(url)).bytes()).length).toBe(image.length)
  })

  test('what is no fault is refused; DELETE forgets what waits', async () => {
    expect((await sim('faults', { kind: 'earthquake' })).status).toBe(400)
    expect((await sim('faults', { kind: 'fail-call', error: ['X'] })).status).toBe(400)
    await sim('faults', { kind: 'close-nbd', bytes: 5 })
    expect((await sim('faults', undefined, 'DELETE')).value).toStrictEqual([])
    expect(pool.state.faults.waiting()).toStrictEqual([])
  })
})

test('a toolstack restart forgets sessions and tasks, answers HOST_STILL_BOOTING, and keeps the objects', async () => {
  const vm = await pool.rpc('VM.get_by_uuid', pool.vms.db)
  const task = await pool.rpc('task.create', 't', '')
  await sim('restart-toolstack?milliseconds=500')
  // The first try may still hold a connection that the restart dropped.
  await expect
    .poll(() => pool.failure('VM.get_all'), { interval: 10 })
    .toStrictEqual(['HOST_STILL_BOOTING'])
  const login = () => pool.bare('session.login_with_password', 'root', 'xenserver').catch(() => '')
  await expect.poll(login).toMatch(/^OpaqueRef:/)
  const session = await login()
  expect(await pool.failure('VM.get_all')).toStrictEqual(['SESSION_INVALID', pool.session])
  expect(await pool.bare('VM.get_name_label', session, vm)).toBe('db')
  await expect(pool.bare('task.get_status', session, task)).rejects.toThrow('HANDLE_INVALID task')
})

test('the same seed gives the same uuids', async () => {
  const twin = await simulatedPool({ seed: 5, vms: [{ name: 'db', disks: [files.path('a')] }] })
  expect(twin.vms).toStrictEqual(pool.vms)
  expect(twin.poolUuid).toBe(pool.poolUuid)
  await twin.close()
})
