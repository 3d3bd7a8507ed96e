import { afterEach, beforeEach, expect, test } from 'vitest'
import { type PoolWithVm, poolWithVm } from '#test/support/pool-with-vm.ts'

const BLOCK = 64 * 1024

let pool: PoolWithVm
let vm: string
let disk: string
beforeEach(async () => {
  pool = await poolWithVm([Buffer.alloc(20 * BLOCK, 1)], { hosts: 2 })
  vm = pool.vm
  disk = await pool.diskOf(vm)
})
afterEach(() => pool.close())

const snapshot = async () => {
  const taken = await pool.rpc('VM.snapshot', vm, 's')
  return { vm: taken, vdi: await pool.diskOf(taken) }
}
const guestWrites = async (block: number) => {
  const uuid = await pool.rpc('VDI.get_uuid', disk)
  await pool.state.disks.write(uuid, block * BLOCK, Buffer.alloc(10, 9))
}
const changed = async (from: string, to: string) =>
  Buffer.from(await pool.rpc('VDI.list_changed_blocks', from, to), 'base64').toString('hex')

test('one bit per 64 KiB, most significant first, also when the base has no data left', async () => {
  await pool.rpc('VDI.enable_cbt', disk)
  const one = await snapshot()
  await guestWrites(0)
  await guestWrites(17)
  const two = await snapshot()
  expect(await changed(one.vdi, two.vdi)).toBe('800040')
  expect(await changed(two.vdi, (await snapshot()).vdi)).toBe('000000')

  expect(await pool.failure('VDI.data_destroy', one.vdi)).toStrictEqual([
    'VDI_IN_USE',
    one.vdi,
    'data_destroy',
  ])
  await pool.rpc('VM.destroy', one.vm)
  await pool.rpc('VDI.data_destroy', one.vdi)
  expect(await pool.rpc('VDI.get_type', one.vdi)).toBe('cbt_metadata')
  expect(await changed(one.vdi, two.vdi)).toBe('800040')
  expect(await pool.failure('VDI.get_nbd_info', one.vdi)).toStrictEqual([
    'VDI_INCOMPATIBLE_TYPE',
    one.vdi,
    'cbt_metadata',
  ])
})

test('reversed, untracked and live disks are refused', async () => {
  const untracked = await snapshot()
  await pool.rpc('VDI.enable_cbt', disk)
  const [one, two] = [await snapshot(), await snapshot()]
  expect((await pool.failure('VDI.list_changed_blocks', two.vdi, one.vdi))[0]).toBe(
    'SR_BACKEND_FAILURE_460',
  )
  expect(await pool.failure('VDI.list_changed_blocks', untracked.vdi, two.vdi)).toStrictEqual([
    'VDI_NO_CBT_METADATA',
    untracked.vdi,
  ])
  expect(await pool.failure('VDI.list_changed_blocks', one.vdi, disk)).toStrictEqual([
    'VDI_IN_USE',
    disk,
    'list_changed_blocks',
  ])
  expect(await pool.failure('VDI.data_destroy', untracked.vdi)).toStrictEqual([
    'VDI_NO_CBT_METADATA',
    untracked.vdi,
  ])
  expect((await pool.failure('VDI.enable_cbt', one.vdi))[0]).toBe('OPERATION_NOT_ALLOWED')
  expect((await pool.failure('VDI.data_destroy', disk))[0]).toBe('OPERATION_NOT_ALLOWED')
})

test('a repository without the feature cannot track', async () => {
  for (const [ref, { type, features }] of pool.state.database.all('SM')) {
    const { VDI_CONFIG_CBT: _, ...others } = features
    if (type === 'nfs') pool.state.database.update('SM', ref, { features: others })
  }
  const sr = await pool.rpc('VDI.get_SR', disk)
  expect(await pool.failure('VDI.enable_cbt', disk)).toStrictEqual([
    'SR_OPERATION_NOT_SUPPORTED',
    sr,
  ])
})

test('a log that a crash has left open is refused, and given up when the VM starts anew', async () => {
  await pool.rpc('VDI.enable_cbt', disk)
  const uuid = await pool.rpc('VDI.get_uuid', disk)
  const one = await snapshot()
  pool.state.disks.markCbtInconsistent(uuid)
  const two = await snapshot()
  const compared = () => pool.failure('VDI.list_changed_blocks', one.vdi, two.vdi)
  expect(await compared()).toMatchObject(['SR_BACKEND_FAILURE_459', '', expect.any(String), ''])

  const told = async () =>
    Object.values(await pool.rpc<Record<string, object>>('message.get_all_records')).filter(
      message => 'cls' in message && message.cls === 'VDI',
    )
  await pool.rpc('VM.hard_shutdown', vm)
  expect(await pool.rpc('VDI.get_cbt_enabled', disk)).toBe(true)
  expect(await told()).toStrictEqual([])
  await pool.rpc('VM.start', vm, false, false)
  expect(await pool.rpc('VDI.get_cbt_enabled', disk)).toBe(false)
  expect(await told()).toMatchObject([{ name: 'VDI_CBT_METADATA_INCONSISTENT', obj_uuid: uuid }])

  await pool.rpc('VDI.enable_cbt', disk)
  const three = await snapshot()
  await guestWrites(3)
  expect(await changed(three.vdi, (await snapshot()).vdi)).toBe('100000')
  const unrelated = await pool.failure('VDI.list_changed_blocks', two.vdi, three.vdi)
  expect(unrelated[0]).toBe('SR_BACKEND_FAILURE_460')
})

test('get_nbd_info: one record per host and NBD network, none without one, the session in the name', async () => {
  const { vdi } = await snapshot()
  const uuid = await pool.rpc('VDI.get_uuid', vdi)
  const info = await pool.rpc<Record<string, unknown>[]>('VDI.get_nbd_info', vdi)
  expect(info).toMatchObject([
    { address: '127.0.0.1', subject: 'xenserver-1' },
    { address: '127.0.0.2', subject: 'xenserver-2' },
  ])
  expect(info[0]?.exportname).toBe(`/${uuid}?session_id=${pool.session}`)
  expect(info[1]?.cert).toBe(pool.hosts[1]?.certificatePem)
  expect(info[1]?.port).toBe(pool.hosts[1]?.nbdPort)

  const [network] = await pool.rpc<string[]>('network.get_all')
  expect(await pool.failure('network.add_purpose', network, 'insecure_nbd')).toStrictEqual([
    'NETWORK_INCOMPATIBLE_PURPOSES',
    'nbd',
    'insecure_nbd',
  ])
  await pool.rpc('network.remove_purpose', network, 'nbd')
  expect(await pool.rpc('VDI.get_nbd_info', vdi)).toStrictEqual([])
})
