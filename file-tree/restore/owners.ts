import type { Entry, Xattr } from '../entry.ts'

/** Whom the files belong to here. */
export type OwnerRule =
  /** who has the recorded name here, else the recorded number */
  | { by: 'name' }
  /** the recorded number */
  | { by: 'id' }
  /** whoever runs the restore */
  | { by: 'none' }
  /** as the list says, else by name */
  | { by: 'list'; list: OwnersList }

/** By name or number as recorded: name or number here. */
export interface OwnersList {
  users: ReadonlyMap<string, string>
  groups: ReadonlyMap<string, string>
}

/** Looks people up on this machine. @returns the number; none where nobody has the name */
export interface People {
  user(name: string): Promise<number | undefined>
  group(name: string): Promise<number | undefined>
}

type Which = 'user' | 'group'

/** Puts the owners of this machine in the place of those that were recorded; asks about each only once. */
export class Owners {
  readonly #rule: OwnerRule
  readonly #people: People
  readonly #self: { uid: number; gid: number }
  readonly #known = { user: new Map<string, number>(), group: new Map<string, number>() }

  constructor(rule: OwnerRule, people: People, self: { uid: number; gid: number }) {
    this.#rule = rule
    this.#people = people
    this.#self = self
  }

  /** @returns the entry with owners as they are here; numbers in access lists too, as far as the list names them by number */
  async localize(entry: Entry): Promise<Entry> {
    if (this.#rule.by === 'id') return entry
    if (this.#rule.by === 'none') return withoutOwners(entry, this.#self)
    const uid = await this.#find('user', entry.uid, entry.user)
    const gid = await this.#find('group', entry.gid, entry.group)
    const xattrs = entry.xattrs && this.#localizeLists(entry.xattrs)
    if (uid === entry.uid && gid === entry.gid && xattrs === entry.xattrs) return entry
    return { ...entry, uid, gid, ...(xattrs && { xattrs }) }
  }

  async #find(which: Which, id: number, name: string | undefined): Promise<number> {
    const key = `${id}:${name ?? ''}`
    const known = this.#known[which].get(key)
    if (known !== undefined) return known
    const found = await this.#ask(which, id, name)
    this.#known[which].set(key, found)
    return found
  }

  async #ask(which: Which, id: number, name: string | undefined): Promise<number> {
    const list = this.#listed(which)
    const listed = (name === undefined ? undefined : list?.get(name)) ?? list?.get(String(id))
    const here = listed ?? name
    if (here === undefined) return id
    if (/^\d+$/.test(here)) return Number(here)
    return (await this.#people[which](here)) ?? id
  }

  #listed(which: Which): ReadonlyMap<string, string> | undefined {
    if (this.#rule.by !== 'list') return undefined
    return which === 'user' ? this.#rule.list.users : this.#rule.list.groups
  }

  #localizeLists(xattrs: readonly Xattr[]): readonly Xattr[] {
    if (this.#rule.by !== 'list') return xattrs
    return xattrs.map(
      ([name, value]): Xattr =>
        name.startsWith('system.posix_acl_') ? [name, this.#localizeList(value)] : [name, value],
    )
  }

  /** linux/posix_acl_xattr.h: version (4 bytes), then entries of tag, rights (2 bytes each) and id (4). */
  #localizeList(value: Uint8Array): Uint8Array {
    const bytes = Uint8Array.from(value)
    const view = new DataView(bytes.buffer)
    for (let at = 4; at + 8 <= bytes.length; at += 8) {
      const which = { 2: 'user', 8: 'group' }[view.getUint16(at, true)] as Which | undefined
      const listed = which && this.#listed(which)?.get(String(view.getUint32(at + 4, true)))
      if (listed && /^\d+$/.test(listed)) view.setUint32(at + 4, Number(listed), true)
    }
    return bytes
  }
}

/** Files of whoever runs this: no rights of others come along, and no set-ids. */
const withoutOwners = (entry: Entry, { uid, gid }: { uid: number; gid: number }): Entry => ({
  ...entry,
  uid,
  gid,
  mode: entry.uid === uid && entry.gid === gid ? entry.mode : entry.mode & ~0o6000,
})

/**
 * @param text lines `user FROM TO` and `group FROM TO`
 * @throws {Error} with half a sentence
 */
export const parseOwners = (text: string): OwnersList => {
  const users = new Map<string, string>()
  const groups = new Map<string, string>()
  for (const [number, line] of text.split('\n').entries()) {
    if (line.trim() === '' || line.trim().startsWith('#')) continue
    const [which, from, to, ...more] = line.trim().split(/\s+/)
    if ((which !== 'user' && which !== 'group') || !from || !to || more.length > 0)
      throw new Error(`line ${number + 1} is none of "user FROM TO" and "group FROM TO"`)
    const list = which === 'user' ? users : groups
    if (list.has(from)) throw new Error(`line ${number + 1} names ${which} ${from} again`)
    list.set(from, to)
  }
  return { users, groups }
}
