import { once } from 'node:events'
import { connect, type Socket } from 'node:net'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { type PoolWithVm, poolWithVm } from '#test/support/pool-with-vm.ts'

// The wire protocol itself has its own tests; here: which disks the pool's service gives to whom.
const image = Buffer.from(Array.from({ length: 2 ** 20 }, (_, i) => (i >> 9) & 0xff))

let pool: PoolWithVm
let live: string
let snapshot: string
beforeEach(async () => {
  pool = await poolWithVm([image], { nbd: 'insecure_nbd' })
  live = await pool.diskOf(pool.vm)
  snapshot = await pool.diskOf(await pool.rpc('VM.snapshot', pool.vm, 's'))
})
afterEach(() => pool.close())

const exportName = async (vdi: string, session = pool.session) =>
  `/${await pool.rpc('VDI.get_uuid', vdi)}?session_id=${session}`

/** Everything a client hears after the 18 bytes of greeting, when it asks for an export and some reads. */
const talk = async (name: string, reads: [offset: number, length: number][], port?: number) => {
  const socket: Socket = connect(port ?? pool.hosts[0]?.nbdPort ?? 0, '127.0.0.1')
  const heard: Buffer[] = []
  socket.on('data', data => heard.push(data))
  socket.on('error', () => {})
  await once(socket, 'data')
  const option = Buffer.alloc(20)
  option.writeUInt32BE(1, 0)
  option.write('IHAVEOPT', 4)
  option.writeUInt32BE(1, 12)
  option.writeUInt32BE(Buffer.byteLength(name), 16)
  const requests = reads.map(([offset, length], i) => {
    const request = Buffer.alloc(28)
    request.writeUInt32BE(0x25609513, 0)
    request.writeUInt32BE(i, 12)
    request.writeBigUInt64BE(BigInt(offset), 16)
    request.writeUInt32BE(length, 24)
    return request
  })
  const goodbye = Buffer.alloc(28)
  goodbye.writeUInt32BE(0x25609513, 0)
  goodbye.writeUInt16BE(2, 6)
  socket.write(Buffer.concat([option, Buffer.from(name), ...requests, goodbye]))
  await once(socket, 'close')
  return Buffer.concat(heard).subarray(18)
}

test('a snapshot is served to whoever knows the name with a living session', async () => {
  const heard = await talk(await exportName(snapshot), [[512, 1024]])
  expect(heard.readBigUInt64BE(0)).toBe(BigInt(image.length))
  expect(heard.subarray(134 + 16).equals(image.subarray(512, 1536))).toBe(true)
})

test.each([
  ['a dead session', () => exportName(snapshot, 'OpaqueRef:gone')],
  ['a disk in use by a running VM', () => exportName(live)],
  ['an unknown disk', async () => `/none?session_id=${pool.session}`],
  ['no name at all', async () => ''],
])('%s: the connection closes without a word', async (_, name) => {
  expect((await talk(await name(), [])).length).toBe(0)
})

test('while connected, and a little longer, the disk is attached to dom0', async () => {
  await talk(await exportName(snapshot), [])
  expect(await pool.failure('VDI.destroy', snapshot)).toStrictEqual([
    'VDI_IN_USE',
    snapshot,
    'destroy',
  ])
  await expect.poll(() => pool.rpc('VDI.get_VBDs', snapshot)).toHaveLength(1)
  await pool.rpc('VDI.destroy', snapshot)
})

test('a scripted fault breaks off in the middle of an answer, once', async () => {
  pool.state.faults.add({ kind: 'close-nbd', bytes: 4096 })
  const reads: [number, number][] = [
    [0, 4096],
    [4096, 4096],
  ]
  const broken = await talk(await exportName(snapshot), reads)
  expect(broken.length).toBeLessThan(134 + 2 * (16 + 4096))
  expect(broken.length).toBeGreaterThanOrEqual(134 + 16 + 4096)
  expect((await talk(await exportName(snapshot), reads)).length).toBe(134 + 2 * (16 + 4096))
})

test('without an NBD network nothing is served; turned to TLS the same port forces it', async () => {
  const [network] = await pool.rpc<string[]>('network.get_all')
  const name = await exportName(snapshot)
  await pool.rpc('network.remove_purpose', network, 'insecure_nbd')
  const tlsRequired = async () => (await talk(name, []).catch(() => Buffer.alloc(0))).length
  expect(await tlsRequired()).toBe(0)
  await pool.rpc('network.add_purpose', network, 'nbd')
  expect(await tlsRequired()).toBe(0)
  const [info] = await pool.rpc<{ port: number }[]>('VDI.get_nbd_info', snapshot)
  expect(info?.port).toBe(pool.hosts[0]?.nbdPort)
})
