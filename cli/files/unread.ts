import { lstat, rm } from 'node:fs/promises'
import { join } from 'node:path'

/**
 * Takes away a file that was not read to its end. Its name is what the reader of the guest says, and the guest's files may be named so that it
 * says anything: no link is followed, and nothing but a file below `folder` is removed.
 * @param name within `folder`
 */
export const removeUnread = async (folder: string, name: string): Promise<void> => {
  const parts = name.split('/').filter(part => part !== '' && part !== '.')
  if (parts.length === 0 || parts.includes('..') || name.includes('\0')) return
  let at = folder
  for (const [index, part] of parts.entries()) {
    at = join(at, part)
    const there = await lstat(at).catch(() => undefined)
    const fits = index === parts.length - 1 ? there?.isFile() : there?.isDirectory()
    if (!fits) return
  }
  await rm(at, { force: true })
}
