import { chmod, chown, mkdir, stat } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { GuestReaderFailedError } from './errors.ts'

export interface User {
  uid: number
  gid: number
}

/**
 * A guest's file system may be made to harm whoever reads it: root hands that work to a user that owns nothing but `uml` in `folder`. It may
 * go through `folder` but change nothing there: what root sweeps away in the end is told by the names in it.
 * @returns nothing where this user is an ordinary one
 * @throws `GUEST_READER_FAILED` where only root may come near the folder
 */
export const unprivileged = async (folder: string): Promise<User | undefined> => {
  const own = join(folder, 'uml')
  await mkdir(own)
  const owner = process.getuid?.()
  if (owner !== 0) return undefined
  await assertReachable(dirname(folder))
  // Of the range that systemd gives to services without a user of their own. Another one each time: two at once must not get at each other.
  const uid = 61_184 + ((process.pid + STEP * given++) % USERS)
  await chown(folder, owner, uid)
  await chmod(folder, 0o710)
  await chown(own, uid, uid)
  return { uid, gid: uid }
}

const USERS = 4_000
const STEP = 1_009 // a prime, so that all come before one comes again
let given = 0

const OTHERS_ENTER = 0o001

const assertReachable = async (folder: string): Promise<void> => {
  if (!((await stat(folder)).mode & OTHERS_ENTER))
    throw new GuestReaderFailedError(
      `as root it works as a user of its own, which may not enter ${folder}; set TMPDIR to a directory that everybody may enter, such as /var/tmp`,
    )
  if (dirname(folder) !== folder) await assertReachable(dirname(folder))
}
