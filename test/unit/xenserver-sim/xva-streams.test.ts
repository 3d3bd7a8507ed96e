import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { ForwardReader } from '#sim/formats/forward-reader.ts'
import { decompress } from '#sim/formats/xva/compression.ts'
import { readOva } from '#sim/formats/xva/read-ova.ts'
import { decodeTarHeader } from '#sim/formats/xva/tar-header.ts'
import { type OvaObjects, readOvaObjects } from '#sim/http/xva/read-ova-objects.ts'
import { type Pool, startPool } from '#sim/pool.ts'
import { vtpmContentsOf } from '#sim/xapi/classes/vtpm.ts'
import type { RawRequest } from '#test/support/raw-http.ts'
import { streamRequest } from '#test/support/stream-request.ts'

const MIB = 1024 * 1024
const folder = mkdtempSync(join(tmpdir(), 'xva-streams-'))
const disk = Buffer.alloc(6 * MIB)
disk.fill(8, 3 * MIB + 5, 3 * MIB + 50)

let pool: Pool
let vm: string
let now = Date.now()

beforeAll(async () => {
  writeFileSync(join(folder, 'disk.raw'), disk)
  const vms = [
    { name: 'web', disks: [join(folder, 'disk.raw')] },
    { name: 'running', disks: [] },
  ]
  const timing = { dom0Linger: 0, exportLockWait: 50 }
  pool = await startPool({
    vms,
    tls: false,
    nbd: 'none',
    hosts: 2,
    running: false,
    timing,
    clock: () => new Date(now),
  })
  vm = refOf('web')
  pool.state.database.update('VM', refOf('running'), { power_state: 'Running' })
})
afterAll(async () => {
  await pool.close()
  rmSync(folder, { recursive: true })
})

const refOf = (name: string) => pool.state.database.byUuid('VM', pool.vms[name] ?? '')
const ask = (request: RawRequest, host = 0) => streamRequest(pool, request, host)
const exported = async (query = '') => (await ask({ line: `GET /export?ref=${vm}${query}` })).body
const put = (body: Buffer, query = '', extra: Partial<RawRequest> = {}) =>
  ask({
    line: `PUT /import?x=1${query}`,
    headers: { 'Content-Length': String(body.length) },
    body,
    ...extra,
  })
const resultOf = (task: { result: string }) => /OpaqueRef:[0-9a-f-]+/.exec(task.result)?.[0] ?? ''
const diskOf = (vmRef: string) => {
  const { database, disks } = pool.state
  const vbds = database.get('VM', vmRef).VBDs.map(ref => database.get('VBD', ref))
  const vdi = database.get('VDI', vbds.find(({ type }) => type === 'Disk')?.VDI ?? '')
  return { vdi, read: () => disks.read(vdi.uuid, 0, disk.length) }
}
const readerOf = (bytes: Buffer) => new ForwardReader(pieces(bytes))
async function* pieces(bytes: Buffer) {
  yield bytes
}
async function ovaOf(bytes: Buffer): Promise<OvaObjects & { xml: string }> {
  const { reader } = await decompress(readerOf(bytes))
  const xml = await readOva(reader)
  return { ...readOvaObjects(pool.state, xml), xml }
}
function names(bytes: Buffer): string[] {
  const found: string[] = []
  for (let at = 0; ; ) {
    const entry = decodeTarHeader(bytes.subarray(at, at + 512))
    if (!entry || entry.name === '') return found
    found.push(entry.name)
    at += 512 + Math.ceil(entry.size / 512) * 512
  }
}

describe('GET /export', () => {
  test('answers in HTTP/1.0 without a length and streams an archive', async () => {
    const { statusLine, headers, body, task } = await ask({
      line: `GET /export?uuid=${pool.vms.web}`,
    })
    expect(statusLine).toBe('HTTP/1.0 200 OK')
    expect(headers).toMatchObject({
      connection: 'close',
      'content-type': 'application/octet-stream',
      'content-disposition': 'attachment; filename="export.xva"',
      server: expect.stringMatching(/^xapi\//),
    })
    expect(headers).not.toHaveProperty('content-length')
    expect(task.status).toBe('success')
    const [ova, ...chunks] = names(body)
    expect(ova).toBe('ova.xml')
    expect(chunks.map(name => name.slice(name.indexOf('/')))).toEqual(
      [0, 3, 5].flatMap(n => [`/0000000${n}`, `/0000000${n}.xxhash`]),
    )
    expect(pool.state.database.get('VM', vm).current_operations).toEqual({})
  })

  test('describes the VM, what belongs to it, and nothing that is only true here', async () => {
    const ova = await ovaOf(await exported())
    expect(ova.xml).toMatch(/^<value><struct><member><name>version<\/name>/)
    expect(ova.version).toEqual([24, 16])
    expect(ova.exportVersion).toBe(2)
    const [record] = ova.of('VM')
    expect(Number(record?.id.slice(4))).toBeGreaterThan(0)
    expect(record?.record).toMatchObject({
      name_label: 'web',
      power_state: 'Halted',
      is_a_snapshot: false,
      snapshots: [],
      current_operations: {},
      allowed_operations: [],
    })
    const [vbd] = ova.of('VBD').filter(({ record }) => record.type === 'Disk')
    expect(vbd?.record.VDI).toBe(ova.of('VDI')[0]?.id)
    expect(record?.record.VBDs).toContain(vbd?.id)
    expect(ova.of('VDI')[0]?.record).toMatchObject({ virtual_size: disk.length, type: 'user' })
    expect(ova.of('network')[0]?.record.PIFs).toEqual([])
    const next = await ovaOf(await exported())
    expect(next.of('VM')[0]?.id).not.toBe(record?.id)
  })

  test('refuses a running VM with a plain 500 before anything is sent', async () => {
    const { statusLine, body, task } = await ask({ line: `GET /export?ref=${refOf('running')}` })
    expect(statusLine).toBe('HTTP/1.1 500 Internal Error')
    expect(body.toString()).toContain('VM_BAD_POWER_STATE: [ ')
    expect(task.error_info).toEqual([
      'VM_BAD_POWER_STATE',
      refOf('running'),
      'halted, suspended',
      'running',
    ])
  })

  test('tells of a disk in use inside the stream', async () => {
    const { database } = pool.state
    const VDI = database.byUuid('VDI', diskOf(vm).vdi.uuid)
    const vbd = database.create('VBD', {
      VM: refOf('running'),
      VDI,
      mode: 'RW',
      type: 'Disk',
      currently_attached: true,
    })
    const { statusLine, body, task } = await ask({ line: `GET /export?ref=${vm}` })
    database.remove('VBD', vbd)
    expect(statusLine).toBe('HTTP/1.0 200 OK')
    expect(body.toString('latin1', 0, 7)).toBe('ova.xml')
    expect(body.toString('latin1')).toContain('HTTP/1.1 500 Internal Error')
    expect(task.error_info[0]).toBe('VDI_IN_USE')
  })

  test('a host that does not see the disks redirects to one that does', async () => {
    const { database, hosts } = pool.state
    const sr = diskOf(vm).vdi.SR
    const found = [...database.all('PBD')].find(
      ([, pbd]) => pbd.host === hosts[1]?.ref && pbd.SR === sr,
    )
    database.update('PBD', found?.[0] ?? '', { currently_attached: false })
    const { statusLine, headers, task } = await ask({ line: `GET /export?ref=${vm}` }, 1)
    database.update('PBD', found?.[0] ?? '', { currently_attached: true })
    expect(statusLine).toBe('HTTP/1.1 302 Found')
    expect(headers.location).toMatch(/^http:\/\/127\.0\.0\.1:\d+\/export\?ref=/)
    expect(task.status).toBe('pending')
  })

  test('can be cancelled; somebody looks every 10 s', async () => {
    const { state } = pool
    const stop = state.database.onChange(({ className, ref }) => {
      if (className !== 'VM' || ref !== vm) return
      for (const [task, { status }] of state.database.all('task')) {
        if (status === 'pending') state.tasks.cancel(task)
      }
      now += 11_000
    })
    let ticking = true
    const tick = () => {
      now += 11_000
      if (ticking) setImmediate(tick)
    }
    tick()
    const { task } = await ask({ line: `GET /export?ref=${vm}` })
    ticking = false
    stop()
    expect(task).toMatchObject({
      status: 'cancelled',
      error_info: ['TASK_CANCELLED', expect.any(String)],
    })
  })
})

describe('PUT /import', () => {
  test.each(['', '&use_compression=true', '&use_compression=zstd'])(
    'gives a new VM with the same content (export%s)',
    async query => {
      const { database } = pool.state
      const { statusLine, task } = await put(await exported(query), '', { waitForHeaders: true })
      expect(statusLine).toBe('HTTP/1.1 200 OK')
      expect(task).toMatchObject({
        status: 'success',
        other_config: { object_creation: 'complete' },
      })
      expect(task.result).toMatch(/^<value><array><data><value>OpaqueRef:/)
      const copy = database.get('VM', resultOf(task))
      const source = database.get('VM', vm)
      expect(copy).toMatchObject({
        name_label: 'web',
        power_state: 'Halted',
        version: 0,
        current_operations: {},
      })
      expect(copy.uuid).not.toBe(source.uuid)
      expect(copy.other_config.mac_seed).not.toBe(source.other_config.mac_seed)
      expect(copy.other_config).not.toHaveProperty('import_task')
      const [mine, theirs] = [copy, source].map(({ VIFs }) => database.get('VIF', VIFs[0] ?? ''))
      expect(mine?.MAC).not.toBe(theirs?.MAC)
      expect(mine?.network).toBe(theirs?.network)
      expect((await diskOf(resultOf(task)).read()).equals(disk)).toBe(true)
      expect(diskOf(resultOf(task)).vdi.uuid).not.toBe(diskOf(vm).vdi.uuid)
    },
  )

  test('takes a keep-alive chunk for what it is', async () => {
    pool.state.faults.add({ kind: 'keep-alive-chunk', handler: 'export' })
    const body = await exported()
    expect(names(body).some(name => name.endsWith('/00000006'))).toBe(true)
    const { task } = await put(body)
    expect((await diskOf(resultOf(task)).read()).equals(disk)).toBe(true)
  })

  test('an exported snapshot comes back as a template', async () => {
    const { database } = pool.state
    database.update('VM', vm, { is_a_template: true })
    const body = await exported()
    database.update('VM', vm, { is_a_template: false })
    const { task } = await put(body)
    expect(database.get('VM', resultOf(task)).is_a_template).toBe(true)
  })

  test('carries the contents of a vTPM', async () => {
    const { database } = pool.state
    const vtpm = database.create('VTPM', { VM: vm })
    vtpmContentsOf(pool.state).set(vtpm, 'c2VjcmV0')
    const { task } = await put(await exported())
    database.remove('VTPM', vtpm)
    const [copy = ''] = database.get('VM', resultOf(task)).VTPMs
    expect(vtpmContentsOf(pool.state).get(copy)).toBe('c2VjcmV0')
  })

  test('finds an inserted CD again by its location, or ejects it', async () => {
    const { database } = pool.state
    const [iso] = [...database.all('VDI')].find(([, { location }]) =>
      location.endsWith('.iso'),
    ) ?? ['']
    const drive =
      database.get('VM', vm).VBDs.find(ref => database.get('VBD', ref).type === 'CD') ?? ''
    database.update('VBD', drive, { VDI: iso, empty: false })
    const body = await exported()
    database.update('VBD', drive, { VDI: 'OpaqueRef:NULL', empty: true })
    const driveOf = (vmRef: string) =>
      database
        .get('VM', vmRef)
        .VBDs.map(ref => database.get('VBD', ref))
        .find(({ type }) => type === 'CD')
    const there = await put(body)
    expect(driveOf(resultOf(there.task))).toMatchObject({ VDI: iso, empty: false })
    database.update('VDI', iso, { location: 'another.iso' })
    const gone = await put(body)
    database.update('VDI', iso, { location: 'guest-tools.iso' })
    expect(driveOf(resultOf(gone.task))).toMatchObject({ VDI: 'OpaqueRef:NULL', empty: true })
  })

  test('keeps the memory image of a suspended VM only when asked to', async () => {
    const { database, disks } = pool.state
    disks.createEmpty('00000000-0000-4000-8000-00000000000c', 2 * MIB)
    await disks.write('00000000-0000-4000-8000-00000000000c', 0, Buffer.alloc(3 * 512, 6))
    const { SR } = diskOf(vm).vdi
    const fields = { uuid: '00000000-0000-4000-8000-00000000000c', SR, virtual_size: 2 * MIB }
    const suspend_VDI = database.create('VDI', { ...fields, type: 'suspend', managed: true })
    database.update('VM', vm, { power_state: 'Suspended', suspend_VDI })
    const [kept, dropped] = [await exported('&preserve_power_state=true'), await exported()]
    database.update('VM', vm, { power_state: 'Halted', suspend_VDI: 'OpaqueRef:NULL' })
    const suspended = database.get('VM', resultOf((await put(kept)).task))
    expect(suspended.power_state).toBe('Suspended')
    const memory = database.get('VDI', suspended.suspend_VDI)
    expect(memory.type).toBe('suspend')
    expect((await disks.read(memory.uuid, 0, 2 * MIB)).lastIndexOf(6)).toBe(3 * 512 - 1)
    const halted = database.get('VM', resultOf((await put(dropped)).task))
    expect(halted).toMatchObject({ power_state: 'Halted', suspend_VDI: 'OpaqueRef:NULL' })
  })

  test('makes the objects before the data: hidden behind the operation import', async () => {
    const { database } = pool.state
    const body = await exported()
    const seen = new Set<string>()
    const stop = database.onChange(({ className, ref, operation }) => {
      if (className !== 'VM' || operation === 'del') return
      const record = database.get('VM', ref)
      for (const each of Object.values(record.current_operations)) seen.add(each)
      if (record.other_config.import_task) seen.add('import_task')
    })
    await put(body)
    stop()
    expect(seen).toEqual(new Set(['import', 'import_task']))
  })

  test('cut off, it leaves nothing', async () => {
    const { database } = pool.state
    const count = () => (['VM', 'VDI', 'VBD', 'VIF'] as const).map(name => database.all(name).size)
    const body = await exported()
    await expect.poll(() => diskOf(vm).vdi.VBDs.length).toBe(1)
    const before = count()
    const cut = body.subarray(0, body.length - MIB)
    const { statusLine, task } = await put(cut, '', {
      headers: { 'Content-Length': String(2 ** 50) },
      end: true,
    })
    expect(statusLine).toBe('HTTP/1.1 200 OK')
    expect(task.status).toBe('failure')
    expect(task.error_info).toEqual(['IMPORT_ERROR_PREMATURE_EOF'])
    await expect.poll(count).toEqual(before)
  })

  test('needs no end: the server stops reading after the last chunk', async () => {
    const body = await exported()
    const { task } = await put(body.subarray(0, -1024), '', {
      headers: { 'Content-Length': String(2 ** 50) },
    })
    expect(task.status).toBe('success')
  })

  test.each([
    ['no archive', Buffer.alloc(2048, 'x'), 'IMPORT_ERROR_PREMATURE_EOF'],
    ['nothing', Buffer.alloc(0), 'IMPORT_ERROR_PREMATURE_EOF'],
  ])('%s is told by the task', async (_, body, code) => {
    const { task } = await put(body)
    expect(task.error_info[0]).toBe(code)
  })

  test('an archive of a newer release is refused', async () => {
    const body = await exported()
    const at = body.indexOf('<name>xapi_minor</name><value>16')
    body.write('99', at + '<name>xapi_minor</name><value>'.length)
    expect((await put(body)).task.error_info).toEqual(['IMPORT_INCOMPATIBLE_VERSION'])
  })

  test('what cannot be imported is refused before the 200', async () => {
    const iso = [...pool.state.database.all('SR')].find(([, sr]) => sr.content_type === 'iso')?.[0]
    const toIso = await put(Buffer.alloc(0), `&sr_id=${iso}`)
    expect([toIso.statusLine.slice(9, 12), toIso.task.error_info[0]]).toEqual([
      '400',
      'SR_OPERATION_NOT_SUPPORTED',
    ])
    const chunked = await ask({
      line: 'PUT /import?x=1',
      headers: { 'Transfer-Encoding': 'chunked' },
    })
    expect([chunked.statusLine.slice(9, 12), chunked.task.error_info[0]]).toEqual([
      '403',
      'IMPORT_ERROR_CANNOT_HANDLE_CHUNKED',
    ])
  })
})

describe('PUT /import with restore=true', () => {
  test('refuses while the VM is there and not older, or not halted', async () => {
    const { database } = pool.state
    const body = await exported()
    const newer = await put(body, '&restore=true')
    expect(newer.task.error_info).toEqual(['VM_TO_IMPORT_IS_NOT_NEWER_VERSION', vm, '0', '0'])
    database.update('VM', vm, { power_state: 'Running' })
    const running = await put(body, '&restore=true')
    database.update('VM', vm, { power_state: 'Halted' })
    expect(running.task.error_info).toEqual(['VM_BAD_POWER_STATE', vm, 'Halted', 'Running'])
    expect(database.get('VM', vm).VBDs.length).toBeGreaterThan(0)
  })

  test('refuses a MAC seed that another VM has', async () => {
    const { database } = pool.state
    const { other_config } = database.get('VM', refOf('running'))
    const { mac_seed } = database.get('VM', vm).other_config
    const body = await exported()
    database.update('VM', refOf('running'), {
      other_config: { ...other_config, mac_seed: mac_seed ?? '' },
    })
    expect((await put(body, '&restore=true&force=true')).task.error_info).toEqual([
      'DUPLICATE_MAC_SEED',
      mac_seed,
    ])
    database.update('VM', refOf('running'), { other_config })
  })

  test('brings a lost VM back under its uuid and MACs, its old disk left as an orphan', async () => {
    const { database } = pool.state
    const body = await exported()
    const before = database.get('VM', vm)
    const [oldVif] = before.VIFs.map(ref => database.get('VIF', ref))
    const orphan = diskOf(vm).vdi.uuid
    const { task } = await put(body, '&restore=true&force=true')
    expect(task.status).toBe('success')
    const after = database.get('VM', vm)
    expect(resultOf(task)).toBe(vm)
    expect(after.version).toBe(before.version + 1)
    expect(after.other_config.mac_seed).toBe(before.other_config.mac_seed)
    expect(database.get('VIF', after.VIFs[0] ?? '')).toMatchObject({
      uuid: oldVif?.uuid,
      MAC: oldVif?.MAC,
    })
    expect(database.byUuid('VDI', orphan)).toBeDefined()
    expect(diskOf(vm).vdi.uuid).not.toBe(orphan)
    expect((await diskOf(vm).read()).equals(disk)).toBe(true)
  })
})
