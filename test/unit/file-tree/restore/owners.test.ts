import { describe, expect, test } from 'vitest'
import type { Entry } from '#file-tree/entry.ts'
import { type OwnerRule, Owners, parseOwners } from '#file-tree/restore/owners.ts'
import { readOwners } from '#file-tree/restore/owners-file.ts'
import { peopleHere } from '#file-tree/restore/people-here.ts'

const SELF = { uid: 500, gid: 501 }

const entry = (changes: Partial<Entry>): Entry => ({
  path: 'file',
  type: 'file',
  mode: 0o6755,
  uid: 1000,
  gid: 2000,
  user: 'alice',
  group: 'staff',
  size: 0,
  mtime: 0n,
  ctime: 0n,
  inode: 1n,
  device: 1n,
  nlink: 1,
  ...changes,
})

const asked: string[] = []
const people = {
  user: async (name: string) => {
    asked.push(name)
    return { alice: 1111, bob: 2222 }[name]
  },
  group: async (name: string) => ({ staff: 3333 })[name],
}

const owner = async (rule: OwnerRule, changes: Partial<Entry> = {}) => {
  const { uid, gid, mode } = await new Owners(rule, people, SELF).localize(entry(changes))
  return [uid, gid, mode.toString(8)]
}

describe('whom files belong to', () => {
  test('by name: who has it here, else the number', async () => {
    expect(await owner({ by: 'name' })).toEqual([1111, 3333, '6755'])
    expect(await owner({ by: 'name' }, { user: 'carol', group: undefined })).toEqual([
      1000,
      2000,
      '6755',
    ])
  })

  test('by number, whoever has it here', async () => {
    expect(await owner({ by: 'id' })).toEqual([1000, 2000, '6755'])
  })

  test('nobody but who restores, and then no set-user-id for others', async () => {
    expect(await owner({ by: 'none' })).toEqual([500, 501, '755'])
    expect(await owner({ by: 'none' }, SELF)).toEqual([500, 501, '6755'])
  })

  test('by a list, names or numbers on both sides, in access lists too', async () => {
    const list = parseOwners('# who is who\nuser alice bob\nuser 77 4711\n\n  group 2000\t60000\n')
    expect(await owner({ by: 'list', list })).toEqual([2222, 60_000, '6755'])
    expect(await owner({ by: 'list', list }, { uid: 77, user: undefined })).toEqual([
      4711,
      60_000,
      '6755',
    ])
    const acl = (id: number) => {
      const bytes = Buffer.from('0200000002000400000000000400050001000000', 'hex')
      bytes.writeUInt32LE(id, 8)
      return Uint8Array.from(bytes)
    }
    const owners = new Owners({ by: 'list', list }, people, SELF)
    const { xattrs } = await owners.localize(
      entry({ xattrs: [['system.posix_acl_access', acl(77)]] }),
    )
    expect(xattrs).toEqual([['system.posix_acl_access', acl(4711)]])
  })

  test('everybody is looked up once', async () => {
    asked.length = 0
    const owners = new Owners({ by: 'name' }, people, SELF)
    for (let n = 0; n < 3; n++) await owners.localize(entry({}))
    expect(asked).toEqual(['alice'])
  })

  test('people of this machine are found by their names', async () => {
    expect(await peopleHere.user('root')).toBe(0)
    expect(await peopleHere.group('root')).toBe(0)
    for (const name of ['no-such-person', '--help', '0', ''])
      expect(await peopleHere.user(name)).toBeUndefined()
  })

  test('a list that is not there', async () => {
    await expect(readOwners('/none/there')).rejects.toMatchObject({ code: 'OWNERS_INVALID' })
  })

  test.each([
    ['user alice', 'line 1 is none of "user FROM TO" and "group FROM TO"'],
    ['owner a b', 'line 1 is none of'],
    ['user a b\nuser a c', 'line 2 names user a again'],
  ])('a list with %j is refused', (text, message) => {
    expect(() => parseOwners(text)).toThrow(message)
  })
})
