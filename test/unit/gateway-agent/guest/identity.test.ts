import { mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { guestIdentity, loadGuest, machineMark } from '#gateway-agent/guest/identity.ts'

let dir: string
beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), 'xenkeep-guest-'))
})
afterEach(() => rm(dir, { recursive: true }))

const XEN = { kind: 'xen', id: 'b0cb8b2e-8c5b-4f0e-9a53-0d8f4e5a3a11' } as const

test('a guest is made once, readable by its owner alone, and stays who it is', async () => {
  const file = join(dir, 'gateway', 'guest.json')
  const { guestUuid } = await loadGuest(file, XEN)
  expect(await loadGuest(file, XEN)).toMatchObject({ guestUuid })
  expect((await stat(file)).mode & 0o777).toBe(0o600)
})

test('on a copy of its machine it is refused; an id of another kind, or none, says nothing', async () => {
  const file = join(dir, 'guest.json')
  const { guestUuid } = await loadGuest(file, XEN)
  const id = '5a0cf6d5-6f0a-4f43-8c52-8a0c3d1f9e20'
  await expect(loadGuest(file, { kind: 'xen', id })).rejects.toMatchObject({
    code: 'GUEST_COPIED',
    message: `This agent was set up on the machine ${XEN.id}, and runs on ${id}: a copy of it.`,
  })
  expect(await loadGuest(file, { kind: 'machine-id', id })).toMatchObject({ guestUuid })
  expect(await loadGuest(file, undefined)).toMatchObject({ guestUuid })
})

test('what cannot be read is no reason to become another guest', async () => {
  const file = join(dir, 'guest.json')
  await writeFile(file, '{"guestUuid": "nobody"}')
  await expect(loadGuest(file, XEN)).rejects.toMatchObject({ code: 'IDENTITY_UNREADABLE' })
  expect(await readFile(file, 'utf8')).toContain('nobody')
})

test('the id of the hypervisor comes first; nobody is told to be the VM of zeros', async () => {
  const machine = (files: Record<string, string>) =>
    machineMark(async path => {
      const text = files[path]
      if (text === undefined) throw new Error('ENOENT')
      return text
    })
  const all = {
    '/sys/hypervisor/uuid': `${XEN.id.toUpperCase()}\n`,
    '/sys/class/dmi/id/product_uuid': 'AAAAAAAA-0000-0000-0000-000000000001\n',
    '/etc/machine-id': '0123456789abcdef0123456789abcdef\n',
  }
  expect(await machine(all)).toEqual(XEN)
  const dom0 = { ...all, '/sys/hypervisor/uuid': '00000000-0000-0000-0000-000000000000' }
  expect(await machine(dom0)).toMatchObject({ kind: 'dmi' })
  expect(await machine({})).toBeUndefined()
  expect(await guestIdentity(XEN.id, XEN)).toMatchObject({ guestUuid: XEN.id, vmUuid: XEN.id })
  expect(await guestIdentity(XEN.id, { kind: 'dmi', id: XEN.id })).not.toHaveProperty('vmUuid')
})
