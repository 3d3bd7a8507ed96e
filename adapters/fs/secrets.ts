import { readFile, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { ChannelSecretMissingError } from '#core/errors/notifications.ts'
import type { Secrets } from '#core/ports.ts'

const OTHERS = 0o077 // read, write or execute for anybody but the owner

/**
 * Secrets as files of one folder, readable by their owner alone; the last line end is not part of them.
 * @param folder for messages too
 */
export const fileSecrets = (folder: string): Secrets => ({
  async read(name) {
    const path = join(folder, name)
    const missing = (cause: unknown) => new ChannelSecretMissingError(name, path, cause)
    const { mode } = await stat(path).catch(cause => {
      throw missing(cause)
    })
    if ((mode & OTHERS) !== 0 && process.platform !== 'win32')
      throw new ChannelSecretMissingError(
        name,
        `${path} with mode 0600: others could read it, so it is not used`,
      )
    const text = await readFile(path, 'utf8').catch(cause => {
      throw missing(cause)
    })
    return text.replace(/\r?\n$/, '')
  },
})
