import { chmod, chown, mkdir } from 'node:fs/promises'
import { join } from 'node:path'

export interface User {
  uid: number
  gid: number
}

/**
 * A guest's file system may be made to harm whoever reads it: root hands that work to a user that owns nothing but `uml` in `folder`. It may
 * go through `folder` but change nothing there: what root sweeps away in the end is told by the names in it.
 * @returns nothing where this user is an ordinary one
 */
export const unprivileged = async (folder: string): Promise<User | undefined> => {
  const own = join(folder, 'uml')
  await mkdir(own)
  const owner = process.getuid?.()
  if (owner !== 0) return undefined
  // Of the range that systemd gives to services without a user of their own.
  const uid = 61_184 + (process.pid % 4_000)
  await chown(folder, owner, uid)
  await chmod(folder, 0o710)
  await chown(own, uid, uid)
  return { uid, gid: uid }
}
