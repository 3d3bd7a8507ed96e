import { mkdtempSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { unprivileged } from '#guest-files/guest-user.ts'

test.skipIf(process.getuid?.() !== 0)(
  'the user that root hands the guest to can change nothing that root looks at',
  async () => {
    const [folder, other] = [1, 2].map(() => mkdtempSync(join(tmpdir(), 'guest-user-'))) as [
      string,
      string,
    ]
    try {
      const user = await unprivileged(folder)
      const { uid, gid, mode } = statSync(folder)
      // It may go through, and others not even that.
      expect({ uid, gid, mode: mode & 0o7777 }).toEqual({ uid: 0, gid: user?.gid, mode: 0o710 })
      expect(statSync(join(folder, 'uml')).uid).toBe(user?.uid)
      expect((await unprivileged(other))?.uid).not.toBe(user?.uid)
    } finally {
      for (const each of [folder, other]) rmSync(each, { recursive: true })
    }
  },
)
