import type { Entry, Xattr } from '../entry.ts'
import type { FileSystem, Handle } from '../file-system.ts'
import type { RawText } from '../raw-text.ts'
import { codeOf } from '../system-error.ts'
import type { Kind } from './outcome.ts'
import type { Place } from './target-folder.ts'
import { endsAll, whyOf } from './target-trouble.ts'

/** Told of each thing that could not be set. */
export type LeaveOut = (what: Kind, why: string) => void

export interface Owner {
  uid: number
  gid: number
}

/** Sets attributes of one thing. Each throws the system's errors. */
interface AttributeSetter {
  changeOwner(uid: number, gid: number): void
  changeMode(mode: number): void
  setTimes(mtime: bigint): void
  setXattr(key: RawText, value: Uint8Array): void
  removeXattr(key: RawText): void
}

/** Of an open file or folder: of that one, whatever its name stands for by now. */
export const ofHandle = (system: FileSystem, handle: Handle): AttributeSetter => ({
  changeOwner: (uid, gid) => system.changeOwnerOf(handle, uid, gid),
  changeMode: mode => system.changeModeOf(handle, mode),
  setTimes: mtime => system.setTimesOf(handle, mtime),
  setXattr: (key, value) => system.setXattrOf(handle, key, value),
  removeXattr: key => system.removeXattrOf(handle, key),
})

/** Of what cannot be opened: links, devices, pipes. */
export const ofName = (system: FileSystem, { at, name }: Place): AttributeSetter => ({
  changeOwner: (uid, gid) => system.changeOwner(at, name, uid, gid),
  changeMode: mode => system.changeMode(at, name, mode),
  setTimes: mtime => system.setTimes(at, name, mtime),
  setXattr: (key, value) => system.setXattr(at, name, key, value),
  removeXattr: key => system.removeXattr(at, name, key),
})

const SET_IDS = 0o6000
const ACCESS_ACL = 'system.posix_acl_access'
const LISTS = [ACCESS_ACL, 'system.posix_acl_default']
/** The security descriptor: the permissions are a part of it, and setting these makes it anew. */
const DESCRIPTOR = 'system.ntfs_acl'

/**
 * Gives a file, folder or link what its entry says. Order: owner (clears set-user-id and capabilities), extended attributes (take the right to write), mode, the descriptor
 * of NTFS, times: who finds the time of the entry finds all of it.
 * @param now whose it is
 * @throws what ends the whole restore: no room, read-only
 */
export const setAttributes = (
  setter: AttributeSetter,
  entry: Entry,
  now: Owner,
  leaveOut: LeaveOut,
): void => {
  const owned = setOwner(setter, entry, now, leaveOut)
  let lostAcl: Uint8Array | undefined
  const setXattr = ([key, value]: Xattr) =>
    attempt(kindOf(key), () => setter.setXattr(key, value), leaveOut)
  for (const xattr of entry.xattrs ?? []) {
    if (xattr[0] === DESCRIPTOR) continue
    if (!setXattr(xattr) && xattr[0] === ACCESS_ACL) lostAcl = xattr[1]
  }
  if (entry.type !== 'symlink') {
    const mode = safeMode(entry.mode, owned, lostAcl)
    if (!owned && (entry.mode & SET_IDS) !== 0)
      leaveOut('set-user-id and set-group-id bits', 'without its owner it must not have them')
    attempt('mode', () => setter.changeMode(mode), leaveOut)
  }
  const descriptor = entry.xattrs?.find(([key]) => key === DESCRIPTOR)
  if (descriptor) setXattr(descriptor)
  attempt('times', () => setter.setTimes(entry.mtime), leaveOut)
}

/** Takes away access lists that are not among those of the entry. */
export const removeLists = (
  setter: Pick<AttributeSetter, 'removeXattr'>,
  kept: readonly Xattr[],
): void => {
  for (const key of LISTS) {
    if (kept.some(([name]) => name === key)) continue
    try {
      setter.removeXattr(key)
    } catch (error) {
      // It has none, or the file system knows none.
      if (!['ENODATA', 'ENOTSUP', 'EOPNOTSUPP', 'ENOSYS', 'EACCES'].includes(codeOf(error) ?? ''))
        throw error
    }
  }
}

/** @returns whether owner and group are as they should be */
const setOwner = (
  setter: AttributeSetter,
  { uid, gid }: Owner,
  now: Owner,
  leaveOut: LeaveOut,
): boolean => {
  if (uid === now.uid && gid === now.gid) return true
  if (attempt('owner', () => setter.changeOwner(uid, gid), leaveOut)) return true
  // Who is not root may still give a file to a group of its own; what could not be done is told already.
  if (gid !== now.gid)
    attempt(
      'owner',
      () => setter.changeOwner(now.uid, gid),
      () => undefined,
    )
  return false
}

const kindOf = (key: string): Kind => {
  if (key === 'security.capability') return 'capabilities'
  return key.startsWith('system.') && key.includes('acl') ? 'ACL' : 'extended attributes'
}

/** Never more rights than the point gives: no set-ids for another owner; and where the access list is lost, whose mask the mode shows, the group's own rights. */
const safeMode = (mode: number, owned: boolean, lostAcl: Uint8Array | undefined): number => {
  const kept = owned ? mode : mode & ~SET_IDS
  return lostAcl ? (kept & ~0o070) | (kept & (groupRights(lostAcl) << 3)) : kept
}

const GROUP_OBJ = 0x04 // linux/posix_acl.h

/** Of the owning group in `system.posix_acl_access`: version (4 bytes), then entries of tag, rights (2 bytes each) and id (4). @returns 0 to 7 */
const groupRights = (acl: Uint8Array): number => {
  const view = new DataView(acl.buffer, acl.byteOffset, acl.byteLength)
  for (let at = 4; at + 8 <= view.byteLength; at += 8)
    if (view.getUint16(at, true) === GROUP_OBJ) return view.getUint16(at + 2, true) & 7
  return 0
}

const IN_ATTRIBUTES: readonly Kind[] = ['extended attributes', 'ACL', 'capabilities']

const attempt = (what: Kind, work: () => void, leaveOut: LeaveOut): boolean => {
  try {
    work()
    return true
  } catch (error) {
    // ext4 says "no space" of attributes that do not fit into its block for them; of anything else it means the disk.
    const isFull = codeOf(error) === 'ENOSPC'
    if (isFull ? !IN_ATTRIBUTES.includes(what) : endsAll(error)) throw error
    leaveOut(what, whyOf(error))
    return false
  }
}
