import type { Entry } from '../entry.ts'
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
}

/** Of an open file or folder: of that one, whatever its name stands for by now. */
export const ofHandle = (system: FileSystem, handle: Handle): AttributeSetter => ({
  changeOwner: (uid, gid) => system.changeOwnerOf(handle, uid, gid),
  changeMode: mode => system.changeModeOf(handle, mode),
  setTimes: mtime => system.setTimesOf(handle, mtime),
  setXattr: (key, value) => system.setXattrOf(handle, key, value),
})

/** Of what cannot be opened: links, devices, pipes. */
export const ofName = (system: FileSystem, { at, name }: Place): AttributeSetter => ({
  changeOwner: (uid, gid) => system.changeOwner(at, name, uid, gid),
  changeMode: mode => system.changeMode(at, name, mode),
  setTimes: mtime => system.setTimes(at, name, mtime),
  setXattr: (key, value) => system.setXattr(at, name, key, value),
})

const SET_IDS = 0o6000
const ACCESS_ACL = 'system.posix_acl_access'

/**
 * Gives a file, folder or link what its entry says. Order: owner (clears set-user-id and capabilities), extended attributes (take the right to write), mode, times: who finds
 * the time of the entry finds all of it.
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
  for (const [key, value] of entry.xattrs ?? []) {
    const set = () => setter.setXattr(key, value)
    if (!attempt(kindOf(key), set, leaveOut) && key === ACCESS_ACL) lostAcl = value
  }
  if (entry.type !== 'symlink') {
    const mode = safeMode(entry.mode, owned, lostAcl)
    if (!owned && (entry.mode & SET_IDS) !== 0)
      leaveOut('set-user-id and set-group-id bits', 'without its owner it must not have them')
    attempt('mode', () => setter.changeMode(mode), leaveOut)
  }
  attempt('times', () => setter.setTimes(entry.mtime), leaveOut)
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

const attempt = (what: Kind, work: () => void, leaveOut: LeaveOut): boolean => {
  try {
    work()
    return true
  } catch (error) {
    // ext4 says "no space" of attributes that do not fit into its block for them.
    if (endsAll(error) && codeOf(error) !== 'ENOSPC') throw error
    leaveOut(what, whyOf(error))
    return false
  }
}
