import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { ForwardReader } from '#sim/formats/forward-reader.ts'
import { vhdLength } from '#sim/formats/vhd/layout.ts'
import { readVhd } from '#sim/formats/vhd/read-vhd.ts'
import { writeVhd } from '#sim/formats/vhd/write-vhd.ts'
import { type Pool, startPool } from '#sim/pool.ts'
import type { RawRequest } from '#test/support/raw-http.ts'
import { streamRequest } from '#test/support/stream-request.ts'

const MIB = 1024 * 1024
const SIZE = 6 * MIB

let pool: Pool
let sr: string
let vdi: { uuid: string; ref: string }
let number = 0

beforeAll(async () => {
  pool = await startPool({ tls: false, nbd: 'none', hosts: 2, timing: { dom0Linger: 0 } })
  sr = [...pool.state.database.all('SR')].find(([, { type }]) => type === 'nfs')?.[0] ?? ''
  vdi = addDisk('00000000-0000-4000-8000-000000000001')
  await pool.state.disks.write(vdi.uuid, 3 * MIB, Buffer.alloc(100, 7))
})
afterAll(() => pool.close())

function addDisk(uuid: string, size = SIZE) {
  pool.state.disks.createEmpty(uuid, size)
  return { uuid, ref: addRecord(uuid) }
}
const addRecord = (uuid: string) =>
  pool.state.database.create('VDI', {
    uuid,
    SR: sr,
    virtual_size: pool.state.disks.size(uuid),
    type: 'user',
    managed: true,
  })
const freshDisk = () => addDisk(`00000000-0000-4000-8000-1${String(++number).padStart(11, '0')}`)

const ask = (request: RawRequest, host = 0) => streamRequest(pool, request, host)
const put = (line: string, body: Buffer, length = body.length) =>
  ask({ line, body, headers: { 'Content-Length': String(length) } })
const vhdOf = async (bytes: Buffer, blocks: number[]) => {
  const read = async (offset: number, length: number) => bytes.subarray(offset, offset + length)
  return Buffer.concat(await Array.fromAsync(writeVhd({ size: bytes.length, blocks, read })))
}
const inUse = (ref: string) => {
  const vm = [...pool.state.database.all('VM').keys()][0] ?? ''
  return pool.state.database.create('VBD', {
    VM: vm,
    VDI: ref,
    mode: 'RW',
    type: 'Disk',
    currently_attached: true,
  })
}

describe('GET /export_raw_vdi', () => {
  test('vhd: early header without length, the whole image, close, task success', async () => {
    const { statusLine, headers, body, task } = await ask({
      line: `GET /export_raw_vdi?vdi=${vdi.ref}&format=VHD`,
    })
    expect(statusLine).toBe('HTTP/1.1 200 OK')
    expect(headers).toMatchObject({
      connection: 'close',
      'content-type': 'application/vhd',
      'content-disposition': `attachment; filename="${vdi.uuid}.vhd"`,
      'task-id': expect.stringMatching(/^OpaqueRef:/),
    })
    expect(headers).not.toHaveProperty('content-length')
    expect(headers).not.toHaveProperty('transfer-encoding')
    expect(body.length).toBe(vhdLength(SIZE, 1))
    expect(body.subarray(-512).equals(body.subarray(0, 512))).toBe(true)
    expect(task).toMatchObject({ status: 'success', progress: 1 })
  })

  test('raw: exactly the virtual size, holes included; a trailing slash is harmless', async () => {
    const { headers, body } = await ask({ line: `GET /export_raw_vdi/?vdi=${vdi.uuid}` })
    expect(headers['content-type']).toBe('application/octet-stream')
    expect(body.length).toBe(SIZE)
    expect(body.indexOf(7)).toBe(3 * MIB)
  })

  test('vhd with base: what differs, with the parent named', async () => {
    const { database, disks } = pool.state
    const disk = freshDisk()
    disks.snapshot(disk.uuid, '00000000-0000-4000-8000-00000000000a')
    addRecord('00000000-0000-4000-8000-00000000000a')
    await disks.write(disk.uuid, 5 * MIB, Buffer.alloc(10, 1))
    const base = database.byUuid('VDI', '00000000-0000-4000-8000-00000000000a')
    const { body } = await ask({
      line: `GET /export_raw_vdi?vdi=${disk.ref}&format=vhd&base=${base}`,
    })
    expect(body.length).toBe(vhdLength(SIZE, 1))
    expect(body.readUInt32BE(60)).toBe(4)
    expect(body.readUInt32BE(2048)).toBe(0xffffffff)
    expect(body.readUInt32BE(2056)).toBe(5)
    const { body: again } = await ask({
      line: `GET /export_raw_vdi?vdi=${disk.ref}&format=vhd&base=${base}`,
    })
    expect(again.subarray(552, 568).equals(body.subarray(552, 568))).toBe(true)
    expect(again.subarray(68, 84).equals(body.subarray(68, 84))).toBe(false)
  })

  test('a disk in use read-write: 200, then a second response in the stream, and the task tells', async () => {
    const disk = freshDisk()
    const vbd = inUse(disk.ref)
    const { statusLine, body, task } = await ask({
      line: `GET /export_raw_vdi?vdi=${disk.ref}&format=vhd`,
    })
    expect(statusLine).toBe('HTTP/1.1 200 OK')
    expect(body.toString()).toMatch(/^HTTP\/1\.1 500 Internal Error\r\n/)
    expect(body.toString()).toContain(`VDI_IN_USE: [ ${disk.ref}; attach ]`)
    expect(task).toMatchObject({
      status: 'failure',
      error_info: ['VDI_IN_USE', disk.ref, 'attach'],
    })
    pool.state.database.remove('VBD', vbd)
  })

  test('an unknown format is 404, and so is qcow2 on this release', async () => {
    const { statusLine, task } = await ask({
      line: `GET /export_raw_vdi?vdi=${vdi.ref}&format=qcow2`,
    })
    expect(statusLine).toBe('HTTP/1.1 404 Not Found')
    expect(task.error_info).toEqual(['INTERNAL_ERROR', 'Unknown format qcow2'])
  })

  test('a host that does not see the storage redirects, and the task stays pending', async () => {
    const { database, hosts } = pool.state
    const pbds = [...database.all('PBD')].filter(
      ([, pbd]) => pbd.host === hosts[1]?.ref && pbd.SR === sr,
    )
    const [[pbd] = ['']] = pbds
    database.update('PBD', pbd, { currently_attached: false })
    const line = `GET /export_raw_vdi?vdi=${vdi.ref}&format=vhd`
    const { statusLine, headers, task } = await ask({ line }, 1)
    database.update('PBD', pbd, { currently_attached: true })
    expect(statusLine).toBe('HTTP/1.1 302 Found')
    expect(headers.location).toMatch(/^http:\/\/127\.0\.0\.1:\d+\/export_raw_vdi\?vdi=/)
    expect(task.status).toBe('pending')
  })

  test('the disk is attached to dom0 while it streams and let go of afterwards', async () => {
    const disk = freshDisk()
    const seen = new Set<number>()
    const stop = pool.state.database.onChange(() =>
      seen.add(pool.state.database.get('VDI', disk.ref).VBDs.length),
    )
    await ask({ line: `GET /export_raw_vdi?vdi=${disk.ref}&format=vhd` })
    await expect.poll(() => pool.state.database.get('VDI', disk.ref).VBDs).toEqual([])
    stop()
    expect(seen).toEqual(new Set([0, 1]))
  })

  test('tar: chunks below vdi/, then the end of the archive', async () => {
    const { body } = await ask({ line: `GET /export_raw_vdi?vdi=${vdi.ref}&format=tar` })
    expect(body.toString('latin1', 0, 12)).toBe('vdi/00000000')
    expect(body.subarray(-1024).every(byte => byte === 0)).toBe(true)
    const target = freshDisk()
    const { task } = await put(`PUT /import_raw_vdi?vdi=${target.ref}&format=tar`, body)
    expect(task.status).toBe('success')
    expect((await pool.state.disks.read(target.uuid, 0, SIZE)).indexOf(7)).toBe(3 * MIB)
  })
})

describe('PUT /import_raw_vdi', () => {
  const content = Buffer.alloc(SIZE)
  content.fill(5, 4 * MIB)

  test('vhd: the answer comes before the body; the result is the VDI', async () => {
    const target = freshDisk()
    const body = await vhdOf(content, [2])
    const { statusLine, headers, task } = await ask({
      line: `PUT /import_raw_vdi?vdi=${target.uuid}&format=vhd`,
      headers: { 'Content-Length': String(body.length) },
      body,
      waitForHeaders: true,
    })
    expect(statusLine).toBe('HTTP/1.1 200 OK')
    expect(headers.connection).toBe('close')
    expect(headers).not.toHaveProperty('content-length')
    expect(task).toMatchObject({ status: 'success', result: `<value>${target.ref}</value>` })
    expect((await pool.state.disks.read(target.uuid, 0, SIZE)).equals(content)).toBe(true)
  })

  test('vhd: a stream ending before its Content-Length fails after the data was written', async () => {
    const target = freshDisk()
    const body = await vhdOf(content, [2])
    const { statusLine, task } = await ask({
      line: `PUT /import_raw_vdi?vdi=${target.ref}&format=vhd`,
      headers: { 'Content-Length': String(body.length + 1024) },
      body,
      end: true,
    })
    expect(statusLine).toBe('HTTP/1.1 200 OK')
    expect(task.error_info).toEqual(['VDI_IO_ERROR', 'Device I/O errors'])
    expect((await pool.state.disks.read(target.uuid, 0, SIZE)).equals(content)).toBe(true)
  })

  test('vhd larger than the disk fails late', async () => {
    const { uuid, ref } = addDisk('00000000-0000-4000-8000-00000000000b', 2 * MIB)
    const { task } = await put(
      `PUT /import_raw_vdi?vdi=${ref}&format=vhd`,
      await vhdOf(content, [0, 2]),
    )
    expect(task.error_info[0]).toBe('VDI_IO_ERROR')
    expect(pool.state.disks.size(uuid)).toBe(2 * MIB)
  })

  test('raw: Content-Length bytes from the start', async () => {
    const target = freshDisk()
    const { task } = await put(`PUT /import_raw_vdi?vdi=${target.ref}`, Buffer.alloc(700, 9))
    expect(task.status).toBe('success')
    expect((await pool.state.disks.read(target.uuid, 0, 1024)).lastIndexOf(9)).toBe(699)
  })

  test('raw with a number of our own frames, ended by an empty one', async () => {
    const target = freshDisk()
    const frame = (offset: number, data: Buffer) => {
      const head = Buffer.alloc(12)
      head.writeBigUInt64LE(BigInt(offset))
      head.writeUInt32LE(data.length, 8)
      return Buffer.concat([head, data])
    }
    const body = Buffer.concat([
      frame(2 * MIB, Buffer.alloc(512, 1)),
      frame(0, Buffer.alloc(512, 2)),
      frame(0, Buffer.alloc(0)),
    ])
    const { task } = await put(`PUT /import_raw_vdi?vdi=${target.ref}&chunked=true`, body)
    expect(task.status).toBe('success')
    const bytes = await pool.state.disks.read(target.uuid, 0, SIZE)
    expect([bytes[0], bytes[511], bytes[512], bytes[2 * MIB]]).toEqual([2, 2, 0, 1])
  })

  test('raw into an SR makes a new disk, rounded up to whole VHD blocks', async () => {
    const { task } = await put(`PUT /import_raw_vdi?sr_id=${sr}`, Buffer.alloc(2048, 3))
    const ref = /OpaqueRef:[^<]+/.exec(task.result)?.[0] ?? ''
    expect(pool.state.database.get('VDI', ref)).toMatchObject({
      name_label: 'Imported VDI',
      virtual_size: 2 * MIB,
    })
  })

  test('what cannot be imported is refused before the 200', async () => {
    const refused = async (query: string, headers = {}) => {
      const answer = await ask({
        line: `PUT /import_raw_vdi?${query}`,
        headers: { 'Content-Length': '0', ...headers },
      })
      return [answer.statusLine.slice(9, 12), answer.task.error_info[0]]
    }
    expect(await refused('format=raw')).toEqual(['400', 'VDI_MISSING'])
    expect(await refused(`format=vhd&sr_id=${sr}`)).toEqual(['400', 'INTERNAL_ERROR'])
    expect(await refused(`vdi=${vdi.ref}&format=vmdk`)).toEqual(['404', 'INTERNAL_ERROR'])
    const chunked = await ask({
      line: `PUT /import_raw_vdi?vdi=${vdi.ref}`,
      headers: { 'Transfer-Encoding': 'chunked' },
    })
    expect([chunked.statusLine.slice(9, 12), chunked.task.error_info[0]]).toEqual([
      '404',
      'INTERNAL_ERROR',
    ])
  })

  test('a disk in use is refused in-band', async () => {
    const target = freshDisk()
    const vbd = inUse(target.ref)
    const { statusLine, task } = await put(
      `PUT /import_raw_vdi?vdi=${target.ref}`,
      Buffer.alloc(512),
    )
    expect(statusLine).toBe('HTTP/1.1 200 OK')
    expect(task.error_info[0]).toBe('VDI_IN_USE')
    pool.state.database.remove('VBD', vbd)
  })
})

test('an exported VHD imports again to the same content', async () => {
  const { body } = await ask({ line: `GET /export_raw_vdi?vdi=${vdi.ref}&format=vhd` })
  const copy = Buffer.alloc(SIZE)
  const pieces = (async function* () {
    yield body
  })()
  await readVhd(new ForwardReader(pieces), body.length, async (offset, data) => {
    data.copy(copy, offset)
  })
  expect(copy.equals(await pool.state.disks.read(vdi.uuid, 0, SIZE))).toBe(true)
})
