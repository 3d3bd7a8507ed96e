import { mkdir, open, rename, rm } from 'node:fs/promises'
import { dirname } from 'node:path'

/**
 * Writes a file for its owner alone (0600), whole or not at all: a temporary name first, synced, then renamed.
 * @param path its directory is made (0700) when it is missing
 */
export const writePrivateFile = async (path: string, text: string): Promise<void> => {
  await mkdir(dirname(path), { recursive: true, mode: 0o700 })
  const temporary = `${path}.new`
  try {
    {
      await using file = await open(temporary, 'w', 0o600)
      await file.chmod(0o600)
      await file.writeFile(text)
      await file.sync()
    }
    await rename(temporary, path)
  } catch (error) {
    await rm(temporary, { force: true }).catch(() => undefined)
    throw error
  }
}
